#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Unmodified programs over connected mode: at MTU 65520, beside a host in datagram mode, and while peers,
# connections and the fabric die under a running TCP.
. "$(dirname "$0")/lib.sh"

need_tun
need_program iperf3
namespace a
namespace b
namespace c
# shellcheck disable=SC2154
a=$ns_a b=$ns_b c=$ns_c
without_ipv6 "$a" "$b" "$c"
limit=$((limit + seconds))

start_connected() { # NAMESPACE NAME ADDRESS
	start_host "$1" "$2" "$2/1" "$3/24,mode=connected"
}

start_server() { # NAME NAMESPACE
	start "$1" ip netns exec "$2" iperf3 -s --forceflush
	wait_line "$1.out" "listening"
}

# intervals FILE: what iperf3 transferred, second by second: one line a second, such as "12.5 MBytes".
intervals() {
	sed -nE '/sender|receiver/d; s/^\[ *[0-9]+\] +[0-9.]+-[0-9.]+ +sec +([0-9.]+ +[KMGT]?Bytes) .*/\1/p' \
		"$work/$1"
}

# No second without traffic.
never_stalled() {
	intervals "$1" >"$work/intervals"
	[ "$(wc -l <"$work/intervals")" -ge "$seconds" ] || fail "iperf3 ended early"
	! grep -qE "^0(\.0+)? " "$work/intervals" || {
		cat "$work/$1"
		fail "a second without traffic"
	}
}

# transfer NAMESPACE ADDRESS [OPTION...]
transfer() {
	local space=$1 address=$2
	shift 2
	in_namespace "$space" 0 iperf3 -c "$address" -t "$seconds" "$@"
	grep -E "sender|receiver" "$work/out"
	never_stalled out
}

ctl() { # NAME REQUEST...
	local name=$1
	shift
	run 0 "$bin/ipoib-ctl" --control "$work/$name.control" "$@"
}

up_and_taken() {
	ctl "$1" conn
	grep -qE "^00:00:00:.* dev ipoib0 out mtu 65520 neighbours 1 outstanding [0-9]+ used [0-9]+( ended [a-zA-Z]+ [0-9]+ ago)? UP$" "$work/out" &&
		grep -qE "^00:00:00:.* dev ipoib0 in .*outstanding [0-9]+ used [0-9]+ TAKEN$" "$work/out"
}

# ---- 1. both connected, and every frame in a capture

need_program tshark
start_fabric --hosts 2 --pcap "$work/fabric.pcap"
start_connected "$a" host1 10.10.1.1
start_connected "$b" host2 10.10.1.2
wait_ready host1 host2
count_from_here host1 host2
count_from_here host2 host1

say "the devices have an MTU of 65520"
in_namespace "$a" 0 ip address show ipoib0
says out "mtu 65520"
in_namespace "$b" 0 ip address show ipoib0
says out "mtu 65520"

say "ping -s 65000 -M do passes, the first packet included"
in_namespace "$a" 0 ping -q -c 5 -i 0.1 -s 65000 -M "do" 10.10.1.2
says out "5 packets transmitted, 5 received, 0% packet loss"
in_namespace "$b" 0 ping -q -c 2 -i 0.1 -s 65492 -M "do" 10.10.1.1
says out " 0% packet loss"
in_namespace "$a" 1 ping -c 1 -W 1 -s 65493 -M "do" 10.10.1.2
cat "$work/out" >>"$work/err"
says err "[Mm]essage too long.*mtu ?= ?65520"

say "ipoib-ctl shows a connection for each direction, and the neighbour's MTU"
for name in host1 host2; do
	up_and_taken "$name" || fail "$name has other connections: $(cat "$work/out")"
	ctl "$name" neigh
	says out "^10\.10\.1\.[12] dev ipoib0 lladdr 80:.* mtu 65520 "
	ctl "$name" interface
	says out "^    mode connected neighbours 1$"
	[ "$(counter "$name" control.connections_asked)" -eq 1 ] || fail "$name has asked more than once"
	[ "$(counter "$name" control.connections_taken)" -eq 1 ] || fail "$name has taken more than one"
