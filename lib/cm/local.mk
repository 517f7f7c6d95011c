# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
fabric_sources += \
	%D%/act.c \
	%D%/agent.c \
	%D%/arrival.c \
	%D%/cm.h \
	%D%/connection.h \
	%D%/expire.c \
	%D%/index.c \
	%D%/machine.c \
	%D%/message.c \
	%D%/new.c \
	%D%/receive.c \
	%D%/request.c
