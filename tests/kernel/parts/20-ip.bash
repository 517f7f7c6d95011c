# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# IPv4 and IPv6 between the kernel and us, in datagram mode: who is asked and who answers, lengths,
# fragments, broadcast, multicast groups, addresses that the other one has already; then the lengths once
# more at the MTU of 4092, on a fabric with links of 4096 octets.
load_hca devices=1 ports=1
start_fabric /dev/vhca0 --hosts 3
load_ipoib ib0
namespace kernel ours third
for space in kernel ours; do
	ip netns exec "$space" sysctl -q net.ipv4.icmp_echo_ignore_broadcasts=0 net.ipv6.icmp.ratelimit=0
done
kernel_host kernel ib0 10.1.0.1/24 fd00::1/64
our_host ours us host2/1 10.1.0.2/24,address=fd00::2/64
theirs=$(link_local kernel ib0)
mine=$(link_local ours ipoib0)

# ---- resolution

# counter NAME: one of ours.
counter() {
	local all
	all=$(ipoib-ctl --control "$work/us.control" stats -j)
	[[ $all =~ \"$1\":\ *([0-9]+) ]] || fail "there is no counter $1"
	echo "${BASH_REMATCH[1]}"
}

forget() {
	ip -n kernel neighbour flush dev ib0
	run 0 ipoib-ctl --control "$work/us.control" neigh flush all dev ipoib0
}

# counted NAME BEFORE: it has grown.
counted() {
	local now
	now=$(counter "$1")
	[ "$now" -gt "$2" ] || fail "$1 is still $now"
}

# resolves SPACE ADDRESS COUNTER...: nobody knows anybody; all of our counters grow with one ping.
resolves() {
	local space=$1 address=$2 name
	shift 2
	local -A before=()
	forget
	for name; do before[$name]=$(counter "$name"); done
	at "$space" 0 ping -q -c 1 -W 10 "$address"
	for name; do counted "$name" "${before[$name]}"; done
}
asked="arp_requests_received arp_replies_sent"
asking="arp_requests_sent arp_replies_received"
asked6="nd_solicitations_received nd_advertisements_sent"
asking6="nd_solicitations_sent nd_advertisements_received"
# shellcheck disable=SC2086
{
	check "IPv4: the kernel asks" resolves kernel 10.1.0.2 $asked
	check "IPv4: we ask" resolves ours 10.1.0.1 $asking
	check "IPv6, unique local: the kernel asks" resolves kernel fd00::2 $asked6
	check "IPv6, unique local: we ask" resolves ours fd00::1 $asking6
	check "IPv6, link-local: the kernel asks" resolves kernel "$mine%ib0" $asked6
	check "IPv6, link-local: we ask" resolves ours "$theirs%ipoib0" $asking6
}

# The same 20 octets, but for the first: what a queue pair can do is for each to say in its own packets.
known_by_its_link_address() {
	local show address
	show=$(ip -n kernel -br link show dev ib0 | awk '{ print substr($3, 4) }')
	run 0 ipoib-ctl --control "$work/us.control" neigh
	for address in 10.1.0.1 fd00::1 "$theirs"; do
		grep -qE "^$address dev ipoib0 lladdr [0-9a-f]{2}:$show " "$work/out" ||
			fail "we do not know $address by $show"
	done
	run 0 ipoib-ctl --control "$work/us.control" interface
	show=$(grep -oE '([0-9a-f]{2}:){19}[0-9a-f]{2}' "$work/out" | head -n 1)
	run 0 ip -n kernel neighbour show dev ib0
	for address in 10.1.0.2 fd00::2 "$mine"; do
		grep -qE "^$address lladdr [0-9a-f]{2}:${show#??:} " "$work/out" ||
			fail "the kernel does not know $address by $show"
	done
}
talk() {
	pings kernel -c 1 10.1.0.2
	pings kernel -c 1 fd00::2
	pings kernel -c 1 "$mine%ib0"
	known_by_its_link_address
}
check "each knows the other by its link address" talk
nothing_malformed() {
	local name
	for name in arp_malformed nd_malformed; do
		[ "$(counter $name)" = 0 ] || fail "$name is $(counter $name)"
	done
}
check "nothing of it was malformed" nothing_malformed

# ---- lengths

# Every echo's data of these lengths is answered; one each, for a start of ping is slow under emulation.
# each_answered SPACE FRAGMENTS ADDRESS LENGTH...
each_answered() {
	local space=$1 fragments=$2 address=$3 length
	shift 3
	for length; do
		at "$space" 0 ping -q -c 1 -W 10 -M "$fragments" -s "$length" "$address"
	done
}

# refused_here SPACE LENGTH ADDRESS MTU: by the system that would send it.
refused_here() {
	at "$1" 1 ping -c 1 -W 2 -M "do" -s "$2" "$3"
	says err "[Mm]essage too long,? mtu[:=] ?$4"
}

has_mtu() {
	[ "$(ip netns exec "$1" cat "/sys/class/net/$2/mtu")" = "$3" ] || fail "$2 has another MTU"
}

# lengths MTU LENGTH...: and the longest packets, and longer ones, which are cut or refused.
lengths() {
	local mtu=$1 space to
	local four=$((mtu - 28)) six=$((mtu - 48))
	shift
	check "MTU $mtu of the kernel's interface" has_mtu kernel ib0 "$mtu"
	check "MTU $mtu of ours" has_mtu ours ipoib0 "$mtu"
	for space in kernel ours; do
		to=2
		[ "$space" = kernel ] || to=1
		check "IPv4 from $space: up to $mtu octets, not to be cut" \
			each_answered "$space" "do" "10.1.0.$to" "$@" "$four"
		check "IPv4 from $space: $((mtu + 1)) octets are refused if not to be cut" \
			refused_here "$space" $((four + 1)) "10.1.0.$to" "$mtu"
		check "IPv4 from $space: more octets, may be cut" \
			each_answered "$space" dont "10.1.0.$to" $((four + 1)) 20000
		check "IPv4 from $space: with path MTU discovery" \
			each_answered "$space" want "10.1.0.$to" "$four" $((four + 1))
		check "IPv6 from $space: up to $mtu octets, not to be cut" \
			each_answered "$space" "do" "fd00::$to" "$@" "$six"
		check "IPv6 from $space: $((mtu + 1)) octets are refused if not to be cut" \
			refused_here "$space" $((six + 1)) "fd00::$to" "$mtu"
		check "IPv6 from $space: more octets, may be cut" \
			each_answered "$space" dont "fd00::$to" $((six + 1)) 20000
	done
}

lengths 2044 1 56 1472

# ---- broadcast

# broadcast SPACE INTERFACE ADDRESS ANSWERING: it answers, and the one who asks need not.
broadcast() {
	at "$1" 0 ping -b -c 2 -i 0.3 -W 5 -I "$2" "$3"
	says out "bytes from $4:"
}
check "broadcast of the subnet, from the kernel" broadcast kernel ib0 10.1.0.255 10.1.0.2
check "broadcast of the subnet, from us" broadcast ours ipoib0 10.1.0.255 10.1.0.1
check "255.255.255.255, from the kernel" broadcast kernel ib0 255.255.255.255 10.1.0.2
check "255.255.255.255, from us" broadcast ours ipoib0 255.255.255.255 10.1.0.1
check "all nodes of IPv6, from the kernel" broadcast kernel ib0 ff02::1 "$mine%ib0"
check "all nodes of IPv6, from us" broadcast ours ipoib0 ff02::1 "$theirs%ipoib0"

# ---- multicast

cat >"$work/listen.py" <<'PYTHON'
import select, signal, socket, struct, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
index = struct.pack("@I", socket.if_nametoindex(sys.argv[1]))
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.bind(("239.1.2.3", 5000))
four.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + bytes(4) + index)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.bind(("ff05::1234", 5000, 0, socket.if_nametoindex(sys.argv[1])))
group = socket.inet_pton(socket.AF_INET6, "ff05::1234")
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + index)
print("joined", flush=True)
while True:
    for ready in select.select([four, six], [], [])[0]:
        data, sender = ready.recvfrom(9000)
        print("heard", data.decode().strip("."), len(data), sender[0], flush=True)
