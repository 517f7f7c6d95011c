#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The subnet manager dies under a running iperf3 on two rails. Another one takes over: every port has
# another LID, every group is forgotten. Traffic goes on; how long it paused is reported.
. "$(dirname "$0")/lib.sh"

need_tun
need_program iperf3
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b
limit=$((limit + 30))

# two_rails NAMESPACE NAME HOST LAST-OCTET MODE: host N has 10.10.1.N and 10.10.2.N, one on each port.
two_rails() {
	start "$2" ip netns exec "$1" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface "ipoib0,port=$3/1,address=10.10.1.$4/24,mode=$5" \
		--interface "ipoib1,port=$3/2,address=10.10.2.$4/24,mode=$5" \
		--control "$work/$2.control"
}

fabric() { run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"; }

# pause FILE: the longest stretch without traffic, in tenths of a second, of iperf3 with -i 0.1 -f k.
pause() {
	sed -nE 's/^\[ *[0-9]+\] +[0-9.]+-[0-9.]+ +sec .* ([0-9.]+) +Kbits\/sec .*/\1/p; /sender/q' "$work/$1" |
		awk '$1 == 0 { now++; if (now > most) most = now; next } { now = 0 } END { print most + 0, NR }'
}

lids() {
	"$bin/ipoib-ctl" --control "$work/$1.control" interface |
		sed -nE 's/.* lid ([0-9]+) .*/\1/p' | sort | tr '\n' ' '
}

for mode in datagram connected; do
	say "$mode: two hosts with two rails, iperf3 on both"
	start_fabric --hosts 2 --ports 2
	two_rails "$a" "host1-$mode" host1 1 "$mode"
	two_rails "$b" "host2-$mode" host2 2 "$mode"
	wait_ready "host1-$mode" "host2-$mode"
	before=$(lids "host1-$mode")
	for rail in 1 2; do
		start "server$rail-$mode" ip netns exec "$b" iperf3 -s -1 --forceflush -p 520$rail
		wait_line "server$rail-$mode.out" "listening"
		start "client$rail-$mode" ip netns exec "$a" iperf3 -c 10.10.$rail.2 -p 520$rail \
			-t 8 -i 0.1 -f k -b 100M --forceflush
	done
	sleep 2
	say "$mode: the subnet manager dies; nothing that is known needs it"
	fabric sm stop
	sleep 1.5
	say "$mode: another one takes over, with other LIDs for everybody"
	fabric sm move
	fabric sm start
	for rail in 1 2; do
		wait_until 20 dead "client$rail-$mode" || fail "iperf3 does not end"
		wait "${pid_of[client$rail-$mode]}" || fail "iperf3 on rail $rail has failed"
		unset "pid_of[client$rail-$mode]"
		says "client$rail-$mode.out" "iperf Done"
		read -r tenths intervals < <(pause "client$rail-$mode.out")
		[ "$intervals" -ge 70 ] || fail "iperf3 reported $intervals intervals only"
		echo "  rail $rail: longest pause $((tenths / 10)).$((tenths % 10)) s in $intervals tenths"
		[ "$tenths" -le 30 ] || fail "rail $rail paused for more than three seconds"
	done
	[ "$(lids "host1-$mode")" != "$before" ] || fail "the LIDs are the same: $before"
	for host in host1 host2; do
		run 0 "$bin/ipoib-ctl" --control "$work/$host-$mode.control" stats
		for counter in link_ups:1 neighbours_moved:0; do # of each of the two rails
			[ "$(grep -cE "^ +${counter%:*} +${counter#*:}\$" "$work/out")" -eq 2 ] ||
				fail "$host: ${counter%:*} is not ${counter#*:}"
		done
		[ "$(grep -c 'conservation law holds' "$work/out")" -eq 2 ] || fail "$host: no law"
		stop "$host-$mode"
	done
	stop fabric
done
