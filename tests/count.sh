#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What "make check" did in a build directory, as one line: N passed, N failed, N skipped. The tests
# inside a unit-test program count one by one, a script counts as one. What failed is shown with
# its log, what was skipped with its reason. Fails if a test failed; with IPOIB_NO_SKIP=1, as in
# CI, a skipped test is a failure too.
#
#	tests/count.sh BUILD
set -euo pipefail
build=${1:?usage: tests/count.sh BUILD}

passed=0 failed=0 skipped=0

# Check's own summary line, "100%: Checks: 12, Failures: 0, Errors: 0", one for each run.
add_checks() {
	local checks=0 bad=0 c f e
	while read -r c f e; do
		checks=$((checks + c))
		bad=$((bad + f + e))
	done < <(sed -nE 's/^[0-9]+%: Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/p' "$1")
	# A script, or a program that died before it could count or failed after it had.
	if [ "$2" = PASS ]; then
		[ "$checks" -gt 0 ] || checks=1
	elif [ "$bad" = 0 ]; then
		checks=$((checks + 1)) bad=1
	fi
	passed=$((passed + checks - bad))
	failed=$((failed + bad))
}

while read -r result; do
	log=${result%.trs}.log
	test=${result%.trs}
	test=${test#"$build"/}
	outcome=$(sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' "$result" | head -n 1)
	case $outcome in
	SKIP)
		skipped=$((skipped + 1))
		printf -- '-- SKIPPED %s: ' "$test"
		tail -n 2 "$log" | head -n 1
		;;
	PASS)
		add_checks "$log" PASS
		;;
	*)
		add_checks "$log" FAIL
		printf -- '-- FAILED %s\n' "$test"
		cat "$log"
		;;
	esac
done < <(find "$build" -name '*.trs' -not -path '*/_build/*' | LC_ALL=C sort)

if [ $((passed + failed + skipped)) = 0 ]; then
	echo "no test has run in $build" >&2
	failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
[ "${IPOIB_NO_SKIP:-0}" != 1 ] || [ "$skipped" = 0 ]
