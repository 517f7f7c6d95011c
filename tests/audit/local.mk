# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_audit
%C%_test_audit_SOURCES = \
	%D%/files.c %D%/files.h \
	%D%/main.c \
	%D%/mend.c %D%/mend.h \
	%D%/suites.h \
	%D%/test_arp.c \
	%D%/test_bond.c \
	%D%/test_child.c \
	%D%/test_hostile.c \
	%D%/test_life.c \
	%D%/test_link.c \
	%D%/test_link_info.c \
	%D%/test_mtu.c \
	%D%/test_port.c \
	%D%/test_subnet.c \
	%D%/test_tables.c
