#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Makefiles list their files one by one, so a new file is easily forgotten: it would never be
# compiled, run or shipped. Every file of these folders is named by its folder's makefile.
#
#	check-lists.sh [TOP]
set -euo pipefail
top=${1:-${top_srcdir:-$(dirname "$0")/../..}}
cd "$top"

fail=0
unlisted() {
	echo "$1 is not named in $2"
	fail=1
}

named_in() {
	grep -qE "(^|[[:space:]/])${1//./\\.}([[:space:]]|\$)" "$2"
}

while read -r file; do
	makefile=${file%/*}/local.mk
	if [ ! -f "$makefile" ]; then
		unlisted "$file" "$makefile (which is not there)"
	elif ! named_in "${file##*/}" "$makefile"; then
		unlisted "$file" "$makefile"
	fi
done < <(find lib tests examples man -mindepth 2 -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.awk' \) 2>/dev/null
	find examples man -maxdepth 1 -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.[0-9]' \) 2>/dev/null)

for file in include/ipoib/*.h; do
	named_in "${file##*/}" Makefile.am || [ "$file" = include/ipoib/version.h ] ||
		unlisted "$file" Makefile.am
done
exit "$fail"
