# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Figures side by side, for doc/kernel.md: six minutes on a machine that does nothing else, asked for
# by name.
bench-kernel: all stage/installed
	top_builddir=$(top_builddir) top_srcdir=$(top_srcdir) \
		IPOIB_KERNEL_PARTS=../figures/side-by-side bash $(top_srcdir)/tests/kernel/matrix.sh
.PHONY: bench-kernel

EXTRA_DIST += \
	%D%/side-by-side.bash \
	%D%/table.py
