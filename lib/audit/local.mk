# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/audit.c \
	%D%/child.c \
	%D%/findings.c %D%/findings.h \
	%D%/host.c %D%/host.h \
	%D%/host_read.c \
	%D%/interface.c \
	%D%/kernel.c \
	%D%/link_info.c %D%/link_info.h \
	%D%/link_kernel.c \
	%D%/link_text.c \
	%D%/net.c \
	%D%/path.c %D%/path.h \
	%D%/phrases.c \
	%D%/port.c \
	%D%/relations.c \
	%D%/rule_arp.c \
	%D%/rule_bond.c \
	%D%/rule_filter.c \
	%D%/rule_host.c \
	%D%/rule_link.c \
	%D%/rule_memory.c \
	%D%/rule_mode.c \
	%D%/rule_mtu.c \
	%D%/rule_port.c \
	%D%/rule_subnet.c \
	%D%/rules.h \
	%D%/sysctl.c \
	%D%/text.c %D%/text.h \
	%D%/tree.c %D%/tree.h \
	%D%/tree_list.c
