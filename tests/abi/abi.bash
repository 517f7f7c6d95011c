# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# What the ABI checks share: which header, map and object belong together, and how to read them.
# Sourced. Every check runs from "make check", which sets top_srcdir, top_builddir, CC and CXX.

: "${top_srcdir:?run by make check}" "${top_builddir:?run by make check}"
CC=${CC:-cc}
failed=0

complain() {
	echo "$*"
	failed=1
}

# Loud, and known to the harness as a skip.
skip() {
	echo "SKIPPED: $*"
	exit 77
}

# For checks of the shared objects: --disable-shared makes none.
need_shared() {
	! grep -qx "dlname=''" "$top_builddir/lib/libipoib.la" || skip "there are no shared libraries here"
}

libraries=(ipoib ipoib-mock)
[ ! -f "$top_builddir/lib/libipoib-ev.la" ] || libraries+=(ipoib-ev)
[ ! -f "$top_builddir/lib/libipoib-verbs.la" ] || libraries+=(ipoib-verbs)

map_of() {
	case $1 in
	ipoib) echo "$top_srcdir/lib/libipoib.map" ;;
	ipoib-*) echo "$top_srcdir/lib/${1#ipoib-}/lib$1.map" ;;
	esac
}

# An extra library has one header, named after it; all others are the core's.
headers_of() {
	local header
	for header in "$top_srcdir"/include/ipoib/*.h; do
		case "$1:${header##*/}" in
		ipoib-mock:mock.h | ipoib-ev:ev.h | ipoib-verbs:verbs.h) echo "$header" ;;
		ipoib:mock.h | ipoib:ev.h | ipoib:verbs.h) ;;
		ipoib:*) echo "$header" ;;
		esac
	done
}

object_of() {
	echo "$top_builddir/lib/.libs/lib$1.so"
}

# Names that a map makes global, sorted.
mapped() {
	sed -n 's/^[[:space:]]*\([a-zA-Z_][a-zA-Z0-9_]*\);.*/\1/p' "$(map_of "$1")" | LC_ALL=C sort
}

# Functions that the headers of a library mark with IPOIB_PUBLIC, sorted.
declared() {
	local header
	headers_of "$1" | while read -r header; do
		awk -f "$top_srcdir/tests/style/plain.awk" "$header" | grep -v '^[[:space:]]*#'
	done | tr '\n' ' ' | sed 's/;/;\n/g' |
		sed -n 's/.*IPOIB_PUBLIC[^(]*[^A-Za-z0-9_(]\([A-Za-z_][A-Za-z0-9_]*\)[[:space:]]*(.*/\1/p' |
		LC_ALL=C sort
}

# differences LEFT RIGHT ONLY_LEFT ONLY_RIGHT: complains about each line that only one file has.
differences() {
	local line
	while read -r line; do complain "$line: $3"; done < <(LC_ALL=C comm -23 "$1" "$2")
	while read -r line; do complain "$line: $4"; done < <(LC_ALL=C comm -13 "$1" "$2")
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
