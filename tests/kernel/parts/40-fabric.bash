# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What a fabric does to two peers that talk: partitions, LIDs that change, subnet managers that come and
# go, links, losses; and meanwhile, on another pair of ports, the life of a neighbour as `ip monitor
# neigh` and as we tell it.
#
#        host1/1  ib0       10.1.0.1  kernel --- us      10.1.0.2  host3/1
#                 ib0.8001  10.2.0.1  kernel --- child   10.2.0.2  host4/1, P_Key 0x8001
#        host2/1  ib1       10.3.0.1  life ----- asks, asked, gone, left   10.3.0.2-5  host5/1-host8/1
load_hca devices=2 ports=1 pkeys=0xffff,0x8001
start_fabric /dev/vhca0=host1/1 /dev/vhca1=host2/1 --hosts 8 --pkeys 0xffff,0x8001
load_ipoib ib0 ib1
namespace kernel life ours partition asks asked gone left
kernel_host kernel ib0 10.1.0.1/24
kernel_host life ib1 10.3.0.1/24
our_host ours us host3/1 10.1.0.2/24

fabric() { ipoib-ctl fabric --socket "$work/fabric" "$@" || fail "the fabric refuses: $*"; }

# ---- a partition

ip netns exec kernel sh -c "echo 0x8001 >/sys/class/net/ib0/create_child"
# The kernel makes it in the first namespace, wherever its parent is.
[ ! -e /sys/class/net/ib0.8001 ] || ip link set ib0.8001 netns kernel
ip -n kernel address add 10.2.0.1/24 dev ib0.8001
ip -n kernel link set ib0.8001 up
wait_carrier kernel ib0.8001
our_host partition child host4/1 10.2.0.2/24,pkey=0x8001

nobody_answers() {
	at "$1" 1 ping -q -c 1 -W 2 "${@:2}"
	says out "100% packet loss"
}
check "P_Key: the kernel's child asks first" pings kernel 10.2.0.2
forget_child() {
	ip -n kernel neighbour flush dev ib0.8001
	ctl child neigh flush all dev ipoib0
}
forget_child
check "P_Key: we ask the kernel's child first" pings partition 10.2.0.1
check "P_Key: the child is not heard in the parent's partition" nobody_answers kernel -I ib0.8001 10.1.0.2
check "P_Key: the parent is not heard in the child's" nobody_answers kernel -I ib0 10.2.0.2

# ---- neighbours: their lives begin here, and are told at the end

# use NAMESPACE ADDRESS [NUMBER]: so many packets go there.
use() { ip netns exec "$1" ping -q -c "${3:-1}" -i 1 -W 1 "$2" >/dev/null || :; }

life_begins() {
	ip netns exec life sh -c 'echo 20000 >/proc/sys/net/ipv4/neigh/ib1/base_reachable_time_ms
		echo 0 >/proc/sys/net/ipv4/conf/ib1/arp_evict_nocarrier'
	our_host asks asks host5/1 10.3.0.2/24
	our_host asked asked host6/1 10.3.0.3/24
	our_host gone gone host7/1 10.3.0.4/24
	our_host left left host8/1 10.3.0.5/24
	# What they announced has made no neighbours; what is seen from here on is asked for.
	start monitor stdbuf -oL ip -n life monitor neigh
	local name
	for name in asks left gone; do
		start "monitor-$name" ipoib-ctl --control "$work/$name.control" neigh monitor
	done
	sleep 1
	use asks 10.3.0.1
	use left 10.3.0.1
	use life 10.3.0.3
	use life 10.3.0.4
}
life_begins
born=$SECONDS

# ---- events, while both ping

for way in "kernel 10.1.0.2" "ours 10.1.0.1"; do
	read -r space address <<<"$way"
	start "ping-$space" ip netns exec "$space" ping -n -i 0.2 "$address"
done

# replies SPACE: how many pings were answered.
replies() { grep -c 'bytes from' "$work/ping-$1.out" || :; }

