# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Whole programs against each other.
if PROGRAMS
program_tests += \
	%D%/addresses.sh \
	%D%/audit.sh \
	%D%/buffers.sh \
	%D%/capture.sh \
	%D%/connected.sh \
	%D%/control.sh \
	%D%/datagram.sh \
	%D%/demo.sh \
	%D%/errors.sh \
	%D%/fabric-control.sh \
	%D%/fabric-dies.sh \
	%D%/ipv6.sh \
	%D%/json.sh \
	%D%/limits.sh \
	%D%/log.sh \
	%D%/monitor.sh \
	%D%/oracle.sh \
	%D%/partition.sh \
	%D%/path-mtu.sh \
	%D%/pause.sh \
	%D%/perf.sh \
	%D%/ping.sh \
	%D%/resolve.sh \
	%D%/takeover.sh
endif
EXTRA_DIST += \
	%D%/addresses.sh \
	%D%/audit.sh \
	%D%/buffers.sh \
	%D%/capture.sh \
	%D%/connected.sh \
	%D%/control.sh \
	%D%/datagram.sh \
	%D%/demo.sh \
	%D%/errors.sh \
	%D%/fabric-control.sh \
	%D%/fabric-dies.sh \
	%D%/ipv6.sh \
	%D%/json.sh \
	%D%/lib.sh \
	%D%/limits.sh \
	%D%/log.sh \
	%D%/monitor.sh \
	%D%/oracle.sh \
	%D%/partition.sh \
	%D%/path-mtu.sh \
	%D%/pause.sh \
	%D%/perf.sh \
	%D%/ping.sh \
	%D%/resolve.sh \
	%D%/takeover.sh
