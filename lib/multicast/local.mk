# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/machine.c \
	%D%/multicast.h \
	%D%/room.c %D%/room.h \
	%D%/set.c
