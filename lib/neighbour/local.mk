# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/claim.c \
	%D%/collect.c %D%/collect.h \
	%D%/first.c \
	%D%/flux.c \
	%D%/history.h \
	%D%/lookup.h \
	%D%/machine.c \
	%D%/neighbour.h \
	%D%/prefix.c \
	%D%/remove.c \
	%D%/restart.c \
	%D%/settle.c \
	%D%/state.h \
	%D%/table.c \
	%D%/trial.c
