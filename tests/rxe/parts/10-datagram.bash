# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Datagram mode between rxe0 and rxe1: sizes, the MTU, loss, the link, a peer that is killed, and what
# is left of it all.
before=$(resources)
listener peer rxe1/1 10.50.0.2

# 4096 octets of the link, less 4 of our header, 20 of IP and 8 of ICMP.
sizes() {
	local size
	for size in 0 56 100 101 1000 2016 2017 4063 4064; do
		asks -c 3 -i 0.05 -M 'do' -s "$size" 10.50.0.2
		all_answered
	done
}
check sizes sizes

# Soft-RoCE would lose it, and say that it was sent.
too_long() {
	asks 1 -c 2 -i 0.05 -W 2 -M 'do' -s 4065 10.50.0.2
	says out '4092|[Mm]essage too long|mtu'
}
check longer_than_the_link_takes too_long

nobody() { asks 1 -c 2 -i 0.2 -W 3 10.50.0.77; }
check nobody_has_the_address nobody

burst() {
	asks -c 2000 -i 0.001 -s 1000 10.50.0.2
	all_answered
}
check burst burst

losing() {
	tc qdisc add dev veth0 root netem loss 10%
	tc qdisc add dev veth1 root netem loss 10%
	asks -c 200 -i 0.02 -W 5 10.50.0.2
	local answers
	answers=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/out")
	[ "$answers" -ge 120 ] || fail "$answers of 200 were answered"
	[ "$answers" -lt 200 ] || fail "nothing was lost"
}
check losing losing
tc qdisc del dev veth0 root
tc qdisc del dev veth1 root

# The asker and the peer live through it: both wait for their port.
flapping() {
	local i
	ipoib-ping --device rxe0/1 --address 10.50.0.1/24 -c 300 -i 0.05 -W 5 10.50.0.2 \
		>"$work/flapping" 2>&1 &
	for ((i = 0; i < 3; i++)); do
		sleep 1
		link_down veth1
		sleep 0.5
		link_up veth1
	done
	wait $! || fail "it ended with status $?: $(tail -n 2 "$work/flapping")"
	grep -qE 'icmp_seq=(29[0-9]|300) ' "$work/flapping" || fail "no answer at the end"
}
check the_link_goes_and_comes flapping
check and_the_peer_still_answers asks -c 3 -i 0.05 10.50.0.2

kill -KILL "${pid_of[peer]}"
wait "${pid_of[peer]}" 2>/dev/null || :
unset "pid_of[peer]"
check a_killed_peer_is_silent asks 1 -c 2 -i 0.2 -W 2 10.50.0.2
check and_leaves_nothing wait_until "$limit" resources_are "$before"
listener peer rxe1/1 10.50.0.2
check its_successor_answers asks -c 3 -i 0.05 10.50.0.2
stop peer

unknown_port() {
	run 2 ipoib-ping --device rxe7/1 --address 10.50.0.1/24 10.50.0.2
	says err 'rxe0 rxe1|[Nn]o such device'
	run 2 ipoib-ping --device rxe0/2 --address 10.50.0.1/24 10.50.0.2
}
check a_port_that_is_not_there unknown_port

nothing_is_left() { resources_are "$before" || fail "before: $before; after: $(resources)"; }
check nothing_is_left nothing_is_left
