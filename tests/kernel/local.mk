# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The Linux kernel's own IPoIB as a peer, in a virtual machine, and with the programs as
# they are installed.
if PROGRAMS
if !INSTRUMENTED
vm_tests += %D%/matrix.sh
endif
endif
EXTRA_DIST += \
	%D%/build-module \
	%D%/in-guest \
	%D%/lib.bash \
	%D%/matrix.sh \
	%D%/parts/00-itself.bash \
	%D%/parts/10-first.bash \
	%D%/parts/20-ip.bash \
	%D%/parts/30-connected.bash \
	%D%/parts/35-lost.bash \
	%D%/parts/40-fabric.bash \
	%D%/parts/50-flux.bash \
	%D%/parts/60-opensm.bash \
	%D%/parts/70-umad.bash \
	%D%/parts/80-children.bash \
	%D%/vm \
	%D%/vm-guest.bash \
	%D%/vm-init \
	%D%/vm-kernel.bash
