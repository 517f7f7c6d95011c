#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The Linux kernel's own IPoIB as a peer: one boot of a virtual machine, in which the parts of
# tests/kernel/parts run one after the other. IPOIB_KERNEL_PARTS="00-itself 10-first" runs those alone, and
# ../figures/side-by-side is what "make bench-kernel" runs.
set -euo pipefail
build=$(cd "${top_builddir:-.}" && pwd)
source_tree=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
here=$source_tree/tests/kernel
# Seven minutes of an idle processor under emulation; more than twice that is a machine that hangs.
limit=${IPOIB_KERNEL_LIMIT:-1200}

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

# What the guest sees of this build: programs as they are installed, and nothing of libtool's, and mads where
# there is libibumad. "make check" has made them; by hand they are made here.
make_root() {
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$build" stage/installed vm-programs >"$folder/install.log" 2>&1 || {
		tail -n 20 "$folder/install.log"
		exit 1
	}
	rm -rf "$root"
	mkdir -p "$root/kernel/parts"
	cp -a "$build/stage/." "$root/"
	cp "$here/lib.bash" "$here/in-guest" "$root/kernel/"
	cp "$here"/parts/*.bash "$root/kernel/parts/"
	cp -r "$here/figures" "$root/kernel/"
	cp "$module" "$root/vhca.ko"
	[ ! -e "$build/tests/subnet/mads" ] || cp "$build/tests/subnet/mads" "$root/"
	printf 'PATH=%q:$PATH\nLD_LIBRARY_PATH=%q\n' "$(folder_of ipoib-tun)" "$(folder_of libipoib.so)" \
		>"$root/paths"
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
folder=$build/kernel
mkdir -p "$folder"
prepared "$here/vm" --kernel-version
prepared "$here/build-module" "$folder/module"
module=$(cat "$folder/prepared")
root=$folder/root
make_root
parts=()
for part in ${IPOIB_KERNEL_PARTS:-}; do
	parts+=("$root/kernel/parts/$part.bash")
done
"$here/vm" --plain --verbose --timeout "$limit" --share "$root" --console "$folder/console" -- \
	bash "$root/kernel/in-guest" "$root" "${parts[@]}"
