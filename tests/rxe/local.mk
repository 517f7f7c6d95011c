# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The transport over rdma-core on Soft-RoCE, in a virtual machine.
EXTRA_DIST += \
	%D%/bench.bash \
	%D%/lib.bash \
	%D%/matrix.sh \
	%D%/parts/00-conformance.bash \
	%D%/parts/10-datagram.bash \
	%D%/parts/20-tun.bash \
	%D%/parts/30-connected.bash \
	%D%/parts/40-perf.bash \
	%D%/parts/50-capture.bash \
	%D%/parts/90-gone.bash
if PROGRAMS
if HAVE_VERBS
if !INSTRUMENTED
vm_tests += %D%/matrix.sh
endif
endif
endif
