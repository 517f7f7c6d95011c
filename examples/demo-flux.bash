# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The second act of demo.sh, which reads this file: ARP flux. A server with two rails, strict, and a
# client with two that answers ARP as Linux does with arp_ignore=0; two subnets, one P_Key.
#
#        server                        client
#        host1/1 10.10.1.1/24 ------- host2/1 10.10.1.2/24
#        host1/2 10.10.2.1/24 ------- host2/2 10.10.2.2/24
#                                  \_ and what is said on one rail is heard on the other
#
# The client looks for hosts that do not exist, on both rails, each time with its address of the first.
# Who hears it on the second rail is told that 10.10.1.2 is there. The same attack meets two policies.

# How long iperf3 runs under each policy, and how many hosts the client looks for on each rail.
flux_seconds=10
flux_targets=8

# two_rails NAME NAMESPACE HOST LAST-OCTET OPTIONS
two_rails() {
	ip -n "$2" link set lo up
	start "$1" ip netns exec "$2" "$bin/ipoib-tun" --fabric "$work/flux" \
		--interface "ipoib0,port=$3/1,address=10.10.1.$4/24,mode=connected,$5" \
		--interface "ipoib1,port=$3/2,address=10.10.2.$4/24,mode=connected,$5" \
		--control "$work/$1.control"
}

# The client's searches: wrong on the second rail, right on the first, by turns.
look_for_nobody() {
	local i
	for i in $(seq 101 $((100 + flux_targets))); do
		ip netns exec "$host2" ping -q -c 1 -W 1 -I 10.10.1.2 "10.10.2.$i" || :
		ip netns exec "$host2" ping -q -c 1 -W 1 -I 10.10.1.2 "10.10.1.$i" || :
	done >"$work/attack.out" 2>&1
}

server_counter() {
	"$bin/ipoib-ctl" --control "$work/server-$1.control" neigh -j | tr -d ' ,"' |
		awk -F: -v name="$2" '$1 == "dst" { hit = $2 == "10.10.1.2" } hit && $1 == name { print $2 }' |
		head -n 1
}

# stop PID: by its number, and waits for it.
stop_one() {
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# under_attack POLICY: leaves a line in the table of results.
under_attack() {
	local policy=$1 server client monitor moves flux begun lasted
	heading "The server's policy is flux=$policy"
	two_rails "server-$policy" "$host1" host1 1 "flux=$policy"
	server=${pids[-1]}
	two_rails "client-$policy" "$host2" host2 2 "arp_ignore=0,arp_announce=0"
	client=${pids[-1]}
	"$bin/ipoib-ctl" --control "$work/server-$policy.control" monitor \
		>"$work/$policy.monitor" 2>&1 &
	monitor=$!
	pids+=("$monitor")
	begun=$SECONDS
	look_for_nobody &
	pids+=("$!")
	flux_traffic "$policy"
	wait "${pids[-1]}" || :
	lasted=$((SECONDS - begun))
	echo "-- what the server says:"
	grep -m 1 ' is known at ' "$work/server-$policy.err" || :
	echo "-- what it was told, the first lines (ipoib-ctl monitor):"
	grep -E "neighbour-(flux|moved)" "$work/$policy.monitor" | head -n 4 || :
	echo "-- and what it believes now (ipoib-ctl neigh):"
	"$bin/ipoib-ctl" --control "$work/server-$policy.control" neigh | grep '^10\.10\.1\.2 '
	moves=$(server_counter "$policy" moves)
	flux=$(server_counter "$policy" flux)
	printf '%-10s %8d %8d %8d %14d   %s\n' "$policy" "$lasted" "$flux" "$moves" \
		$((moves * 60 / lasted)) "$flux_rate" >>"$work/flux.table"
	stop_one "$monitor"
	stop_one "$client"
	stop_one "$server"
}

# iperf3 for as long as the attack lasts; sets flux_rate.
flux_traffic() {
	flux_rate="iperf3 is not installed"
	if ! command -v iperf3 >/dev/null; then
		ip netns exec "$host2" ping -q -i 0.1 -w "$flux_seconds" 10.10.1.1
		return
	fi
	: >"$work/iperf3.out"
	ip netns exec "$host1" iperf3 -s -1 --forceflush >>"$work/iperf3.out" 2>&1 &
	local listener=$!
	for _ in $(seq 50); do
		grep -q listening "$work/iperf3.out" && break
		sleep 0.1
	done
	ip netns exec "$host2" timeout 30 iperf3 -c 10.10.1.1 -t "$flux_seconds" -b 200M |
		tee "$work/$1.iperf3" | grep -E 'sender|receiver'
	stop_one "$listener"
	flux_rate=$(awk '/receiver/ { print $7, $8 }' "$work/$1.iperf3")
}

demo_flux() {
	heading "Second act: ARP flux. Two rails, two subnets, one P_Key, and a client with arp_ignore=0"
	start flux "$bin/ipoib-fabric" --socket "$work/flux" --hosts 2 --ports 2 --seed 7
	echo "The client's searches say, on the wrong rail, that 10.10.1.2 is there; iperf3 runs meanwhile."
	: >"$work/flux.table"
	under_attack confirm
	under_attack accept
	heading "The same attack, the same seed"
	printf '%-10s %8s %8s %8s %14s   %s\n' policy seconds claims flips flips/minute iperf3
	cat "$work/flux.table"
	echo "confirm is the default: the port that is known is asked, answers, and stays."
	echo "The cure is on the client: arp_ignore=1 and arp_announce=2, or a P_Key for each subnet."
}
