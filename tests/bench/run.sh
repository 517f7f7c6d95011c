#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# "make bench": what a packet costs in the library, and its parts beside others that are packaged. Instructions are the same in every run; times are
# of processor time and tell by their ratios, which are those of one run.
#
#	run.sh FOLDER	which has the programs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: run.sh FOLDER}
bench=$folder/bench
packets=2000000

echo "== instructions a packet, against counts.txt"
python3 "$here/counts.py" "$bench" "$here/counts.txt" || true

echo "== times, nothing else running"
for work in send held receive; do
	for neighbours in 1 1000 64000 1000000; do
		"$bench" "$work" "$neighbours" 32 "$packets"
	done
done
"$bench" send 1000 1 "$packets"

echo "== beside others"
for n in 1000 64000 1000000; do
	"$folder/lookup" bench "$n" 7
	"$folder/timers" "$n" 5
done
if [ -x "$folder/resolve" ]; then
	"$bench" send 10 1 "$packets"
	"$folder/resolve" "$packets" 5
	"$bench" send 10 32 "$packets"
else
	echo "lwIP is left out: apt-get install liblwip-dev, and configure again"
fi
