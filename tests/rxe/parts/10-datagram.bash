# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Datagram mode between rxe0 and rxe1: sizes, the MTU, loss, the link, a peer that is killed, and what
# is left of it all.
before=$(resources)
listener peer rxe1/1 10.50.0.2

# Soft-RoCE would lose it, and say that it was sent.
too_long() {
	asks 1 -c 2 -i 0.05 -W 2 -M 'do' -s 4065 10.50.0.2
	says err 'message too long, mtu=4092'
}
check longer_than_the_link_takes too_long

nobody() { asks 1 -c 2 -i 0.2 -W 3 10.50.0.77; }
check nobody_has_the_address nobody

# Nothing tells of it, but nothing vanishes for long either.
mtu_falls() {
	ipoib-ping --device rxe0/1 --address 10.50.0.1/24 -c 120 -i 0.1 -W 3 -M 'do' -s 4000 10.50.0.2 \
		>"$work/falling" 2>&1 &
	local asker=$!
	wait_until "$limit" grep -q 'icmp_seq=3 ' "$work/falling" || fail "the ping does not begin"
	ip link set veth0 mtu 2200
	ip link set veth1 mtu 2200
	wait "$asker" || fail "it ended with status $?"
	grep -q 'message too long, mtu=2044' "$work/falling" || fail "$(tail -n 1 "$work/falling")"
}
another_asker
check the_mtu_falls mtu_falls
ip link set veth0 mtu 4200
ip link set veth1 mtu 4200

another_asker
asker datagram

# 4096 octets of the link, less 4 of our header, 20 of IP and 8 of ICMP. The shortest are put into the
# work request itself.
sizes() {
	local size
	for size in 0 56 96 97 100 101 1000 2016 2017 4063 4064; do
		answers -i 0.05 -M 'do' -s "$size"
	done
}
check sizes sizes

burst() {
	run 0 ping -q -f -c 3000 -s 1000 -w "$limit" 10.50.0.2
	some_answered 2990 3000
}
check burst burst

losing() {
	tc qdisc add dev veth0 root netem loss 10%
	tc qdisc add dev veth1 root netem loss 10%
	run 0 ping -q -c 200 -i 0.02 -W 5 10.50.0.2
	some_answered 120 199
}
check losing losing
tc qdisc del dev veth0 root
tc qdisc del dev veth1 root

# Both live through it, and wait for their port.
flapping() {
	local i
	ping -c 200 -i 0.1 10.50.0.2 >"$work/flapping" 2>&1 &
	for ((i = 0; i < 3; i++)); do
		sleep 1
		link_down veth1
		sleep 0.5
		link_up veth1
	done
	wait $! || fail "it ended with status $?: $(tail -n 2 "$work/flapping")"
	grep -q 'icmp_seq=200 ' "$work/flapping" || fail "no answer at the end: $(tail -n 3 "$work/flapping")"
}
check the_link_goes_and_comes flapping

kill -KILL "${pid_of[peer]}"
wait "${pid_of[peer]}" 2>/dev/null || :
unset "pid_of[peer]"
silence() { run 1 ping -c 2 -i 0.2 -W 2 10.50.0.2; }
check a_killed_peer_is_silent silence
listener peer rxe1/1 10.50.0.2
check its_successor_answers wait_until "$limit" answers
stop peer
stop asker

unknown_port() {
	run 2 ipoib-ping --device rxe7/1 --address 10.50.0.1/24 10.50.0.2
	says err 'rxe0 rxe1|[Nn]o such device'
	run 2 ipoib-ping --device rxe0/2 --address 10.50.0.1/24 10.50.0.2
}
check a_port_that_is_not_there unknown_port

nothing_is_left() {
	wait_until "$limit" resources_are "$before" || fail "before: $before; after: $(resources)"
}
check nothing_is_left nothing_is_left
