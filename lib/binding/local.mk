# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/binding.c %D%/binding.h \
	%D%/policy.c \
	%D%/probe.c
