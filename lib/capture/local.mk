# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
core_sources += \
	%D%/capture.c \
	%D%/erf.c %D%/erf.h
