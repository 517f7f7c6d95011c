#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Unmodified programs over datagram mode: ping, and iperf3 over TCP and UDP, between two hosts.
. "$(dirname "$0")/lib.sh"

need_tun
need_program iperf3
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b
without_ipv6 "$a" "$b"

start_fabric --hosts 2
start_host "$a" host1 host1/1 10.10.1.1/24
start_host "$b" host2 host2/1 10.10.1.2/24
wait_ready host1 host2
count_from_here host1 host2
count_from_here host2 host1

say "the device has the interface's MTU, 2044, and its address"
in_namespace "$a" 0 ip address show ipoib0
says out "mtu 2044"
says out "inet 10.10.1.1/24"

say "ping -c 100 -i 0.01 loses nothing, the first packet included"
in_namespace "$a" 0 ping -q -c 100 -i 0.01 10.10.1.2
says out "100 packets transmitted, 100 received, 0% packet loss"

say "ping -s 2016 -M do passes"
in_namespace "$b" 0 ping -c 3 -i 0.2 -s 2016 -M "do" 10.10.1.1
says out " 0% packet loss"

say "ping -s 2017 -M do gets the system's own \"message too long\""
in_namespace "$a" 1 ping -c 1 -W 1 -s 2017 -M "do" 10.10.1.2
cat "$work/out" >>"$work/err"
says err "[Mm]essage too long.*mtu ?= ?2044"

say "without -M do the system fragments, and everything arrives"
in_namespace "$a" 0 ping -c 3 -i 0.2 -s 9000 -M dont 10.10.1.2
says out " 0% packet loss"

say "each end has received what the other has sent: nothing is lost, and nothing made up"
wait_until 5 nothing_lost host1 host2 || fail "lost from host1 to host2: $(lost host1 host2)"
wait_until 5 nothing_lost host2 host1 || fail "lost from host2 to host1: $(lost host2 host1)"
assert_law host1 host2

say "a host that is not there is unreachable"
in_namespace "$a" 1 ping -c 1 -W 6 10.10.1.77
says out "Destination Host Unreachable"

start iperf3 ip netns exec "$b" iperf3 -s --forceflush
wait_line iperf3.out "listening"
limit=$((limit + seconds))
say "iperf3 over TCP for $seconds s"
in_namespace "$a" 0 iperf3 -c 10.10.1.2 -t "$seconds"
grep -E "sender|receiver" "$work/out"
say "iperf3 over UDP for $seconds s"
in_namespace "$a" 0 iperf3 -c 10.10.1.2 -u -b 50M -t "$seconds"
grep -E "sender|receiver" "$work/out"
kill_hard iperf3

say "the counters of both ends obey the conservation law"
# What is on its way arrives or is dropped within this.
wait_until 3 nothing_lost host1 host2 || :
wait_until 3 nothing_lost host2 host1 || :
assert_law host1 host2
read -r lost_there lost_back <<<"$(lost_at_rest host1 host2)"
{ [ "$lost_there" -ge 0 ] && [ "$lost_back" -ge 0 ]; } ||
	fail "more was received than sent: $lost_there, $lost_back"

say "ipoib-ctl says the same, and shows the neighbour"
run 0 "$bin/ipoib-ctl" --control "$work/host1.control" stats
says out "conservation law holds"
run 0 "$bin/ipoib-ctl" --control "$work/host1.control" neigh
says out "^10\.10\.1\.2 dev ipoib0 lladdr ([0-9a-f]{2}:){19}[0-9a-f]{2} .*(REACHABLE|STALE|DELAY|PROBE)$"

say "what one end sent and the other did not receive is what the fabric says it dropped"
stop fabric
dropped=$(sed -nE 's/.*dropped \(([0-9]+) fault, [0-9]+ link, ([0-9]+) route, ([0-9]+) full, ([0-9]+) bad, ([0-9]+) multicast, ([0-9]+) late\).*/\1+\2+\3+\4+\5+\6/p' \
	"$work/fabric.err")
[ -n "$dropped" ] || fail "the fabric does not say what it dropped"
echo "  lost $lost_there + $lost_back; the fabric dropped $dropped"
[ $((lost_there + lost_back)) -eq $((dropped)) ] || fail "these are not the same"

stop host1
stop host2
says host1.err "accepted [0-9]+ = sent"
say "the devices are gone with their programs"
in_namespace "$a" 1 ip link show ipoib0