PYTHON
cat >"$work/send.py" <<'PYTHON'
import socket, sys, time
index = socket.if_nametoindex(sys.argv[1])
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.setsockopt(0, socket.IP_MULTICAST_IF, bytes(8) + index.to_bytes(4, sys.byteorder))
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
for each in range(4):
    for length in 9, 2000, 5000:
        four.sendto(b"four".ljust(length, b"."), ("239.1.2.3", 5000))
        six.sendto(b"six".ljust(length, b"."), ("ff05::1234", 5000))
    time.sleep(0.5)
PYTHON
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3 # and not a wrapper that looks for one

# Sent again and again, because the fabric's join comes after the socket's.
all_heard() {
	local line
	for line in "four 9 $1" "four 2000 $1" "four 5000 $1" "six 9 $2" "six 2000 $2" "six 5000 $2"; do
		grep -qE "^heard $line" "$work/listener.out" || return 1
	done
}
# group_heard SPACE INTERFACE SENDER4 SENDER6: what is sent there, the listener hears.
group_heard() {
	local try
	for try in 1 2 3; do
		at "$1" 0 "$python" "$work/send.py" "$2"
		! wait_until 2 all_heard "$3" "$4" || return 0
	done
	fail "not all is heard of $try times four: $(sort "$work/listener.out" | uniq -c | tr -s '\n ' '; ')"
}
our_groups() { ipoib-ctl --control "$work/us.control" multicast; }
# IPv4 groups have their 28 bits in the MGID (RFC 4391 section 4), IPv6 ones their 112.
member() {
	our_groups >"$work/groups"
	grep -qE "^ff12:401b:ffff::f01:203 .* members 1 JOINED" "$work/groups" &&
		grep -qE "^ff12:601b:ffff::1234 .* members 1 JOINED" "$work/groups"
}
no_member() {
	our_groups >"$work/groups" &&
		! grep -qE "^ff12:(401b:ffff::f01:203|601b:ffff::1234) .* members 1" "$work/groups"
}

