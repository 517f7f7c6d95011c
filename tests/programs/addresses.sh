#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Addresses that stay where they were bound, as other hosts see them: arp_ignore, arp_announce,
# probing, conflicts, defence; and the multicast groups that the system reports.
. "$(dirname "$0")/lib.sh"

need_tun
need_program python3
for name in a b c; do namespace "$name"; done
# shellcheck disable=SC2154
a=$ns_a b=$ns_b c=$ns_c
start_fabric --hosts 3 --ports 2 --pkeys 0x8001,0x8002
ctl() { # NAME REQUEST...
	local name=$1
	shift
	run 0 "$bin/ipoib-ctl" --control "$work/$name.control" "$@"
}
lladdr='([0-9a-f]{2}:){19}[0-9a-f]{2}'

# Two rails, a P_Key for each subnet; the second is heard by nobody else.
start_rails() { # OPTION of the first rail
	start rails ip netns exec "$a" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--control "$work/rails.control" \
		--interface "ipoib0,port=host1/1,pkey=0x8001,address=10.10.1.1/24,address=10.10.1.11/24,$1" \
		--interface "ipoib1,port=host1/2,pkey=0x8002,address=10.10.2.1/24"
	wait_ready rails
	ip -n "$a" route show dev ipoib0 | grep -q "src 10.10.1.1 " ||
		fail "the first address of the command line is not the device's first"
	# An announcement would answer a question that arp_ignore leaves unanswered.
	sleep 1
}
start_host "$b" host2 host2/1 10.10.1.2/24,pkey=0x8001
start_host "$c" host3 host3/1 10.10.9.9/24,pkey=0x8001
wait_ready host2 host3
ip -n "$b" route add 10.10.2.0/24 dev ipoib0
ip -n "$c" route add 10.10.1.0/24 dev ipoib0

# answered NAME NAMESPACE ADDRESS: whether ARP for it is answered, y or n, in NAME.
answered() {
	local result=n
	timeout 6 ip netns exec "$2" ping -q -c 1 -W 1 "$3" >/dev/null 2>&1 || :
	timeout "$limit" "$bin/ipoib-ctl" --control "$work/$4.control" neigh |
		grep -qE "^${3//./\\.} dev ipoib0 lladdr " && result=y
	echo "$result" >"$work/$1"
}

# LEVEL, and who is answered: for its address a neighbour in the subnet, for its address one of
# another subnet, for the address of the other rail a neighbour in the subnet.
while read -r level own stranger other; do
	say "arp_ignore=$level: own address $own, to another subnet $stranger, the other rail's $other"
	start_rails "arp_ignore=$level"
	ctl host2 neigh flush all dev ipoib0
	ctl host3 neigh flush all dev ipoib0
	answered own "$b" 10.10.1.1 host2 &
	first=$!
	answered stranger "$c" 10.10.1.1 host3 &
	second=$!
	answered other "$b" 10.10.2.1 host2 &
	wait "$!" "$first" "$second"
	found="$(cat "$work/own") $(cat "$work/stranger") $(cat "$work/other")"
	[ "$found" = "$own $stranger $other" ] || fail "answered: $found"
	stop rails
done <<'TABLE'
0 y y y
1 y y n
2 y n n
3 y y y
8 n n n
TABLE

# An answer to the packet must not make a neighbour of its source.
ip -n "$b" route delete 10.10.2.0/24 dev ipoib0
# LEVEL, the source of the packet, who asks; seen in the table of who was asked.
while read -r level source asks not; do
	say "arp_announce=$level: a packet from $source is asked for by $asks"
	start_rails "arp_announce=$level"
	ctl host2 neigh flush all dev ipoib0
	ctl rails neigh flush all dev ipoib0
	ip netns exec "$a" ping -q -c 1 -W 1 -I "$source" 10.10.1.2 >/dev/null 2>&1 || :
	ctl host2 neigh
	says out "^${asks//./\\.} "
	! grep -q "^${not//./\\.} " "$work/out" || fail "$not asks as well"
	stop rails
done <<'TABLE'
0 10.10.2.1 10.10.2.1 10.10.1.1
1 10.10.2.1 10.10.1.1 10.10.2.1
1 10.10.1.11 10.10.1.11 10.10.1.1
2 10.10.1.11 10.10.1.1 10.10.2.1
TABLE
stop host3

say "an address of another host: not ready, both named, not on the device"
start_host "$c" host3 host3/1 10.10.1.2/24,pkey=0x8001
wait_line host3.err "address 10.10.1.2 of $lladdr \(port fe80:.*\) is used by $lladdr \(port fe80:.*it is not used here"
wait_line host3.err "still waiting at port host3/1 for the address 10.10.1.2, which $lladdr uses as well"
! grep -qx ready "$work/host3.out" || fail "a host with somebody else's address is ready"
ctl host3 address
says out "^10\.10\.1\.2/24 dev ipoib0 scope global conflicts [1-9].* with $lladdr retry [0-9]+ CONFLICT$"
ctl host3 address -j
says out '"state": "CONFLICT"'
[ -z "$(ip -n "$c" -4 -o address show dev ipoib0)" ] || fail "the device has the address"
say "once the other has left it, it is used"
stop host2
wait_ready host3
ip -n "$c" -4 -o address show dev ipoib0 | grep -q 10.10.1.2/24 || fail "the device has no address"
stop host3

