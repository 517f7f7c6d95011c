# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Connected mode between the kernel and us: who makes connections and who ends them, how long
# packets may be in each pair of modes, and what comes back after everything has gone wrong.
port=/sys/class/infiniband/vhca0/ports/1

# How many messages of its communication manager the kernel has sent (tx) or heard (rx).
cm() { cat "$port/cm_$1_msgs/$2"; }

# more HOW_MANY THAN tx|rx KIND
more() { [ "$(cm "$3" "$4")" -ge $(($1 + $2)) ]; }

connection() {
	ctl us conn
	grep -qE " $1 .* $2\$" "$work/out"
}

# The kernel never sends by ours, so there is one for each direction.
both_connected() { connection out UP && connection in TAKEN; }
none_connected() { ! connection out UP && ! connection in TAKEN; }
wait_for() { wait_until "$1" "$2" || fail "not $2: $(tr '\n' ';' <"$work/out")"; }

answers() { ip netns exec "$1" ping -q -c 1 -W 1 "$2" >/dev/null 2>&1; }

# returns SECONDS NAMESPACE ADDRESS: traffic does.
returns() {
	local begun=${EPOCHREALTIME/./}
	wait_until "$1" answers "$2" "$3" || fail "no answer from $3 for $1 s"
	echo "$(((${EPOCHREALTIME/./} - begun) / 1000)) ms" >"$work/took"
}
told() { say "$1: $(cat "$work/took" 2>/dev/null)"; }

us() { our_host ours us host2/1 "10.1.0.2/24,mode=$1"; }

# Without connections, paths and neighbours.
kernel_anew() {
	ip -n kernel link set ib0 down
	ip -n kernel neighbour flush dev ib0
	ip -n kernel link set ib0 up
	wait_carrier kernel ib0
}

# seconds_of OPTION...: what iperf3 tells of each second but the first: that makes connections.
seconds_of() {
	at ours 0 iperf3 -c 10.1.0.1 -t 3 -f k "$@"
	grep -E '^\[ *[0-9]+\] ' "$work/out" | grep -vE 'sender|receiver|local' | sed 1d >"$work/seconds"
	[ -s "$work/seconds" ] || fail "only one second"
}
no_zero() { ! grep -q ' 0\.00 Kbits/sec' "$work/seconds"; }

# An emulated processor that is not scheduled makes a silent second now and then; what we do wrong
# is done wrong again.
no_zero_second() {
	seconds_of "$@"
	no_zero && return
	seconds_of "$@"
	no_zero || fail "a second without an octet, twice"
}

iperf() {
	check "$1: TCP from us" no_zero_second
	check "$1: TCP from the kernel" no_zero_second -R
}

# too_big NAMESPACE ADDRESS: a long packet that must not be cut is refused, with the MTU that holds.
too_big() {
	at "$1" 0 ip route flush cache
	at "$1" 1 ping -c 3 -i 0.3 -W 2 -s 8000 -M "do" "$2"
	says out '(mtu = 2044|mtu=2044|message too long)'
	at "$1" 0 ip route get "$2"
	says out 'mtu 2044'
	pings "$1" -s 2016 -M "do" "$2"
}

load_hca devices=1 ports=1
start_fabric /dev/vhca0 --hosts 2
load_ipoib ib0
namespace kernel ours
kernel_host kernel ib0 10.1.0.1/24
kernel_mode kernel ib0 connected
us connected
start server ip netns exec kernel iperf3 -s

# ---- both in connected mode

kernel_dials() {
	at kernel 0 ping -q -c 3 -i 0.2 -W 5 10.1.0.2
	nothing_lost
	wait_for 5 both_connected
	[ "$(cm tx req) $(cm rx req)" = "1 1" ] ||
		fail "$(cm tx req) requests of the kernel, $(cm rx req) of ours"
}
check "connected, the kernel sends first: one connection for each direction" kernel_dials
check "connected: 60000 octets from the kernel" pings kernel -s 60000 -M "do" 10.1.0.2
check "connected: 60000 octets from us" pings ours -s 60000 -M "do" 10.1.0.1
check "connected: 65520 octets from the kernel" pings kernel -s 65492 -M "do" 10.1.0.2
check "connected: 65520 octets from us" pings ours -s 65492 -M "do" 10.1.0.1
iperf "connected"

