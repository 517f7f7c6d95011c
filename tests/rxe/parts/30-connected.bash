# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Connected mode between rxe0 and rxe1.
before=$(resources)
listener peer rxe1/1 10.50.0.2 --mode connected
asker connected

# The first packet of a size beyond the datagrams' waits for the connection.
first_is_long() { run 0 ping -c 1 -W 10 -s 30000 10.50.0.2; }
check the_first_packet_is_long first_is_long

sizes() {
	local size
	for size in 56 4064 4065 20000 65492; do
		answers -i 0.05 -M 'do' -s "$size"
	done
	ctl asker conn
	says out ' UP'
}
check sizes sizes

# What is lost is sent again by the adapter, so that at most the beginning is missing.
losing() {
	tc qdisc add dev veth0 root netem loss 2%
	run 0 ping -q -c 50 -i 0.1 -W 10 -s 30000 10.50.0.2
	some_answered 40 50
}
check losing losing
tc qdisc del dev veth0 root

# With connections open: they end with the link, and are made anew behind it.
flapping() {
	local i
	ping -c 200 -i 0.1 -s 30000 10.50.0.2 >"$work/flapping" 2>&1 &
	for ((i = 0; i < 2; i++)); do
		sleep 2
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
listener peer rxe1/1 10.50.0.2 --mode connected
check a_killed_peers_successor_answers wait_until "$limit" answers -s 30000
stop peer

# Who takes no connections is sent datagrams.
another_asker
listener peer rxe1/1 10.50.0.2
check a_peer_in_datagram_mode wait_until "$limit" answers
stop peer
stop asker

nothing_is_left() {
	wait_until "$limit" resources_are "$before" || fail "before: $before; after: $(resources)"
}
check nothing_is_left nothing_is_left
