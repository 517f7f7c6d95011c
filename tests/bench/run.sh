#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# "make bench": what a packet costs in the library. Instructions are the same in every run; times are
# of processor time and tell by their ratios, which are those of one run.
#
#	run.sh BENCH
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bench=${1:?usage: run.sh BENCH}
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
