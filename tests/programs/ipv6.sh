#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# IPv6 through the system's own stack: link-local addresses of the port GUIDs, addresses of the
# command line, duplicates, multicast, both modes, and systems that have none.
. "$(dirname "$0")/lib.sh"

need_tun
need_program python3
[ -d /proc/sys/net/ipv6 ] || skip "this system has no IPv6"
for name in a b c d; do namespace "$name"; done
# shellcheck disable=SC2154
a=$ns_a b=$ns_b c=$ns_c d=$ns_d
start_fabric --hosts 5
start_host "$a" host1 host1/1 10.10.1.1/24,address=fd00::1/64
start_host "$b" host2 host2/1 fd00::2/64
wait_ready host1 host2
ctl() { # NAME REQUEST...
	local name=$1
	shift
	run 0 "$bin/ipoib-ctl" --control "$work/$name.control" "$@"
}
link_local() { ip -n "$1" -6 -o address show dev ipoib0 scope link | awk '{ sub("/.*", "", $4); print $4 }'; }

say "the device has the address of the port GUID, with the u bit set, and no other link-local one"
ctl host1 interface
guid=$(sed -nE 's/^    gid (fe80:[^ ]*) .*/\1/p' "$work/out")
python3 - "$guid" "$(link_local "$a")" <<'PYTHON' || fail "$guid does not make $(link_local "$a")"
import ipaddress, sys
gid, link_local = (ipaddress.IPv6Address(text).packed for text in sys.argv[1:])
guid = bytes([gid[8] | 2]) + gid[9:]
sys.exit(link_local != bytes.fromhex("fe80000000000000") + guid)
PYTHON
says out "^    inet6 $(link_local "$a")/64$"
ctl host1 address
says out "^fd00::1/64 dev ipoib0 scope global READY$"
says out "^fe80::.*/64 dev ipoib0 scope link READY$"

say "ping by link-local addresses, and by those of the command line"
in_namespace "$a" 0 ping -6 -q -c 20 -i 0.02 "$(link_local "$b")%ipoib0"
says out "20 packets transmitted, 20 received, 0% packet loss"
in_namespace "$b" 0 ping -6 -q -c 20 -i 0.02 fd00::1
says out "20 packets transmitted, 20 received, 0% packet loss"
ctl host1 neigh
says out "^fd00::2 dev ipoib0 lladdr ([0-9a-f]{2}:){19}[0-9a-f]{2} .* mtu 2044 .*(REACHABLE|STALE|DELAY|PROBE)$"

say "up to the MTU: 1996 octets in one piece, and more in fragments"
in_namespace "$a" 0 ping -6 -q -c 3 -i 0.2 -M "do" -s 1996 fd00::2
says out " 0% packet loss"
in_namespace "$a" 1 ping -6 -c 1 -W 1 -M "do" -s 1997 fd00::2
in_namespace "$a" 0 ping -6 -q -c 3 -i 0.2 -s 9000 fd00::2
says out " 0% packet loss"

say "who is not there is unreachable"
in_namespace "$a" 1 ping -6 -c 1 -W 8 fd00::77
says out "Destination unreachable: Address unreachable"

say "a group that is joined here hears what is sent there"
cat >"$work/listen.py" <<'PYTHON'
import socket, struct, sys
family = socket.AF_INET6
listener = socket.socket(family, socket.SOCK_DGRAM)
listener.bind(("", 5000))
index = socket.if_nametoindex("ipoib0")
group = socket.inet_pton(family, sys.argv[1])
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("@I", index))
print("joined", flush=True)
print("heard", listener.recv(100).decode(), flush=True)
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, group + struct.pack("@I", index))
listener.recv(100)
PYTHON
cat >"$work/send.py" <<'PYTHON'
import socket, sys
sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("ipoib0"))
sender.sendto(b"hello", (sys.argv[1], 5000))
PYTHON
start listener ip netns exec "$a" python3 "$work/listen.py" ff15::1234
wait_line listener.out joined
member() { "$bin/ipoib-ctl" --control "$work/host1.control" multicast | grep -qE "^ff15:601b:ffff::1234 .* members 1 JOINED|^ff12:601b:ffff::1234 .* members 1 JOINED"; }
wait_until 5 member || {
	ctl host1 multicast
	cat "$work/out"
	fail "the group of the listener is not joined"
}
heard() {
	ip netns exec "$b" python3 "$work/send.py" ff15::1234
	grep -q "heard hello" "$work/listener.out"
}
wait_until 5 heard || fail "the listener hears nothing"
left() { ! member; }
wait_until 5 left || fail "the group is not left with its listener"
kill_hard listener

