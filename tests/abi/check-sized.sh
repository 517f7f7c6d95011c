#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Structures that carry their size may grow: here each of them does, by a member at its end, in a copy
# of the headers that the library is compiled with; a program that is compiled against the headers as
# they are still works with it (sized.c). The list of the structures is the headers' own.
set -euo pipefail
# shellcheck source=tests/abi/abi.bash
. "$(dirname "$0")/abi.bash"

here=$top_srcdir/tests/abi
grown=32
mkdir -p "$scratch/grown/ipoib" "$scratch/root/sys/class/net/ib0" "$scratch/root/proc/sys/net/ipv4"
echo 32 >"$scratch/root/sys/class/net/ib0/type"

# The names go to the standard error output.
grow() {
	awk -v grown="$grown" '
	/^struct [a-z_]+ \{/ { name = $2; first = 1; sized = 0 }
	name != "" && /^\t(size_t size;|[a-z])/ { sized = sized || (first && /^\tsize_t size;/); first = 0 }
	name != "" && /^};/ {
		if (sized) {
			print "\tunsigned char grown_since[" grown "];"
			print name >"/dev/stderr"
		}
		name = ""
	}
	{ print }' "$1"
}

made_of() {
	# shellcheck disable=SC2016 # make expands it
	printf 'include Makefile\n.PHONY: told\ntold:\n\t@echo $(%s)\n' "$1" |
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$top_builddir" -f - told
}

groups=(foundation_sources core_sources sa_sources fabric_sources)
with=() libraries_of=()
if [ -f "$top_builddir/lib/libipoib-verbs.la" ]; then
	groups+=(verbs_sources umad_sources)
	read -ra with <<<"-DWITH_VERBS $(made_of VERBS_CFLAGS)"
	read -ra libraries_of <<<"$(made_of VERBS_LIBS)"
fi

for library in "${libraries[@]}"; do
	for header in $(headers_of "$library"); do
		grow "$header" >"$scratch/grown/ipoib/${header##*/}" 2>>"$scratch/names"
	done
done
LC_ALL=C sort -u "$scratch/names" >"$scratch/in-headers"
[ "$(wc -l <"$scratch/in-headers")" -gt 20 ] || complain "the headers have hardly any such structure"

flags=(-std=gnu11 -D_POSIX_C_SOURCE=200809L "${with[@]}")
library_flags=("${flags[@]}" -I "$scratch/grown" -I "$top_srcdir/include" -I "$top_builddir/include"
	-I "$top_srcdir/lib")
for group in "${groups[@]}"; do
	for source in $(made_of "$group"); do
		[[ $source != *.c ]] || echo "$top_srcdir/$source"
	done
done >"$scratch/sources"
objects=()
for folder in $(sed 's|/[^/]*$||' "$scratch/sources" | sort -u); do
	mkdir -p "$scratch/objects/${folder##*/}"
	mapfile -t sources < <(grep "^$folder/[^/]*$" "$scratch/sources")
	# shellcheck disable=SC2086 # CC may be a command with options
	(cd "$scratch/objects/${folder##*/}" && $CC "${library_flags[@]}" -c "${sources[@]}")
	objects+=("$scratch/objects/${folder##*/}"/*.o)
done

# shellcheck disable=SC2086
$CC "${flags[@]}" -Wall -Wextra -Werror "-DIPOIB_GROWN=$grown" -I "$top_srcdir/include" \
	-I "$top_builddir/include" "$here/sized.c" "$here/scene.c" "${objects[@]}" \
	-o "$scratch/sized" "${libraries_of[@]}"
"$scratch/sized" --list | LC_ALL=C sort -u >"$scratch/tried"
differences "$scratch/in-headers" "$scratch/tried" \
	"carries its size, and tests/abi/sized.c does not try it" \
	"is tried by tests/abi/sized.c, and no header has it with its size first"
"$scratch/sized" "$scratch/root" || complain "a program of today fails with a library of tomorrow"
exit "$failed"
