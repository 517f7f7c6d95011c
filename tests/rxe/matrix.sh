#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The transport over rdma-core on Soft-RoCE: one boot of a virtual machine with two devices, rxe0 and
# rxe1, in which the parts of tests/rxe/parts run one after the other. IPOIB_RXE_PARTS="10-datagram" runs
# that one alone, and "../bench" measures.
set -euo pipefail
build=$(cd "${top_builddir:-.}" && pwd)
source_tree=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
here=$source_tree/tests/rxe
kernel=$source_tree/tests/kernel
# Ten minutes under emulation; more than twice that is a machine that hangs.
limit=${IPOIB_RXE_LIMIT:-1500}

skip() {
	echo "SKIPPED: $*"
	if [ "${IPOIB_NO_SKIP:-0}" = 1 ]; then
		echo "FAILED: IPOIB_NO_SKIP=1 is set: nothing may be skipped"
		exit 1
	fi
	exit 77
}

# 125 is what is missing on this machine: a package, or the permission to download.
prepared() {
	local status=0
	"$@" >"$folder/prepared" 2>"$folder/why" || status=$?
	[ "$status" -ne 0 ] || return 0
	cat "$folder/why"
	[ "$status" -ne 125 ] || skip "$(tail -n 1 "$folder/why")"
	exit 1
}

made() {
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$build" "$@" >"$folder/make.log" 2>&1 || {
		tail -n 20 "$folder/make.log"
		exit 1
	}
}

# What the guest sees of this build: programs as they are installed, and the conformance suite. The
# folders are those that tests/kernel/in-guest knows.
make_root() {
	made stage/installed tests/conformance/conformance
	rm -rf "$root"
	mkdir -p "$root/kernel/parts"
	cp -a "$build/stage/." "$root/"
	cp "$build/tests/conformance/conformance" "$root/"
	cp "$kernel/in-guest" "$root/kernel/"
	cat "$kernel/lib.bash" "$here/lib.bash" >"$root/kernel/lib.bash"
	cp "$here"/parts/*.bash "$root/kernel/parts/"
	cp "$here/bench.bash" "$root/kernel/"
	printf 'PATH=%q:$PATH\nLD_LIBRARY_PATH=%q\n' "$(folder_of ipoib-tun)" \
		"$(folder_of libipoib-verbs.so)" >"$root/paths"
}

# folder_of NAME: where --prefix and the like have put it.
folder_of() {
	local file
	file=$(find "$root" -name "$1" -print -quit)
	[ -n "$file" ] || {
		echo "no $1 in $build/stage" >&2
		return 1
	}
	dirname "$file"
}

[ -x "$build/examples/ipoib-tun" ] || skip "ipoib-tun was not built"
[ -f "$build/lib/libipoib-verbs.la" ] || skip "libipoib-verbs was not built (rdma-core is needed)"
folder=$build/rxe
mkdir -p "$folder"
prepared "$kernel/vm" --kernel-version
root=$folder/root
make_root
parts=()
for part in ${IPOIB_RXE_PARTS:-}; do
	parts+=("$root/kernel/parts/$part.bash")
done
# The guest shares the host's processors with whatever else make runs.
"$kernel/vm" --verbose --timeout "$limit" --share "$root" --console "$folder/console" -- \
	bash "$root/kernel/in-guest" "$root" "${parts[@]}"
