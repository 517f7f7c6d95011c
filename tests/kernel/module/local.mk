# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The virtual HCA: built by Linux's own makefiles (Kbuild), never installed.
EXTRA_DIST += \
	%D%/Kbuild \
	%D%/vhca.c \
	%D%/vhca_wire.h