done
ctl host1 conn -j
says out '^    "direction": "out"'
says out '^    "mtu": 65520'

say "iperf3 over TCP, a little of it for the capture"
start_server iperf3 "$b"
in_namespace "$a" 0 iperf3 -c 10.10.1.2 -n 4M
kill_hard iperf3
wait_until 5 nothing_lost host1 host2 || fail "lost from host1 to host2: $(lost host1 host2)"
wait_until 5 nothing_lost host2 host1 || fail "lost from host2 to host1: $(lost host2 host1)"
assert_law host1 host2
stop host1
stop host2
stop fabric

say "tshark shows how the connections were made, and the frames that went by them"
run 0 tshark -n -r "$work/fabric.pcap" -T fields -E separator=/t -e _ws.col.Info -e _ws.malformed \
	-e infiniband.bth.opcode
cp "$work/out" "$work/packets"
for info in "CM: ConnectRequest" "CM: ConnectReply" "CM: ReadyToUse" "RC Send Middle" "RC Send Last" \
	"RC Acknowledge"; do
	says packets "^$info"
done
# Of a first and an only frame the dissector tells what is in them: an IP packet.
for opcode in 0 4; do
	cut -f 3 "$work/packets" | grep -qx "$opcode" || fail "no RC frame with opcode $opcode"
done
cut -f 2 "$work/packets" | grep . && fail "malformed packets"
if cut -f 1 "$work/packets" | grep -iE "malformed|invalid|bogus"; then
	fail "tshark complains"
fi

# ---- 2. one side connected, the other datagram

start_fabric --hosts 4
start_connected "$a" host1 10.10.1.1
start_connected "$b" host2 10.10.1.2
start_host "$c" host3 host3/1 10.10.1.3/24
wait_ready host1 host2 host3
start_server server2 "$b"
start_server server3 "$c"

say "both connected: iperf3 over TCP for $seconds s, both ways"
transfer "$a" 10.10.1.2
transfer "$a" 10.10.1.2 -R
[ "$(counter host1 send.sent_connected)" -gt 1000 ] || fail "this did not go by the connection"

say "a datagram peer's MTU is told as a router would tell it, and then used"
in_namespace "$a" 0 ping -c 3 -i 0.2 -s 9000 -M want 10.10.1.3
says out "Frag needed and DF set \(mtu = 2044\)"
says out "3 packets transmitted, 2 received, \+1 errors"
in_namespace "$a" 1 ping -c 1 -W 1 -s 2017 -M "do" 10.10.1.3
cat "$work/out" >>"$work/err"
says err "[Mm]essage too long.*mtu ?= ?2044"
in_namespace "$a" 0 ping -q -c 3 -i 0.2 -s 2016 -M "do" 10.10.1.3
says out " 0% packet loss"
in_namespace "$a" 0 ping -q -c 3 -i 0.2 -s 9000 -M dont 10.10.1.3
says out " 0% packet loss"
in_namespace "$c" 0 ping -q -c 3 -i 0.2 -s 65000 -M dont 10.10.1.1
says out " 0% packet loss"
ctl host1 neigh
says out "^10\.10\.1\.3 dev ipoib0 lladdr 00:.* mtu 2044 "
says out "^10\.10\.1\.2 dev ipoib0 lladdr 80:.* mtu 65520 "

say "iperf3 over TCP between them for $seconds s, either end asking, both ways, without a stall"
transfer "$a" 10.10.1.3
transfer "$a" 10.10.1.3 -R
start_server server1 "$a"
transfer "$c" 10.10.1.1
transfer "$c" 10.10.1.1 -R
[ "$(counter host3 control.connections_asked)" -eq 0 ] || fail "the datagram host has asked for a connection"
[ "$(counter host3 control.connections_taken)" -eq 0 ] || fail "the datagram host has taken a connection"
assert_law host1 host2 host3