# The kernel answers our DREQs, and finds that its own connection is gone when it sends.
together() {
	returns 20 kernel 10.1.0.2
	returns 20 ours 10.1.0.1
	wait_for 10 both_connected
}
check "connected: after all that, one connection for each direction" together
dreqs=$(cm rx dreq) dreps=$(cm tx drep)
stop us
ended_by_us() {
	wait_until 5 more 2 "$dreqs" rx dreq ||
		fail "the kernel has not heard two DREQs but $(($(cm rx dreq) - dreqs))"
	wait_until 5 more 2 "$dreps" tx drep || fail "the kernel has not answered two DREQs"
}
check "we end: the kernel is told of both connections" ended_by_us
us connected
check "we are back: the kernel reaches us" returns 30 kernel 10.1.0.2
told "we are back, traffic from the kernel"
check "we are back: 60000 octets from the kernel" pings kernel -s 60000 -M "do" 10.1.0.2

# Both begin at the same moment: neither knows the other.
stop us
kernel_anew
us connected
at_once() {
	ip netns exec kernel ping -q -c 20 -i 0.05 -W 3 -s 3000 10.1.0.2 >"$work/theirs" 2>&1 &
	local theirs=$!
	ip netns exec ours ping -q -c 20 -i 0.05 -W 3 -s 3000 10.1.0.1 >"$work/mine" 2>&1 || :
	wait "$theirs" || :
	cat "$work/theirs" "$work/mine"
	wait_for 5 both_connected
	! grep -q " 100% packet loss" "$work/theirs" "$work/mine" || fail "one side lost everything"
	pings kernel -s 60000 -M "do" 10.1.0.2
	pings ours -s 60000 -M "do" 10.1.0.1
}
check "both send at once: one connection for each direction" at_once

# The kernel's link goes down: it ends both, its own by DREQ.
dreqs=$(cm tx dreq)
ended_by_kernel() {
	kernel_anew
	more 1 "$dreqs" tx dreq || fail "the kernel has sent no DREQ"
	wait_for 10 none_connected
	returns 20 ours 10.1.0.1
	pings ours -s 60000 -M "do" 10.1.0.1
	wait_for 5 both_connected
}
check "the kernel's link goes down and up: both end, and come back" ended_by_kernel
told "the kernel's link is up again, traffic from us"

# The kernel asks that nothing be sent again (retry_count and rnr_retry 0).
overload() {
	local pid=${pid_of[us]} ping
	ip netns exec kernel timeout 6 ping -q -l 300 -c 300 -s 200 10.1.0.2 >"$work/flood" 2>&1 &
	ping=$!
	kill -STOP "$pid"
	sleep 4
	kill -CONT "$pid"
	wait "$ping" || :
	cat "$work/flood"
	returns 20 kernel 10.1.0.2
	pings kernel -s 60000 -M "do" 10.1.0.2
	pings ours -s 60000 -M "do" 10.1.0.1
}
check "we do not read for four seconds while the kernel floods us: all comes back" overload
told "after that, traffic from the kernel"

# A new queue pair at the same port. The kernel collects what is idle for two of these intervals; it
# looks at the number when an interface is made, and each time that it has collected.
interval=$(cat /proc/sys/net/ipv4/neigh/default/gc_interval)
echo 2 >/proc/sys/net/ipv4/neigh/default/gc_interval
modprobe -r ib_ipoib
load_ipoib ib0
kernel_host kernel ib0 10.1.0.1/24
kernel_mode kernel ib0 connected
check "ib_ipoib loaded again: the kernel reaches us" returns 20 kernel 10.1.0.2
told "ib_ipoib loaded again, traffic from the kernel"
check "ib_ipoib loaded again: 60000 octets from us" pings ours -s 60000 -M "do" 10.1.0.1

reaped() { ! connection in TAKEN; }
idle() {
	wait_for 5 both_connected
	wait_for 20 reaped
	connection out UP || fail "our own connection is gone too"
	pings kernel -s 60000 -M "do" 10.1.0.2
}
check "the kernel ends its idle connection, ours stays, and it makes another" idle
echo "$interval" >/proc/sys/net/ipv4/neigh/default/gc_interval

