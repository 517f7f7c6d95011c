# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
style_tests += \
	%D%/check-circles.sh \
	%D%/check-includes.sh \
	%D%/check-layers.sh \
	%D%/check-limits.sh \
	%D%/check-lists.sh \
	%D%/test-style.sh
EXTRA_DIST += $(style_tests) %D%/circles.py %D%/circles.txt %D%/plain.awk
