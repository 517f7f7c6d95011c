#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Without buffers ipoib-tun leaves its device, and reads on when they are back: it does not look for them.
. "$(dirname "$0")/lib.sh"

need_tun
need_program python3
namespace a
# shellcheck disable=SC2154
a=$ns_a
without_ipv6 "$a"
start_fabric --hosts 6
# Buffers for two connections: what they hold, and little else.
start_host "$a" host1 host1/1 10.10.1.1/24,mode=connected,connected_depth=1,queue_packets=64,queue_packets_total=1
for host in 2 3 4 5 6; do
	start "host$host" "$bin/ipoib-ping" --fabric "$work/fabric" --port "host$host/1" \
		--address "10.10.1.$host/24" --mode connected --listen
done
wait_ready host1 host2 host3 host4 host5 host6

say "four peers stand still, and hold fifty packets each"
for host in 2 3 4 5 6; do
	in_namespace "$a" 0 ping -q -c 2 -i 0.2 -s 9000 "10.10.1.$host"
done
for host in 2 3 4 5; do kill -STOP "${pid_of[host$host]}"; done
in_namespace "$a" 0 python3 -c '
import socket
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(50):
    for host in range(2, 6):
        out.sendto(bytes(5000), ("10.10.1.%d" % host, 9))'
starved() { [ "$(counter host1 device.read_starved)" -ge 1 ]; }
wait_until "$limit" starved || fail "there was a buffer for each"

say "their connections fail: the buffers are back, and the device is read"
reaches() { ip netns exec "$a" ping -q -c 1 -W 1 -s 9000 10.10.1.6 >"$work/ping" 2>&1; }
wait_until "$limit" reaches || fail "10.10.1.6 is not reached"
times=$(counter host1 device.read_starved)
echo "  the device was left $times times"
[ "$times" -le 20 ] || fail "buffers are looked for again and again"
assert_law host1

for host in 2 3 4 5; do kill -CONT "${pid_of[host$host]}"; done
for host in 1 2 3 4 5 6; do stop "host$host"; done
stop fabric
