#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The instructions that a packet costs have not grown: counts.py holds them against counts.txt. Counted
# in a build with gcc -O2 on x86_64 that is not instrumented; elsewhere they are others, and skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${top_builddir:-.}

skip() {
	echo "SKIPPED: $*"
	exit 77
}

flags=$(sed -n 's/^\(CFLAGS\|CC\|IPOIB_INSTRUMENT\) = //p' "$build/Makefile" | tr '\n' ' ')
command -v valgrind >/dev/null || skip "valgrind is missing: apt-get install valgrind"
[ "$(uname -m)" = x86_64 ] || skip "counted on x86_64"
case " $flags " in
*clang* | *-fsanitize* | *--coverage*) skip "counted with gcc, without instruments: $flags" ;;
*' -O2 '*) ;;
*) skip "counted with -O2: $flags" ;;
esac
python3 "$here/counts.py" "$build/tests/bench/bench" "$here/counts.txt"
