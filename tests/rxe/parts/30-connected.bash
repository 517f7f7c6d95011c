# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Connected mode between rxe0 and rxe1.
before=$(resources)
listener peer rxe1/1 10.50.0.2 --mode connected

# The first packet of a size beyond the datagrams waits for the connection.
sizes() {
	local size
	for size in 56 4064 4065 20000 65492; do
		asks -c 3 -i 0.05 -M 'do' -s "$size" --mode connected 10.50.0.2
		all_answered
	done
}
check sizes sizes

losing() {
	tc qdisc add dev veth0 root netem loss 2%
	asks -c 50 -i 0.05 -W 10 -s 30000 --mode connected 10.50.0.2
	local answers
	answers=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/out")
	[ "$answers" -ge 25 ] || fail "$answers of 50 were answered"
}
check losing losing
tc qdisc del dev veth0 root

datagram_asker() {
	asks -c 3 -i 0.05 10.50.0.2
	all_answered
}
check an_asker_in_datagram_mode datagram_asker

kill -KILL "${pid_of[peer]}"
wait "${pid_of[peer]}" 2>/dev/null || :
unset "pid_of[peer]"
listener peer rxe1/1 10.50.0.2 --mode connected
check a_killed_peers_successor_answers asks -c 3 -i 0.05 -s 30000 --mode connected 10.50.0.2
stop peer

nothing_is_left() { resources_are "$before" || fail "before: $before; after: $(resources)"; }
check nothing_is_left nothing_is_left