# defend= of who has the address, against one who takes it without asking.
say "defend=always: the address is kept, and announced again"
start_host "$b" host2 host2/1 10.10.1.2/24,pkey=0x8001
wait_ready host2
start_host "$c" host3 host3/1 10.10.1.2/24,pkey=0x8001,acd=off
wait_ready host3
wait_line host2.err "address 10.10.1.2 of $lladdr .* is used by $lladdr .*it is kept, and defended"
ctl host2 address
says out "^10\.10\.1\.2/24 dev ipoib0 scope global conflicts [1-9][0-9]* defences [1-9][0-9]* with $lladdr READY$"
stop host3
stop host2
say "defend=never: it is given up, and taken from the device"
start_host "$b" host2 host2/1 10.10.1.2/24,pkey=0x8001,defend=never
wait_ready host2
start_host "$c" host3 host3/1 10.10.1.2/24,pkey=0x8001,acd=off
wait_ready host3
wait_line host2.err "address 10.10.1.2 of $lladdr .* is used by $lladdr .*it is not used here"
gone() { [ -z "$(ip -n "$b" -4 -o address show dev ipoib0)" ]; }
wait_until 5 gone || fail "the device has still the address"
stop host3
stop host2

say "two rails on one link and in one subnet: both ports are named, and what would be better"
start both ip netns exec "$a" "$bin/ipoib-tun" --fabric "$work/fabric" \
	--interface "ipoib0,port=host1/1,pkey=0x8001,address=10.10.1.1/24,acd=off" \
	--interface "ipoib1,port=host1/2,pkey=0x8001,address=10.10.1.21/24,acd=off"
wait_ready both
wait_line both.err "interface ipoib[01]: its port host1/[12] $lladdr \(port .*\) and ipoib[01] host1/[12] $lladdr .* are on one link, .*a P_Key per subnet"
wait_line both.err "interface ipoib[01]: address 10.10.1.2?1 of port host1/[12] $lladdr .* is in the subnet of an address of ipoib[01], $lladdr .*give each port a subnet of its own"
stop both

say "acd=rfc: three probes, and announced seconds later"
began=$SECONDS
start_host "$b" host2 host2/1 10.10.1.2/24,pkey=0x8001,acd=rfc
probed() { counters host2 2>/dev/null | grep -q "^control.address_probes_sent [1-9]"; }
wait_until 10 probed || fail "nothing is probed"
! grep -qx ready "$work/host2.out" || fail "ready before it was probed"
[ -z "$(ip -n "$b" -4 -o address show dev ipoib0)" ] || fail "the device has an address before it was probed"
wait_ready host2
took=$((SECONDS - began))
[ "$took" -ge 3 ] || fail "it took $took s; RFC 5227 wants 4 at least"
[ "$(counter host2 control.address_probes_sent)" -ge 3 ] || fail "too few probes"
announced() { [ "$(counter host2 control.announcements_sent)" -ge 2 ]; }
wait_until 5 announced || fail "it is not announced twice"

say "a group that a program joins is joined on the fabric, and left with it"
cat >"$work/listen.py" <<'PYTHON'
import socket, sys
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(("", 5000))
member = socket.inet_aton("239.1.2.3") + socket.inet_aton("10.10.1.2")
listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
print("joined", flush=True)
print("heard", listener.recv(100).decode(), flush=True)
listener.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, member)
listener.recv(100)
PYTHON
cat >"$work/send.py" <<'PYTHON'
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.10.1.3"))
sender.sendto(b"hello", ("239.1.2.3", 5000))
PYTHON
start_host "$c" host3 host3/1 10.10.1.3/24,pkey=0x8001
wait_ready host3
start listener ip netns exec "$b" python3 "$work/listen.py"
wait_line listener.out joined
member() {
	"$bin/ipoib-ctl" --control "$work/host2.control" multicast |
		grep -qE "^ff12:401b:8001::f01:203 .* members 1 JOINED$"
}
wait_until 5 member || fail "the group is not joined"
heard() {
	ip netns exec "$c" python3 "$work/send.py"
	grep -q "heard hello" "$work/listener.out"
}
wait_until 5 heard || fail "the listener hears nothing"
left() { ! member; }
wait_until 5 left || fail "the group is not left with its listener"
kill_hard listener
assert_law host2 host3
stop host2
stop host3
stop fabric