# ---- the kernel in datagram mode: it announces connections all the same, and takes them; we connected

dreqs=$(cm tx dreq)
kernel_mode kernel ib0 datagram
mode_changed() {
	wait_until 5 more 1 "$dreqs" tx dreq || fail "the kernel has sent no DREQ"
	pings kernel -s 2016 -M "do" 10.1.0.2
	pings ours -s 2016 -M "do" 10.1.0.1
}
check "the kernel goes to datagram mode: it ends its connection" mode_changed
one_way() {
	local requests
	requests=$(cm tx req)
	# Its replies are fragments, because it has a limit of 2044.
	pings ours -s 60000 10.1.0.1
	pings kernel -s 60000 10.1.0.2
	[ "$(cm tx req)" -eq "$requests" ] || fail "the kernel has asked for a connection"
	connection out UP || fail "we have no connection to it"
	ctl us neigh
	says out "^10\.1\.0\.1 .* mtu 65520 "
}
check "kernel datagram, we connected: we send by a connection, it by datagrams" one_way
iperf "kernel datagram, we connected"

# Whom we know as one without connections gets datagrams, and our system is told of the MTU.
lladdr=$(ip -n kernel -br link show dev ib0 | awk '{ print $3 }')
we_are_told() {
	ctl us neigh add 10.1.0.1 "00:${lladdr#*:}" dev ipoib0
	too_big ours 10.1.0.1
	pings ours -s 8000 -M dont 10.1.0.1
}
check "kernel without connections, we connected: our system learns 2044" we_are_told

# ---- we in datagram mode

stop us
us datagram
returns 20 kernel 10.1.0.2
iperf "datagram"
kernel_mode kernel ib0 connected
returns 20 kernel 10.1.0.2
check "kernel connected, we datagram: it learns 2044" too_big kernel 10.1.0.2
check "kernel connected, we datagram: 60000 octets from it" pings kernel -s 60000 -M dont 10.1.0.2
check "kernel connected, we datagram: 2044 octets from us" pings ours -s 2016 -M "do" 10.1.0.1
check "kernel connected, we datagram: 60000 octets from us" pings ours -s 60000 -M dont 10.1.0.1
iperf "kernel connected, we datagram"

# The kernel is made to believe that we take connections; we refuse, as nothing listens.
ours=$(ip -n kernel neighbour show 10.1.0.2 dev ib0 | sed -n 's/.*lladdr 00:\([0-9a-f:]*\).*/\1/p')
black_hole() {
	local requests refusals
	requests=$(cm tx req) refusals=$(cm rx rej)
	at kernel 0 ip neighbour replace 10.1.0.2 lladdr "80:$ours" dev ib0 nud permanent
	at kernel 1 ping -q -c 5 -i 0.3 -W 1 10.1.0.2
	more 3 "$requests" tx req || fail "the kernel has asked $(($(cm tx req) - requests)) times"
	more 3 "$refusals" rx rej || fail "$(($(cm rx rej) - refusals)) requests were refused"
}
deviation "the kernel is refused a connection" \
	"we: it asks anew with each packet and sends no datagram (RFC 4755 section 3.1 obliges to none)" \
	black_hole
forgiven() {
	at kernel 0 ip neighbour delete 10.1.0.2 dev ib0
	returns 10 kernel 10.1.0.2
}
check "refused, and then resolved anew: datagrams" forgiven

# We are made to believe in a queue pair that the kernel does not have.
stop us
us connected
returns 20 ours 10.1.0.1
refused() {
	local refusals mine
	refusals=$(cm tx rej)
	mine=${lladdr#*:*:*:*:}
	ctl us neigh add 10.1.0.9 "80:00:77:77:$mine" dev ipoib0
	at ours 1 ping -q -c 8 -i 0.2 -W 1 10.1.0.9
	wait_until 5 more 2 "$refusals" tx rej ||
		fail "the kernel has refused $(($(cm tx rej) - refusals)) requests"
	ctl us conn
	says out ":77:77:.* HELD$"
	[ "$(($(cm tx rej) - refusals))" -le 6 ] ||
		fail "$(($(cm tx rej) - refusals)) requests for 8 packets"
	together
	pings ours -s 60000 -M "do" 10.1.0.1
}
check "the kernel refuses us: asked by both service IDs, then held" refused