# more_replies NUMBER-OF-KERNEL NUMBER-OF-OURS
more_replies() { [ "$(replies kernel)" -gt "$1" ] && [ "$(replies ours)" -gt "$2" ]; }

# goes_on SECONDS: five more are answered each way, after a pause of so many seconds at most.
goes_on() {
	# What has begun is over before anything is measured.
	sleep 1
	wait_until "$1" more_replies "$(($(replies kernel) + 4))" "$(($(replies ours) + 4))" ||
		fail "no answers for $1 s: kernel $(replies kernel), ours $(replies ours)"
}

# after NAME SECONDS COMMAND...: the command, and that traffic goes on.
after() {
	local name=$1 bound=$2
	shift 2
	"$@"
	check "$name" goes_on "$bound"
}

check "both ping" goes_on 10

after "the kernel's port has another LID, and we are not told" 20 fabric lid host1/1

# Nothing is in order with a packet from another LID but that its sender has moved: we ask again, the
# kernel does not look at it.
moves_unheard() {
	local before
	before=$(replies kernel)
	sleep 3
	[ "$(replies kernel)" -le $((before + 1)) ] || fail "the kernel's pings are answered"
}
fabric lid host3/1
deviation "our port has another LID, and the kernel is not told" \
	"it keeps its path record until an event of its own port; RFC 4391 says nothing of a record's life" \
	moves_unheard
after "the kernel is asked to register again: it asks for paths again" 15 fabric reregister host1/1
after "we are asked to register again" 10 fabric reregister host3/1

lossy() {
	local way space address answered
	for way in "kernel 10.1.0.2" "ours 10.1.0.1"; do
		read -r space address <<<"$way"
		timeout "$limit" ip netns exec "$space" ping -q -c 40 -i 0.1 -W 3 "$address" >"$work/out" || :
		answered=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/out")
		# 36 are to be expected, 28 are four deviations below.
		[ "$answered" -ge 28 ] || fail "$answered of 40 are answered"
	done
}
fabric loss host1/1 5%
fabric loss host3/1 5%
check "5 % of all frames are lost: pings of both" lossy
fabric loss host1/1 0
fabric loss host3/1 0

delayed() {
	local way space address
	for way in "kernel 10.1.0.2" "ours 10.1.0.1"; do
		read -r space address <<<"$way"
		pings "$space" "$address"
		awk -F'[=/ ]+' '/^rtt/ { exit !($6 >= 60) }' "$work/out" || fail "the answers come too early"
	done
}
fabric delay host1/1 30000
fabric delay host3/1 30000
check "each frame takes 30 ms: pings of both" delayed
fabric delay host1/1 0
fabric delay host3/1 0

link_down() {
	fabric link "$1" down
	sleep 1
	fabric link "$1" up
}
after "the kernel's link goes down and comes up" 20 link_down host1/1
after "our link goes down and comes up" 20 link_down host3/1

after "every port has another LID" 20 fabric lids
after "another subnet manager takes over" 20 fabric sm restart
after "another one takes over, and every port has another LID" 20 fabric sm move
after "there is no subnet manager" 10 fabric sm stop
after "it is back" 20 fabric sm start
forget() {
	ip -n kernel neighbour flush dev ib0
	ctl us neigh flush all dev ipoib0
}
after "and new neighbours are found" 10 forget

# summary SPACE: of the pings that went through all of it.
summary() {
	grep 'bytes from' "$work/ping-$1.out" | grep -o 'icmp_seq=[0-9]*' |
		awk -F= '{ got++; if ($2 - last > pause) pause = $2 - last; last = $2 }
			END { print got, "of", last, "answered, the longest pause", pause / 5, "s" }'
}
say "the kernel's pings: $(summary kernel)"
say "our pings: $(summary ours)"

# ---- neighbours: how their lives go on

