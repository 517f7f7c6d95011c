# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Whole programs against each other.
if PROGRAMS
program_tests += \
	%D%/audit.sh \
	%D%/capture.sh \
	%D%/connected.sh \
	%D%/control.sh \
	%D%/datagram.sh \
	%D%/demo.sh \
	%D%/errors.sh \
	%D%/fabric-control.sh \
	%D%/fabric-dies.sh \
	%D%/ping.sh
endif
EXTRA_DIST += \
	%D%/audit.sh \
	%D%/capture.sh \
	%D%/connected.sh \
	%D%/control.sh \
	%D%/datagram.sh \
	%D%/demo.sh \
	%D%/errors.sh \
	%D%/fabric-control.sh \
	%D%/fabric-dies.sh \
	%D%/lib.sh \
	%D%/ping.sh
