# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/connection.h \
	%D%/entries.c \
	%D%/machine.c \
	%D%/room.c \
	%D%/set.c %D%/set.h