start listener ip netns exec ours "$python" "$work/listen.py" ipoib0
wait_line listener.out joined 60
joined_by_reports() { wait_until "$limit" member || fail "no member: $(tr '\n' ';' <"$work/groups")"; }
check "multicast: programs join here, and so do we on the fabric" joined_by_reports
check "multicast: the kernel sends, we hear" group_heard kernel ib0 10.1.0.1 fd00::1
stop listener
left() { wait_until "$limit" no_member || fail "still a member"; }
check "multicast: the group is left with the last listener" left

start listener ip netns exec kernel "$python" "$work/listen.py" ib0
wait_line listener.out joined 60
check "multicast: we send, the kernel hears" group_heard ours ipoib0 10.1.0.2 fd00::2
stop listener

# ---- addresses that the other one has

refused() { # NAME ADDRESS
	wait_line "$1.err" "address $2 of .*is used by ([0-9a-f]{2}:){19}[0-9a-f]{2} .*it is not used here"
	! ip -n third -o address show dev ipoib0 | grep -qF " $2/" || fail "the device has $2"
}
# our_host would wait until it is ready, which it never is. The times of the RFCs: a tenth of them is
# short for a kernel under emulation.
start late ip netns exec third ipoib-tun --fabric "$work/fabric" --control "$work/late.control" \
	--interface ipoib0,port=host3/1,address=10.1.0.1/24,address=fd00::1/64,acd=rfc
check "IPv4: we do not take what the kernel has" refused late 10.1.0.1
check "IPv6: we do not take what the kernel has" refused late fd00::1
check "the kernel's traffic goes on" pings ours 10.1.0.1

dad_failed() { ip -n kernel -6 -o address show dev ib0 dadfailed | grep -qF " fd00::2/"; }
duplicate_detected() {
	ip -n kernel address add fd00::2/64 dev ib0
	wait_until "$limit" dad_failed || fail "it is used: $(ip -n kernel -6 -o address show dev ib0)"
	ip -n kernel address delete fd00::2/64 dev ib0
}
check "IPv6: the kernel does not take what we have" duplicate_detected

# It asks nobody for an address of IPv4, and we can but defend what is ours (RFC 5227 section 2.4).
defended() {
	local before
	before=$(counter announcements_sent)
	ip -n kernel address add 10.1.0.2/32 dev ib0
	at kernel 1 ping -q -c 1 -W 1 -I 10.1.0.2 10.1.0.77
	more() { [ "$(counter announcements_sent)" -gt "$before" ]; }
	wait_until "$limit" more || fail "we announce nothing"
	run 0 ipoib-ctl --control "$work/us.control" address
	says out "^10\.1\.0\.2/24 dev ipoib0 .*conflicts [1-9]"
	ip -n kernel address delete 10.1.0.2/32 dev ib0
}
check "IPv4: an address of ours that the kernel takes is defended" defended

# ---- the MTU of 4092

modprobe -r ib_ipoib
for name in late us fabric; do stop "$name"; done
rmmod vhca
for space in "${namespaces[@]}"; do ip netns delete "$space"; done
namespaces=()

load_hca devices=1 ports=1 mtu=5
start_fabric /dev/vhca0 --mtu 4096
load_ipoib ib0
namespace kernel ours
kernel_host kernel ib0 10.1.0.1/24 fd00::1/64
our_host ours us host2/1 10.1.0.2/24,address=fd00::2/64

# What is lost to a peer without a path is lost by ib_ipoib: at either end, for it answers in fragments too.
loses_fragments() {
	at kernel 1 ping -q -c 1 -W 3 -M dont -s 20000 10.1.0.2
	pings kernel -c 1 -M dont -s 20000 10.1.0.2
}
deviation "the first packet of the kernel to us has five fragments" \
	"it keeps three while it asks for the path, and drops the others; we keep 64" \
	loses_fragments
all_wait() {
	forget
	pings ours -c 1 -M dont -s 65000 10.1.0.1
}
check "the first packet of ours to the kernel has sixteen fragments" all_wait

lengths 4092 2044
