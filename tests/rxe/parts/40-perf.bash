# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# ipoib-perf between rxe0 and rxe1: both modes, both directions, both ways to receive; nothing is lost,
# and nothing is left behind.
before=$(resources)

measure() { # MODE OPTION...
	local mode=$1
	shift
	run 0 ipoib-perf --device rxe1/1 --address 10.50.0.2/24 -m "$mode" --json "$@" 10.50.0.1
	silent out '"lost": [1-9]'
	says out '"received": [1-9]'
}

all_sizes() { # MODE LARGEST
	measure "$1" -e -n 100 -a
	says out "\"bytes\": $2,"
}

one_mode() {
	local mode=$1 most=$2
	start server ipoib-perf --device rxe0/1 --address 10.50.0.1/24 -m "$mode" --keep
	wait_ready server
	check "$mode-all-sizes" all_sizes "$mode" "$most"
	check "$mode-both-directions" measure "$mode" -e -b -n 500 -s 64,2048
	check "$mode-polling" measure "$mode" -n 500 -s "64,$most"
	check "$mode-latency" measure "$mode" --latency -n 100
	check "$mode-latency-asleep" measure "$mode" -e --latency -n 100
	stop server
}

one_mode ud 4064
one_mode rc 65492
nothing_is_left() { resources_are "$before" || fail "before: $before; after: $(resources)"; }
check nothing_is_left wait_until "$limit" nothing_is_left
