#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A fabric that dies while hosts are up: they say so, keep their state, and come back when it returns.
. "$(dirname "$0")/lib.sh"

need_tun
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b

start_fabric --hosts 2
start_host "$a" host1 host1/1 10.10.1.1/24
start_host "$b" host2 host2/1 10.10.1.2/24
wait_ready host1 host2
in_namespace "$a" 0 ping -q -c 3 -i 0.2 10.10.1.2

# One that runs all the time, whatever happens below it.
start ping ip netns exec "$a" ping -i 0.1 10.10.1.2
wait_line ping.out "icmp_seq=3 "

neighbours_are_kept() {
	local pair
	for pair in host1:10.10.1.2 host2:10.10.1.1; do
		run 0 "$bin/ipoib-ctl" --control "$work/${pair%:*}.control" neigh
		says out "^${pair#*:} dev ipoib0 lladdr "
	done
}

came_back() { [ "$(grep -c "host1/1 is back" "$work/host1.err")" -ge "$1" ] &&
	[ "$(grep -c "host2/1 is back" "$work/host2.err")" -ge "$1" ]; }
went_down() { [ "$(grep -c "host1/1 is down" "$work/host1.err")" -ge "$1" ] &&
	[ "$(grep -c "host2/1 is down" "$work/host2.err")" -ge "$1" ]; }

round=0
for end in TERM KILL; do
	round=$((round + 1))
	say "the fabric dies by SIG$end: both hosts say that their port is down"
	if [ "$end" = TERM ]; then
		stop fabric
		[ ! -e "$work/fabric" ] || fail "the fabric has left its socket behind"
	else
		kill_hard fabric
		[ -S "$work/fabric" ] || fail "this should leave a stale socket"
	fi
	wait_until "$limit" went_down "$round" || fail "a host does not say that its port is down"

	say "they keep running, with their devices, addresses and neighbour tables"
	alive host1 || fail "host1 has ended"
	alive host2 || fail "host2 has ended"
	in_namespace "$a" 0 ip address show ipoib0
	says out "inet 10.10.1.1/24"
	neighbours_are_kept
	run 0 "$bin/ipoib-ctl" --control "$work/host1.control" interface
	says out "<DOWN>"
	assert_law host1 host2

	say "the fabric returns: both come back, and packets pass again"
	start_fabric --hosts 2
	wait_until "$limit" came_back "$round" || fail "a host does not come back"
	# Who is back first may be refused the path to who is not; it asks again within moments.
	answers=$(grep -c "bytes from" "$work/ping.out")
	more_answers() { [ "$(grep -c "bytes from" "$work/ping.out")" -gt $((answers + 3)) ]; }
	wait_until "$limit" more_answers || fail "the ping that ran all the time hears nothing"
	in_namespace "$b" 0 ping -q -c 10 -i 0.1 10.10.1.1
	says out "10 received"
	neighbours_are_kept
	assert_law host1 host2
done

say "everything ends cleanly"
kill_hard ping
stop host1
stop host2
stop fabric
