#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Each public header compiles alone, twice included, as C99 and as C++, without a warning.
set -euo pipefail
# shellcheck source=tests/abi/abi.bash
. "$(dirname "$0")/abi.bash"

flags=(-pedantic -Wall -Wextra -Werror -fsyntax-only
	-I "$top_srcdir/include" -I "$top_builddir/include")

# alone HEADER SUFFIX COMPILER...
alone() {
	local header=$1 source=$scratch/alone.$2
	shift 2
	printf '#include <ipoib/%s>\n#include <ipoib/%s>\nint main(void) { return 0; }\n' \
		"$header" "$header" >"$source"
	"$@" "${flags[@]}" "$source" || complain "<ipoib/$header> does not compile alone: $*"
}

for header in "$top_srcdir"/include/ipoib/*.h "$top_builddir/include/ipoib/version.h"; do
	header=${header##*/}
	[ "$header" != ev.h ] || [ -f "$top_builddir/lib/libipoib-ev.la" ] || continue
	# shellcheck disable=SC2086 # CC may be a command with options
	alone "$header" c $CC -std=c99 -D_POSIX_C_SOURCE=200809L
	# shellcheck disable=SC2086
	[ -z "${CXX:-}" ] || alone "$header" cc $CXX -std=c++11
	echo "<ipoib/$header>"
done
[ "$failed" = 0 ] || exit 1
[ -n "${CXX:-}" ] || skip "no C++ compiler was found: the headers were checked as C only"
