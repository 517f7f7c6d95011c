# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Connected mode when something is missing: a receiver without a posted receive, the messages that make
# and end connections, and an order in them. The fabric's capture is the witness of each.
#
#        host1/1  ib0  10.1.0.1  kernel --+-- us     10.1.0.2       host2/1
#                                         +-- other  10.1.0.3  ib1  host3/1
#
# We have two receives posted for all connections together, and are sent more at a time.

fabric() { ipoib-ctl fabric --socket "$work/fabric" "$@" || fail "the fabric refuses: $*"; }

# What passes the switch and matters here, in its order, as "LID MESSAGE": of connection management, and
# NAKs of receivers that are not ready. Records of the capture are LRH [GRH] BTH, then DETH and a MAD, or
# an AETH; before each stand 16 octets of pcap and 16 of ERF. Read as they are written, by a program that
# is started once: a start takes a second under emulation.
cat >"$work/frames.py" <<'PYTHON'
import os, struct, sys, time
messages = dict(enumerate("req mra rej rep rtu dreq drep".split(), 0x10))
capture = open(sys.argv[1], "rb")
at = 24
while True:
    capture.seek(at)
    head = capture.read(16 + 16 + 128)
    length = struct.unpack(">I", head[8:12])[0] if len(head) >= 16 else 0
    if not length or os.fstat(capture.fileno()).st_size < at + 16 + length:
        time.sleep(0.05)
        continue
    at += 16 + length
    data = head[32:]
    transport = 48 if data[1] & 3 == 3 else 8
    lid, rest = struct.unpack(">H", data[6:8])[0], data[transport + 12:]
    if data[transport] == 0x11 and rest[0] >> 5 == 1:
        print(lid, "rnr", flush=True)
    elif data[transport] == 0x64 and data[transport + 7] == 1 and rest[9] == 7:
        print(lid, messages.get(struct.unpack(">H", rest[24:26])[0], "other"), flush=True)
PYTHON
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3 # and not a wrapper that looks for one

# From `mark` on: count LID MESSAGE.
mark() { marked=$(wc -l <"$work/frames.out"); }
since_mark() { tail -n +$((marked + 1)) "$work/frames.out"; }
count() { since_mark | grep -cx "$1 $2" || :; }
passed() { [ "$(count "$1" "$2")" -ge "${3:-1}" ]; }
# seen LID MESSAGE [NUMBER]
seen() {
	wait_until 10 passed "$@" ||
		fail "the fabric has not seen ${3:-1} $2 of LID $1: $(since_mark | uniq -c | tr -s '\n ' '; ')"
}

connection() {
	ctl us conn
	grep -qE " $1 .* $2\$" "$work/out"
}
both_connected() { connection out UP && connection in TAKEN; }
wait_for() { wait_until "$1" "$2" || fail "not $2: $(tr '\n' ';' <"$work/out")"; }
answers() { ip netns exec "$1" ping -q -c 1 -W 1 "$2" >/dev/null 2>&1; }
returns() { wait_until "$1" answers "$2" "$3" || fail "no answer from $3 for $1 s"; }

# All is as it should be: by connections, both ways.
together() {
	returns 20 kernel 10.1.0.2
	returns 20 ours 10.1.0.1
	wait_for 20 both_connected
	pings kernel -s 60000 -M "do" 10.1.0.2
	pings ours -s 60000 -M "do" 10.1.0.1
}

us() { our_host ours us host2/1 "10.1.0.2/24,mode=connected,connected_depth=$1"; }

kernel_anew() {
	ip -n kernel link set ib0 down
	ip -n kernel neighbour flush dev ib0
	ip -n kernel link set ib0 up
	wait_carrier kernel ib0
}

load_hca devices=2 ports=1
start_fabric /dev/vhca0=host1/1 /dev/vhca1=host3/1 --hosts 3 --pcap "$work/pcap"
start frames "$python" "$work/frames.py" "$work/pcap"
load_ipoib ib0 ib1
namespace kernel other ours
kernel_host kernel ib0 10.1.0.1/24
kernel_host other ib1 10.1.0.3/24
kernel_mode kernel ib0 connected
kernel_mode other ib1 connected
us 2
lid_of() { ipoib-ctl fabric --socket "$work/fabric" status | sed -n "s,^$1 .* lid \([0-9]*\) .*,\1,p"; }
theirs=$(lid_of host1/1)
mine=$(lid_of host2/1)
check "connected, with two receives posted" together

# ---- receivers that are not ready

# We have posted too few. The one who takes a connection says in his REP how often it may be tried again:
# the kernel, which asks for no retries, does as we ask.
we_are_not_ready() {
	local pid=${pid_of[us]} ping
	ip netns exec kernel ping -q -l 60 -c 60 -s 3000 -W 10 10.1.0.2 >"$work/flood" &
	ping=$!
	kill -STOP "$pid"
	sleep 0.5
	kill -CONT "$pid"
	wait "$ping" || :
	cat "$work/flood"
	says flood ' 60 received'
	seen "$mine" rnr
	[ "$(count "$theirs" req)" -eq 0 ] || fail "the kernel has made another connection"
	together
	say "$(count "$mine" rnr) RNR NAKs of ours"
}
mark
check "RNR from us: the kernel waits, as our REP says, and loses nothing" we_are_not_ready

