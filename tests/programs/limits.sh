#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Limits that --interface gives are those of the library: small ones are felt.
. "$(dirname "$0")/lib.sh"

need_tun
need_program python3
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b
without_ipv6 "$a" "$b"
start_fabric --hosts 4
start_host "$a" host1 host1/1 10.10.1.1/24,mode=connected,connections_max=1,gc_thresh1=1,gc_thresh2=1,gc_thresh3=2,queue_packets=2,queue_packets_total=2,queue_age=0.2
listen() { # NAME ADDRESS
	start "$1" "$bin/ipoib-ping" --fabric "$work/fabric" --port "$1/1" --address "$2/24" \
		--mode connected --listen
}
listen host2 10.10.1.2
listen host3 10.10.1.3
listen host4 10.10.1.4
wait_ready host1 host2 host3 host4

ctl() { run 0 "$bin/ipoib-ctl" --control "$work/host1.control" "$@"; }
reaches() { ip netns exec "$a" ping -q -c 1 -W 1 "$1" >"$work/ping" 2>&1; }

say "connections_max=1 and gc_thresh3=2: no more connections and neighbours than that"
for address in 10.10.1.2 10.10.1.3 10.10.1.4 10.10.1.2; do
	wait_until "$limit" reaches "$address" || fail "$address is not reached"
	ctl neigh
	[ "$(wc -l <"$work/out")" -le 2 ] || fail "more neighbours than gc_thresh3=2"
	ctl conn
	[ "$(grep -cE " (UP|TAKEN|DIALLING)$" "$work/out")" -le 1 ] ||
		fail "more connections than connections_max=1"
done

say "queue_packets=2: of a burst to a neighbour that is not there two wait, for queue_age=0.2"
in_namespace "$a" 0 python3 -c '
import socket
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    try:
        out.sendto(b"x", ("10.10.1.99", 9))
    except OSError:
        pass'
settled() { [ "$(counter host1 send.queued)" -eq 0 ]; }
wait_until "$limit" settled || fail "packets stay queued"
# A neighbour is found dead after three seconds: before, what waited was too old.
[ "$(counter host1 send.dropped.queue-age)" -ge 1 ] || fail "no packet has waited for too long"
[ "$(counter host1 send.dropped.unreachable)" -eq 0 ] || fail "a packet has waited longer than queue_age"
counters host1 | awk '/^send\.(refused_(no_room|other)|dropped\.queue-full) / { sum += $2 }
	END { print "  no room for " sum; exit sum < 1 }' || fail "twenty packets had room where two have"
assert_law host1

stop host1
stop host2
stop host3
stop host4
stop fabric
