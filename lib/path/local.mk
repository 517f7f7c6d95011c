# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/cache.c \
	%D%/cache.h \
	%D%/flush.c \
	%D%/machine.c \
	%D%/path.h \
	%D%/window.c
