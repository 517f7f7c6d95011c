#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What the system above is told of path MTUs does not outlive its reason: the kernel would keep it for ten
# minutes, and a sender would crawl for so long after a connection that was gone for a second.
. "$(dirname "$0")/lib.sh"

need_tun
need_program unshare
namespace a
namespace b
namespace c
# shellcheck disable=SC2154
a=$ns_a b=$ns_b c=$ns_c

start_host_6() { # NAMESPACE NAME NUMBER MODE
	start_host "$1" "$2" "$2/1" "10.10.1.$3/24,address=fd00::$3/64,mode=$4"
}
ctl() { # NAME REQUEST...
	local name=$1
	shift
	run 0 "$bin/ipoib-ctl" --control "$work/$name.control" "$@"
}
# exception NAMESPACE ADDRESS: the kernel keeps a path MTU for the address.
exception() { ip -n "$1" route get "$2" 2>&1 | grep -q " mtu "; }
no_exception() { ! exception "$@"; }
is_connected() { # NAME COUNT
	"$bin/ipoib-ctl" --control "$work/$1.control" conn 2>&1 | grep -c " out .* UP$" | grep -qx "$2"
}

start_fabric --hosts 3
start_host_6 "$a" host1 1 connected
start_host_6 "$b" host2 2 datagram
start_host_6 "$c" host3 3 datagram
wait_ready host1 host2 host3

say "neighbours in datagram mode: the kernel is told, keeps it, and ipoib-ctl shows it"
for address in 10.10.1.2 10.10.1.3 fd00::2 fd00::3; do
	in_namespace "$a" 0 ping -q -c 3 -i 0.2 -s 9000 -M want "$address"
	exception "$a" "$address" || fail "the kernel has learnt nothing of $address"
	ctl host1 neigh
	says out "^$address dev ipoib0 .* mtu 2044 told 2044/[0-9]+ "
done
ctl host1 neigh -j
says out '"mtu_told": 2044'
[ "$(counter host1 device.mtu_told)" -ge 4 ] || fail "what the kernel was told is not counted"
[ "$(counter host1 device.mtu_taken_out)" -eq 0 ] || fail "something was taken out without a reason"

say "one of them takes more: the kernel forgets, for IPv6 that one only"
stop host2
start_host_6 "$b" host2 2 connected
wait_ready host2
for address in 10.10.1.2 fd00::2; do
	in_namespace "$a" 0 ping -q -c 2 -i 0.2 "$address"
done
wait_until "$limit" is_connected host1 1 || fail "there is no connection"
for address in 10.10.1.2 fd00::2; do
	wait_until "$limit" no_exception "$a" "$address" ||
		fail "the kernel still goes by $(ip -n "$a" route get "$address")"
	in_namespace "$a" 0 ping -q -c 2 -i 0.2 -s 9000 -M "do" "$address"
done
exception "$a" fd00::3 || fail "of fd00::3 nothing has changed, and the kernel has forgotten it"
ctl host1 neigh
for address in 10.10.1.2 fd00::2; do
	says out "^$address dev ipoib0 .* mtu 65520 dlid "
done
says out "^fd00::3 dev ipoib0 .* mtu 2044 told 2044/[0-9]+ "
[ "$(counter host1 device.mtu_taken_out)" -ge 2 ] || fail "what was taken out is not counted"

say "what still holds is told again"
in_namespace "$a" 0 ping -q -c 3 -i 0.2 -s 9000 -M want 10.10.1.3
exception "$a" 10.10.1.3 || fail "the kernel does not learn it again"

say "with a table of its own for the port, as policy routing has it"
in_namespace "$a" 0 ip -6 route add fd00::/64 dev ipoib0 table 77
in_namespace "$a" 0 ip -6 rule add from fd00::1 lookup 77 pref 100
in_namespace "$a" 0 ping -q -c 3 -i 0.2 -s 9000 -M want -I fd00::1 fd00::3
ip -n "$a" -6 route get fd00::3 from fd00::1 | grep -q " mtu " || fail "the kernel has learnt nothing of fd00::3"
stop host3
start_host_6 "$c" host3 3 connected
wait_ready host3
in_namespace "$a" 0 ping -q -c 2 -i 0.2 fd00::3
wait_until "$limit" is_connected host1 2 || fail "there is no connection"
forgotten() { ! ip -n "$a" -6 route get fd00::3 from fd00::1 | grep -q " mtu "; }
wait_until "$limit" forgotten || fail "the kernel still goes by $(ip -n "$a" -6 route get fd00::3 from fd00::1)"
in_namespace "$a" 0 ping -q -c 2 -i 0.2 -s 9000 -M "do" -I fd00::1 fd00::3

say "in a container that may not write there: that is told once, and IPv6 is forgotten as ever"
stop host1
stop host2
start host1 ip netns exec "$a" unshare -m sh -c 'mount --bind /proc/sys /proc/sys &&
	mount -o remount,bind,ro /proc/sys && exec "$@"' sh \
	"$bin/ipoib-tun" --fabric "$work/fabric" --control "$work/host1.control" \
	--interface "ipoib0,port=host1/1,address=10.10.1.1/24,address=fd00::1/64,mode=connected"
for round in 1 2; do
	start_host_6 "$b" host2 2 datagram
	wait_ready host1 host2
	for address in 10.10.1.2 fd00::2; do
		in_namespace "$a" 0 ping -q -c 3 -i 0.2 -s 9000 -M want "$address"
	done
	exception "$a" fd00::2 || fail "the kernel has learnt nothing of fd00::2"
	stop host2
	start_host_6 "$b" host2 2 connected
	wait_ready host2
	in_namespace "$a" 0 ping -q -c 2 -i 0.2 fd00::2
	wait_until "$limit" no_exception "$a" fd00::2 || fail "round $round: the kernel has not forgotten fd00::2"
	stop host2
done
[ "$(grep -c "cannot be made to forget" "$work/host1.err")" -eq 1 ] || fail "that is not told once"
says host1.err "/proc/sys/net/ipv4/route/flush: Read-only file system"

stop host1
stop host3
stop fabric
