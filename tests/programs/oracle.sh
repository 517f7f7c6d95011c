#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The kernel's neighbour table and our state machine go through the same event lists
# (tests/oracle/cases.txt). Each must go through the states that are written there: the same ones, or
# others for a reason. A difference that is not written there fails.
. "$(dirname "$0")/lib.sh"

cases=$source_tree/tests/oracle/cases.txt
play=$build/tests/oracle/play

need_program ip python3
[ -x "$play" ] || skip "tests/oracle/play was not built"
[ "$(id -u)" -eq 0 ] || skip "the kernel's neighbour table needs root"
ip netns add "ipoib-test-$$-try" 2>/dev/null || skip "network namespaces may not be made"
ip netns delete "ipoib-test-$$-try"

# differences WHO FILE: the cases in which FILE ("NAME: STATES" lines) is not as expected of WHO.
differences() {
	awk -v who="$1" '
		function rest(line) { sub(/^[^ ]+ ?/, "", line); return line }
		function head(line, n,    words, count, i, text) {
			count = split(line, words, " ")
			for (i = 1; i <= count && (n == 0 || i <= n); i++)
				text = text (i > 1 ? " " : "") words[i]
			return text
		}
		FNR == NR && $1 == "case" { name = $2; order[++total] = name }
		FNR == NR && $1 == "first" { first[name] = $2 }
		FNR == NR && ($1 == "both" || $1 == who) { expected[name] = rest($0) }
		FNR == NR { next }
		{ name = $1; sub(/:$/, "", name); got[name] = head(rest($0), first[name]) }
		END {
			for (i = 1; i <= total; i++) {
				name = order[i]
				if (!(name in expected))
					print name ": nothing is expected"
				else if (!(name in got) || got[name] != expected[name])
					print name ": " got[name] "\n  instead of " expected[name]
			}
		}' "$cases" "$2"
}

# Two lists that differ need a reason.
awk '$1 == "case" { name = $2 } $1 == "kernel" { differs[name] = 1 }
	$1 == "because" { delete differs[name] } END { for (name in differs) print name }' \
	"$cases" >"$work/unexplained"
[ ! -s "$work/unexplained" ] || fail "differences without a reason: $(cat "$work/unexplained")"

run 0 "$play" "$cases"
cp "$work/out" "$work/ours"
differences ours "$work/ours" >"$work/wrong"
[ ! -s "$work/wrong" ] || fail "ours: $(cat "$work/wrong")"

# The kernel's time is real: on a machine that is very busy an event comes too late now and then.
for try in 1 2 3; do
	namespace "host$try"
	namespace "peer$try"
	host=ns_host$try peer=ns_peer$try
	run 0 python3 "$source_tree/tests/oracle/kernel.py" "$cases" "${!host}" "${!peer}"
	cp "$work/out" "$work/kernel"
	differences kernel "$work/kernel" >"$work/wrong"
	[ -s "$work/wrong" ] || break
	say "try $try: $(cat "$work/wrong")"
done
[ ! -s "$work/wrong" ] || fail "the kernel: $(cat "$work/wrong")"

say "$(grep -c '^case ' "$cases") event lists, $(grep -c '^because ' "$cases") differences, all known"
