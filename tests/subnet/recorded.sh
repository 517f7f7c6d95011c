#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The mock's SA against answers of the real one that were recorded: questions.txt, opensm-3.3.23.txt,
# and in differences.txt what is known to differ. subnet.sh holds the record against OpenSM itself.
set -euo pipefail
build=${top_builddir:-.}
here=${top_srcdir:-$(dirname "$0")/../..}/tests/subnet
answers=$(mktemp)
trap 'rm -f "$answers"' EXIT

"$build/tests/subnet/answers_mock" "$here/questions.txt" >"$answers"
awk -f "$here/compare.awk" "$here/differences.txt" "$here/opensm-3.3.23.txt" "$answers" || {
	echo "the answers of the mock's SA are not what differences.txt says; see doc/subnet.md"
	exit 1
}