say "what is longer than the broadcast group's MTU is refused with that"
ping=("$bin/ipoib-ping" --fabric "$work/fabric" --port host4/1 --address 10.10.1.4/24 --mode connected)
run 1 "${ping[@]}" -b -c 1 -W 0.2 -s 3000 10.10.1.255
says err "^ping: local error: message too long, mtu=2044$"
before=$(counter host1 send.refused_too_big)
in_namespace "$a" 1 ping -b -c 1 -W 0.2 -s 3000 10.10.1.255
[ "$(counter host1 send.refused_too_big)" -gt "$before" ] || fail "a long broadcast packet was not refused"

kill_hard server1
kill_hard server3
stop host3

# ---- 3. what dies under a running TCP

# Long enough for what is broken in its first third to be whole again, and to be seen working.
run_time=$((seconds < 10 ? 10 : 14))

# Nothing is away for more than two seconds; TCP tries again after at most as long once more, and then some.
silence_most=6

begin_transfer() {
	start client ip netns exec "$a" iperf3 -c 10.10.1.2 -t "$run_time" --forceflush
	wait_line client.out " 2\.[0-9]+-3\.[0-9]+ +sec"
}

# It ends well, and its last two seconds had traffic.
end_transfer() {
	wait_until "$limit" dead client || fail "iperf3 does not end"
	local status=0 silent
	wait "${pid_of[client]}" || status=$?
	unset "pid_of[client]"
	grep -E "sender|receiver" "$work/client.out" || :
	[ "$status" -eq 0 ] || fail "iperf3 has failed: $(cat "$work/client.out" "$work/client.err")"
	intervals client.out | tail -n 2 >"$work/intervals"
	! grep -qE "^0(\.0+)? " "$work/intervals" || {
		cat "$work/client.out"
		fail "it does not go on"
	}
	silent=$(intervals client.out | grep -cE "^0(\.0+)? " || :)
	echo "  seconds without traffic: $silent"
	[ "$silent" -le "$silence_most" ] || fail "that is more than $silence_most"
}

# What a connection's adapter acknowledged the other end has received; what it gave up may have
# arrived as well.
assert_connected() { # FROM TO
	local sent received doubtful
	sent=$(counter "$1" send.sent_connected)
	doubtful=$(counter "$1" send.dropped.transport)
	received=$(counter "$2" receive.received_connected)
	echo "  $1 to $2: sent $sent, in doubt $doubtful, received $received"
	{ [ "$received" -ge "$sent" ] && [ "$received" -le $((sent + doubtful)) ]; } ||
		fail "these do not reconcile"
}

reconcile() {
	wait_until 5 nothing_queued host1 host2 || fail "packets stay queued"
	assert_law host1 host2
	assert_connected host1 host2
	assert_connected host2 host1
}

nothing_queued() { [ $(($(counter "$1" send.queued) + $(counter "$2" send.queued))) -eq 0 ]; }

say "the peer's process stands still for two seconds"
begin_transfer
kill -STOP "${pid_of[host2]}"
sleep 2
kill -CONT "${pid_of[host2]}"
end_transfer
reconcile

say "the fabric dies, and every link with it, and returns"
begin_transfer
kill_hard fabric
sleep 0.5
start_fabric --hosts 4
end_transfer
reconcile

say "the peer's process dies, and returns"
begin_transfer
kill_hard host2
sleep 0.5
start_connected "$b" host2 10.10.1.2
wait_ready host2
end_transfer
wait_until 5 nothing_queued host1 host2 || fail "packets stay queued"
assert_law host1 host2
[ "$(counter host1 control.connections_failed)" -ge 1 ] || fail "no connection has failed"

say "there is a connection for each direction again"
in_namespace "$a" 0 ping -q -c 3 -i 0.5 10.10.1.2
in_namespace "$b" 0 ping -q -c 3 -i 0.5 10.10.1.1
wait_until "$limit" up_and_taken host1 || fail "host1 has other connections: $(cat "$work/out")"

kill_hard server2
stop host1
stop host2
stop fabric