say "an address that another host has is not used, and both are named"
start_host "$c" host3 host3/1 fd00::1/64
wait_line host3.err "address fd00::1 of ([0-9a-f]{2}:){20}? ?.*is used by ([0-9a-f]{2}:){19}[0-9a-f]{2} .*it is not used here"
wait_line host3.err "still waiting at port host3/1 for the address fd00::1, which .* uses as well"
! grep -qx ready "$work/host3.out" || fail "a host with somebody else's address is ready"
ctl host3 address
says out "^fd00::1/64 dev ipoib0 scope global conflicts [1-9].* with ([0-9a-f]{2}:){19}[0-9a-f]{2} retry [0-9]+ CONFLICT$"
[ -z "$(ip -n "$c" -6 -o address show dev ipoib0 scope global)" ] || fail "the device has the address"
in_namespace "$b" 0 ping -6 -q -c 3 -i 0.1 fd00::1
says out " 0% packet loss"
say "and it is used once the other has left it"
stop host1
wait_ready host3
# The port that is known is asked first, and what is sent meanwhile goes there.
moved() { ip netns exec "$b" ping -6 -q -c 1 -W 1 fd00::1 >"$work/out" 2>&1; }
wait_until "$limit" moved || fail "fd00::1 has not moved to host3"
wait_line host2.err "neighbour fd00::1 has moved from ([0-9a-f]{2}:){19}[0-9a-f]{2} .*to ([0-9a-f]{2}:){19}[0-9a-f]{2}"
stop host3

say "a port that gets another GID gets another link-local address, and is found by it"
start_host "$c" host3 host3/1 fd00::3/64
wait_ready host3
before=$(link_local "$c")
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" gid host3/1 fe80::2:c903:77:1
other_address() { [ "$(link_local "$c")" = fe80::202:c903:77:1 ]; }
wait_until 10 other_address || fail "the address is $(link_local "$c"), and was $before"
wait_line host3.err "the port has another GID; its link-local address is fe80::202:c903:77:1 now"
answers() { ip netns exec "$b" ping -6 -q -c 1 -W 1 fe80::202:c903:77:1%ipoib0 >"$work/out" 2>&1; }
wait_until 10 answers || fail "nobody answers at it"
ctl host3 address
! grep -q "^$before/" "$work/out" || fail "the old address is still bound"
stop host3

say "connected mode: 65472 octets in one piece"
start_host "$a" host4 host4/1 fd00::4/64,mode=connected
start_host "$c" host5 host5/1 fd00::5/64,mode=connected
wait_ready host4 host5
in_namespace "$a" 0 ping -6 -q -c 5 -i 0.2 -M "do" -s 65472 fd00::5
says out " 0% packet loss"
ctl host4 conn
says out " mtu 65520 .*UP$"
say "a neighbour in datagram mode: packet too big, and then fragments"
in_namespace "$a" 1 ping -6 -c 1 -W 2 -M "do" -s 9000 fd00::2
in_namespace "$a" 0 ping -6 -c 3 -i 0.2 -s 9000 fd00::2
assert_law host4 host5 host2
stop host4
stop host5

say "below an MTU of 1280, and where it is switched off, IPv4 goes on alone"
start_host "$a" small host4/1 10.10.1.4/24,address=fd00::4/64,mtu=1279
ip netns exec "$d" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
start_host "$d" off host5/1 10.10.1.5/24,address=fd00::5/64
wait_ready small off
says small.err "ipoib0: goes without IPv6: that needs an MTU of 1280 at least, and this one is 1279"
says off.err "ipoib0: goes without IPv6: it is switched off by net.ipv6.conf.ipoib0.disable_ipv6"
in_namespace "$a" 0 ping -q -c 3 -i 0.1 10.10.1.5
start_host "$c" alone host3/1 fd00::3/64,mtu=1279
wait_until "$limit" dead alone || fail "an interface without any address goes on"
says alone.err "ipoib0: no address is left that it could have"
unset "pid_of[alone]"
stop small
stop off
stop host2
stop fabric
