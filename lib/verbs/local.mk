# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
umad_sources += \
	%D%/umad.c %D%/umad.h \
	%D%/umad_channel.c %D%/umad_channel.h \
	%D%/umad_leave.c %D%/umad_leave.h
