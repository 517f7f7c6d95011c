# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
sa_sources += \
	%D%/client.c \
	%D%/question.c %D%/question.h \
	%D%/sa.h
