#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A pause of a second costs a second: after each of these TCP is back on its connection, and the kernel goes
# by no path MTU of datagrams, which it would for ten minutes.
. "$(dirname "$0")/lib.sh"

need_tun
need_program iperf3
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b
without_ipv6 "$a" "$b"

start_connected() { # NAMESPACE NAME ADDRESS
	start_host "$1" "$2" "$2/1" "$3/24,mode=connected"
}
fabric() { run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"; }

start_fabric --hosts 2
start_connected "$a" host1 10.10.1.1
start_connected "$b" host2 10.10.1.2
wait_ready host1 host2
start server ip netns exec "$b" iperf3 -s --forceflush
wait_line server.out "listening"
# Both ways, slowly enough for a sanitizer, and longer than all of this.
start client ip netns exec "$a" iperf3 -c 10.10.1.2 --bidir -b 8M -t 3600 --forceflush
wait_line client.out " 1\.[0-9]+-2\.[0-9]+ +sec"

sent() { "$bin/ipoib-ctl" --control "$work/$1.control" stats -j 2>/dev/null | sed -nE 's/ *"sent_connected": ([0-9]+),/\1/p'; }
# More than a connection may hold back for a while.
moves() {
	local before after
	before=$(sent "$1")
	sleep 0.5
	after=$(sent "$1")
	[ "${after:-0}" -gt "$((${before:-0} + 10))" ]
}
no_exception() { # NAMESPACE ADDRESS
	! ip -n "$1" route get "$2" 2>&1 | grep -q " mtu "
}
settled() { no_exception "$a" 10.10.1.2 && no_exception "$b" 10.10.1.1 && moves host1 && moves host2; }
# One look takes a second: sixty of them.
wait_until 3 settled || fail "TCP does not go by connections"

# after WHAT: whatever it was has been noticed by now.
after() {
	sleep 2
	alive client || fail "$1: TCP has ended: $(tail -n 3 "$work/client.out" "$work/client.err")"
	wait_until 3 settled || fail "$1: sent $(sent host1) and $(sent host2) by connections," \
		"$(ip -n "$a" route get 10.10.1.2), $(ip -n "$b" route get 10.10.1.1)"
	echo "  $1: failed $(counter host1 control.connections_failed) and $(counter host2 \
		control.connections_failed), told $(counter host1 device.mtu_told) and $(counter host2 \
		device.mtu_told), taken out $(counter host1 device.mtu_taken_out) and $(counter host2 \
		device.mtu_taken_out)"
}
pause() { # NAME SECONDS
	kill -STOP "${pid_of[$1]}"
	sleep "$2"
	kill -CONT "${pid_of[$1]}"
}

say "a process stands still, or the fabric does"
pause host2 1
after "host2 for 1 s"
pause host1 3
after "host1 for 3 s"
pause fabric 1
after "the fabric for 1 s"

say "a link is down, loses everything, or has no P_Key, for a second"
fabric link host2/1 down
sleep 1
fabric link host2/1 up
after "the link of host2"
fabric loss all 100%
sleep 1
fabric loss all 0
after "all packets lost"

say "longer than a connection waits: it is said why it was lost"
fabric loss all 100%
sleep 4
fabric loss all 0
after "all packets lost for 4 s"
says host2.err '^ipoib-tun: interface ipoib0: the connection to 10\.10\.1\.1, .*, was lost: the peer acknowledges nothing any more; it is made again'
run 0 "$bin/ipoib-ctl" --control "$work/host2.control" conn
says out ' ended (retries|unanswered) [0-9]+ ago UP$'
run 0 "$bin/ipoib-ctl" --control "$work/host2.control" conn -j
says out '"ended": "(retries|unanswered)"'
fabric pkey host2/1 table 0x8001
sleep 1
fabric pkey host2/1 table 0xffff
after "no P_Key at host2"

say "the subnet manager moves, LIDs change, neighbours are forgotten"
fabric sm move
after "another subnet manager"
fabric lids
after "other LIDs"
run 0 "$bin/ipoib-ctl" --control "$work/host1.control" neigh flush dev ipoib0
after "no neighbours at host1"

say "a process is killed and comes back"
kill_hard host2
start_connected "$b" host2 10.10.1.2
wait_ready host2
after "host2 killed"

assert_law host1 host2
kill_hard client
kill_hard server
stop host1
stop host2
stop fabric