# The kernel empties its queue within the write that fills it: its adapter says so in its stead.
not_ready() { echo "$1" >/sys/module/vhca/parameters/rnr_next; }
they_are_not_ready() {
	pings ours 10.1.0.1
	not_ready 2
	pings ours -s 30000 10.1.0.1
	seen "$theirs" rnr 2
	[ "$(count "$mine" req)" -eq 0 ] || fail "we have made another connection"
	connection out UP || fail "our connection is gone"
}
mark
check "RNR from the kernel: we wait as long as it says, and lose nothing" they_are_not_ready

# Seven in a row are one more than we try: datagrams, until a connection is made again.
never_ready() {
	not_ready 1000
	ip netns exec ours ping -q -c 40 -i 0.2 -W 1 10.1.0.1 >"$work/flood" || :
	cat "$work/flood"
	says flood ' [1-9][0-9]* received'
	seen "$theirs" rnr 7
	not_ready 0
	together
	seen "$mine" req
}
mark
check "RNR from the kernel without end: we go on by datagrams, and come back" never_ready
not_ready 0

# Two kernels, whose REP repeats the REQ's 0: the first RNR NAK is the end of a connection.
kernels_end() {
	pings kernel 10.1.0.3
	not_ready 1
	returns 20 kernel 10.1.0.3
	seen "$theirs" req
	pings kernel -s 60000 -M "do" 10.1.0.3
}
pings kernel 10.1.0.3
mark
check "RNR between two kernels: the connection ends, and another is made" kernels_end
not_ready 0

# ---- messages of connection management

# Both begin anew, and for a second every message of this kind is lost on both sides.
lost_on_both_sides() {
	local kind=$1 pings=()
	kernel_anew
	fabric cm-loss all 100% "$kind"
	ip netns exec kernel ping -q -c 20 -i 0.2 -W 1 10.1.0.2 >"$work/theirs" 2>&1 &
	pings+=($!)
	ip netns exec ours ping -q -c 20 -i 0.2 -W 1 10.1.0.1 >"$work/mine" 2>&1 &
	pings+=($!)
	seen "$theirs" "$kind"
	seen "$mine" "$kind"
	fabric cm-loss all 0
	wait "${pings[@]}" || :
	cat "$work/theirs" "$work/mine"
	together
}
for kind in req rep rtu; do
	mark
	check "${kind^^} lost, both ways: the connections come up" lost_on_both_sides "$kind"
	say "$kind: $(since_mark | uniq -c | tr -s '\n ' '; ')"
	fabric cm-loss all 0
done

# The kernel sends one DREQ for each of its connections, and does not wait for a DREP.
kernels_dreq() {
	fabric cm-loss host1/1 100% dreq
	kernel_anew
	seen "$theirs" dreq
	[ "$(count "$mine" drep)" -eq 0 ] || fail "we have answered a DREQ that was lost"
	fabric cm-loss all 0
	together
}
mark
check "DREQ of the kernel lost: the connections come up again" kernels_dreq
say "dreq: $(since_mark | uniq -c | tr -s '\n ' '; ')"
fabric cm-loss all 0

mark
fabric cm-loss host2/1 100% dreq,req
stop us
us 128
our_dreq() {
	seen "$mine" dreq
	[ "$(count "$theirs" drep)" -eq 0 ] || fail "the kernel has answered a DREQ that was lost"
	returns 20 ours 10.1.0.1
	pings ours -s 2016 10.1.0.1
	seen "$mine" req
	! connection out UP || fail "a connection without a REQ"
	fabric cm-loss all 0
	together
}
check "our DREQ lost, and the REQs of our successor: datagrams, then connections" our_dreq
fabric cm-loss all 0

# ---- both at the same time

# Each is asked while its own question is on its way: both know the other, and a frame takes half a second
# until both have asked. What is not acknowledged in time meanwhile may cost us a connection and another REQ.
crossing() {
	local first pings=()
	at kernel 0 ip neighbour replace 10.1.0.2 lladdr "80:$us" dev ib0 nud permanent
	ctl us neigh add 10.1.0.1 "80:$kernel" dev ipoib0
	ip netns exec kernel ping -q -c 10 -i 0.2 -W 5 10.1.0.2 >"$work/theirs" 2>&1 &
	pings+=($!)
	ip netns exec ours ping -q -c 10 -i 0.2 -W 5 10.1.0.1 >"$work/mine" 2>&1 &
	pings+=($!)
	seen "$theirs" req
	seen "$mine" req
	fabric delay all 0
	wait "${pings[@]}" || :
	cat "$work/theirs" "$work/mine"
	wait_for 20 both_connected
	first=$(since_mark | grep -E 're[qp]$' | head -n 2 | sort | tr '\n' ';')
	[ "$first" = "$theirs req;$mine req;" ] || fail "the requests did not cross: $first"
	pings kernel -s 60000 -M "do" 10.1.0.2
	pings ours -s 60000 -M "do" 10.1.0.1
	ctl us conn
	[ "$(wc -l <"$work/out")" -eq 2 ] || fail "not two connections: $(tr '\n' ';' <"$work/out")"
}
stop us
kernel_anew
us 128
returns 20 other 10.1.0.2
us=$(ip -n other neighbour show 10.1.0.2 dev ib1 | sed -n 's/.*lladdr ..:\([0-9a-f:]*\).*/\1/p')
kernel=$(ip -n kernel -br link show dev ib0 | awk '{ print substr($3, 4) }')
# Not the administrator's answers as well: a second is what either waits for one.
fabric delay host1/1 500000
fabric delay host2/1 500000
mark
check "both ask at once, and the requests cross: one connection for each direction" crossing
fabric delay all 0