# sequence NUMBER FILE ADDRESS: the first states, each that differs from the one before. The kernel tells
# its monitor nothing of INCOMPLETE and DELAY.
sequence() {
	awk -v number="$1" -v dst="$3" '
		index($0, dst " ") && !/Deleted/ && $NF !~ /INCOMPLETE|DELAY/ && $NF != last && count < number {
			last = $NF
			text = text (count++ ? " " : "") last
		}
		END { print text }' "$work/$2.out"
}

# both_say STATES FILE ADDRESS FILE ADDRESS: of the kernel, then of ours.
both_say() {
	local kernel ours words
	read -ra words <<<"$1"
	kernel=$(sequence "${#words[@]}" "$2" "$3")
	ours=$(sequence "${#words[@]}" "$4" "$5")
	cat "$work/$2.out" "$work/$4.out"
	[ "$kernel" = "$1" ] || fail "the kernel says $kernel (we: $ours)"
	[ "$ours" = "$1" ] || fail "we say $ours"
}

# state_is STATE FILE ADDRESS: what it said last.
state_is() {
	[ "$(awk -v dst="$3" 'index($0, dst " ") && !/Deleted/ { last = $NF } END { print last }' \
		"$work/$2.out")" = "$1" ]
}
idle() {
	state_is STALE monitor-asks 10.3.0.1 && state_is STALE monitor-left 10.3.0.1 &&
		state_is STALE monitor 10.3.0.3 && state_is STALE monitor 10.3.0.4
}
confirmed() { state_is REACHABLE monitor-asks 10.3.0.1 && state_is REACHABLE monitor 10.3.0.3; }

say "idle for $((SECONDS - born)) s"
check "a neighbour that is idle grows STALE, at the kernel and here" wait_until 60 idle
kill -KILL "${pid_of[gone]}"
wait "${pid_of[gone]}" 2>/dev/null || :
unset "pid_of[gone]"
use asks 10.3.0.1
use life 10.3.0.3
use life 10.3.0.4
check "one that is used is asked and answers" wait_until 30 confirmed
check "resolved, idle, used" both_say "REACHABLE STALE PROBE REACHABLE" monitor 10.3.0.3 monitor-asks 10.3.0.1
check "asked by a stranger, who is answered" \
	both_say "STALE PROBE REACHABLE" monitor 10.3.0.2 monitor-gone 10.3.0.1

# The peer dies; comes back, and says so. First ours: with another queue pair.
check "the kernel gives up a peer that has died" wait_until 30 state_is FAILED monitor 10.3.0.4
our_host gone again host7/1 10.3.0.4/24
check "the kernel hears that it is back" wait_until 10 state_is STALE monitor 10.3.0.4

# Then the kernel's.
ip -n life link set ib1 down
use left 10.3.0.1 2
check "we give up a peer that has died" wait_until 30 state_is FAILED monitor-left 10.3.0.1
ip -n life link set ib1 up
wait_carrier life ib1

# A gratuitous ARP request from ib1 (RFC 4391 section 9.2): where to, then the packet.
announce() {
	ip netns exec life python3 - "$(cat /sys/class/net/ib1/address 2>/dev/null ||
		ip -n life -br link show dev ib1 | awk '{ print $3 }')" <<-'END'
		import socket, sys
		port = bytes.fromhex(sys.argv[1].replace(":", ""))
		broadcast = bytes.fromhex("00ffffffff12401bffff000000000000ffffffff")
		address = socket.inet_aton("10.3.0.1")
		head = bytes.fromhex("08060000" "0020080014040001")
		link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		link.bind(("ib1", 0))
		link.send(broadcast + head + port + address + bytes(20) + address)
	END
}
announce
check "we hear that it is back" wait_until 10 state_is STALE monitor-left 10.3.0.1
check "resolved, idle, used in vain, back" \
	both_say "REACHABLE STALE PROBE FAILED STALE" monitor 10.3.0.4 monitor-left 10.3.0.1
