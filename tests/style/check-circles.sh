#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# No file of lib/ and examples/ needs another that needs it in turn, but those in circles.txt; read
# from this build's object files. The list may only become shorter.
#
#	check-circles.sh [BUILD]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-${top_builddir:-.}}

[ -e "$build/lib/interface" ] || {
	echo "$build is no build directory" >&2
	exit 1
}
python3 "$here/circles.py" "$build" "$here/circles.txt"
