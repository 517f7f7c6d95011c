#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The programs use what is installed and nothing else: each compiles from its sources with the flags
# that pkg-config gives for the installation under stage/, and answers to --help.
set -euo pipefail
# shellcheck source=tests/abi/abi.bash
. "$(dirname "$0")/abi.bash"
need_shared

stage=$top_builddir/stage
pkgconfig=$(find "$stage" -type d -name pkgconfig | head -n 1)
export PKG_CONFIG_PATH=$pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage
lib=$(dirname "$pkgconfig")
export LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# What make knows: the value of a variable of the makefile.
made_of() {
	# shellcheck disable=SC2016 # make expands it
	printf 'include Makefile\n.PHONY: told\ntold:\n\t@echo $(%s)\n' "$1" |
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$top_builddir" -f - told
}

# For the core alone first: its flags are its own, and no other library's.
core=$("${PKG_CONFIG:-pkg-config}" --libs libipoib)
for other in ipoib-mock ipoib-ev ipoib-verbs -lev -libverbs; do
	[[ " $core " != *"$other "* ]] || complain "pkg-config --libs libipoib says $core"
done

programs=$(made_of bin_PROGRAMS)
[ -n "$programs" ] || skip "this build has no programs (libev and jansson are needed)"
read -ra flags < <("${PKG_CONFIG:-pkg-config}" --cflags --libs \
	libipoib libipoib-mock libipoib-ev jansson)
# libev ships no .pc file; a program that calls it itself says so itself.
flags+=(-lev)

for program in $programs; do
	sources=()
	for file in $(made_of "${program//[^A-Za-z0-9@]/_}_SOURCES"); do
		[[ $file != *.c ]] || sources+=("$top_srcdir/$file")
	done
	out=$scratch/${program##*/}
	# shellcheck disable=SC2086 # CC may be a command with options
	if ! $CC "${sources[@]}" -o "$out" "${flags[@]}"; then
		complain "$program does not compile with pkg-config's flags: ${flags[*]}"
	elif ! "$out" --help >"$scratch/help" || ! [ -s "$scratch/help" ]; then
		complain "$program --help fails or prints nothing"
	else
		echo "$program: $(head -n 1 "$scratch/help")"
	fi
done
exit "$failed"
