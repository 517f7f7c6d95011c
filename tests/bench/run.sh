#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# "make bench": what a packet costs in the library, and what its parts cost beside others that are
# packaged. Writes what report.py reads; says on stderr what it does, and what is left out.
# Instructions are the same in every run; times are of processor time and tell by their ratios. So
# that those are ratios of one run, what is compared takes turns; report.py takes the medians.
#
#	run.sh FOLDER [ROUNDS [PACKETS]]	FOLDER has the programs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: run.sh FOLDER [ROUNDS [PACKETS]]}
rounds=${2:-5}
packets=${3:-1000000}

say() {
	echo "bench: $*" >&2
}

conditions() {
	echo "compiler $(${CC:-cc} --version | head -1)"
	echo "flags ${CFLAGS:-}"
	echo "processor $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1)"
	echo "cache $(getconf LEVEL2_CACHE_SIZE) $(getconf LEVEL3_CACHE_SIZE)"
	echo "rounds $rounds"
	echo "packets $packets"
}

instructions() {
	if ! command -v valgrind >/dev/null; then
		say "instructions are left out: apt-get install valgrind"
		return
	fi
	say "instructions a packet, under callgrind"
	python3 "$here/counts.py" "$folder/bench" "$here/counts.txt" ||
		say "not those of counts.txt"
}

# One round of all that a packet costs.
packets() {
	for neighbours in 1 10 100 1000 8000 64000 256000 1000000; do
		for work in send held receive; do
			"$folder/bench" "$work" "$neighbours" 32 "$packets"
		done
	done
	"$folder/bench" send 1000 1 "$packets"
}

resolve() {
	[ -x "$folder/resolve" ] || return 0
	"$folder/bench" send 10 1 "$packets"
	"$folder/resolve" "$packets" 1
	"$folder/bench" send 10 32 "$packets"
}

conditions
instructions
[ -x "$folder/resolve" ] || say "lwIP is left out: apt-get install liblwip-dev, and configure again"
for ((round = 1; round <= rounds; round++)); do
	say "packets and neighbours, round $round of $rounds"
	packets
	resolve
done
for entries in 1000 8000 64000 256000 1000000; do
	say "look-ups among $entries"
	"$folder/lookup" bench "$entries" "$rounds"
done
for timers in 1000 64000 1000000; do
	say "$timers timers"
	"$folder/timers" "$timers" "$rounds"
done
