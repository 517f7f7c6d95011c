#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Packets never wait for the log, and no lack of readers, terminals or descriptors ends or busies what
# hosts depend on.
. "$(dirname "$0")/lib.sh"

need_tun
need_program perl prlimit
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b
without_ipv6 "$a" "$b"

# with_log FIFO COMMAND...: its standard error is the FIFO; signals are as a service manager has them.
with_log() {
	local fifo=$1
	shift
	exec env --default-signal=HUP,PIPE "$@" 2>"$fifo" 9>&-
}

# A FIFO that has room for nothing: this shell is its only reader, and reads nothing.
mkfifo "$work/log"
exec 9<>"$work/log"
fill_log() { dd if=/dev/zero bs=4096 oflag=nonblock >&9 2>/dev/null || :; }
fill_log

tun() { # NAMESPACE NAME ADDRESS
	with_log "$work/log" ip netns exec "$1" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface "ipoib0,port=$2/1,address=$3/24" --control "$work/$2.control"
}
start fabric with_log "$work/log" "$bin/ipoib-fabric" --socket "$work/fabric" --hosts 4
wait_ready fabric
start host1 tun "$a" host1 10.10.1.1
start host2 tun "$b" host2 10.10.1.2
start listener with_log "$work/log" "$bin/ipoib-ping" --fabric "$work/fabric" --port host3/1 \
	--address 10.10.1.3/24 --listen
start server with_log "$work/log" "$bin/ipoib-perf" --fabric "$work/fabric" --port host4/1 \
	--address 10.10.1.4/24 --keep
wait_ready host1 host2 listener server

ctl() { run 0 "$bin/ipoib-ctl" --control "$work/host1.control" "$@"; }
fabric() { run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"; }
is_up() { "$bin/ipoib-ctl" --control "$work/$1.control" interface 2>&1 | grep -q "<UP,"; }
# Each port has a line to tell when its link goes, and a tun one more when it is back.
flap() {
	fabric link all down
	wait_until "$limit" is_down host1 || fail "the link does not go down"
	wait_until "$limit" is_down host2 || fail "the link does not go down"
	fabric link all up
	wait_until "$limit" is_up host1 || fail "the link does not come up"
	wait_until "$limit" is_up host2 || fail "the link does not come up"
}
is_down() { "$bin/ipoib-ctl" --control "$work/$1.control" interface 2>&1 | grep -q "<DOWN"; }
reaches() { ip netns exec "$a" ping -q -c 1 -W 1 "$1" >"$work/out" 2>&1; }
all_work() {
	local name address
	for name in fabric host1 host2 listener server; do
		alive "$name" || fail "$name has ended"
	done
	for address in 10.10.1.2 10.10.1.3; do
		wait_until "$limit" reaches "$address" || fail "$address is not reached any more"
	done
}
lines_lost() { counter host1 program.lines_lost; }

say "a log that is not read: everything goes on, and what is lost is counted"
flap
all_work
flap
all_work
lost=$(lines_lost)
[ "$lost" -ge 4 ] || fail "$lost lines are lost, and there was no room for two of each flap"

say "there is room again: the number of lines that are missing comes first"
perl -e '
	vec(my $set = "", 9, 1) = 1;
	open my $log, "<&=", 9 or die "log: $!";
	while (select(my $ready = $set, undef, undef, 0) > 0) { sysread($log, my $octets, 65536) or last }'
fabric link host1/1 down
wait_until "$limit" is_down host1 || fail "the link does not go down"
perl -e 'open my $log, "<&=", 9 or die "log: $!"; sysread($log, my $octets, 65536); print $octets' >"$work/lines"
says lines "^ipoib-tun: $lost lines could not be written$"
head -n 1 "$work/lines" | grep -q "could not be written" || fail "another line stands before it"
says lines "^ipoib-tun: interface ipoib0: port host1/1 is down"
fabric link host1/1 up
wait_until "$limit" is_up host1 || fail "the link does not come up"
[ "$(lines_lost)" -eq "$lost" ] || fail "more lines are lost while they are read"

say "a log whose reader has gone"
exec 9>&-
flap
all_work
[ "$(lines_lost)" -gt "$lost" ] || fail "what is written to no reader is not counted"

say "a terminal that is closed is no end of what hosts depend on"
kill -HUP "${pid_of[fabric]}" "${pid_of[host1]}" "${pid_of[host2]}"
sleep 0.2
flap
all_work

say "but of what belongs to it, in good order"
start monitor env --default-signal=HUP "$bin/ipoib-ctl" --control "$work/host1.control" monitor
wait_line monitor.err "listening"
stop monitor HUP
stop listener HUP
stop server HUP

# ---- a capture

say "a capture that goes into a pipe: packets do not wait for its reader either"
mkfifo "$work/pipe"
exec 8<>"$work/pipe"
start host3 ip netns exec "$a" "$bin/ipoib-tun" --fabric "$work/fabric" \
	--interface ipoib1,port=host3/1,address=10.10.3.1/24 --pcap "$work/pipe" 8>&-
start host4 ip netns exec "$b" "$bin/ipoib-tun" --fabric "$work/fabric" \
	--interface ipoib1,port=host4/1,address=10.10.3.2/24
wait_ready host3 host4
# Twice what a pipe holds.
in_namespace "$a" 0 ping -q -c 100 -i 0.002 -s 1400 10.10.3.2
says out " 0% packet loss"
stop host3
says host3.err "^ipoib-tun: --pcap $work/pipe: [1-9][0-9]* packets recorded, [1-9][0-9]* not$"
recorded=$(sed -nE 's/.*: ([0-9]+) packets recorded.*/\1/p' "$work/host3.err")
dd bs=65536 iflag=nonblock <&8 >"$work/capture.pcap" 2>/dev/null || :
exec 8>&-
stop host4
if command -v tshark >/dev/null; then
	run 0 tshark -n -r "$work/capture.pcap"
	[ "$(wc -l <"$work/out")" -eq "$recorded" ] ||
		fail "there are $(wc -l <"$work/out") whole packets in the pipe, of $recorded"
fi

# ---- descriptors

# no_more_descriptors NAME: the lowest number that is free is the first that it may not have.
no_more_descriptors() {
	local free=0
	while [ -e "/proc/${pid_of[$1]}/fd/$free" ]; do free=$((free + 1)); done
	prlimit --pid "${pid_of[$1]}" --nofile="$free:$free"
}
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/${pid_of[$1]}/stat"; }
# A process that looks at what it cannot take over and over would have 300 ticks in three seconds, or
# what the machine has left.
is_idle() {
	local before
	before=$(ticks "$1")
	sleep 3
	[ $(($(ticks "$1") - before)) -lt 15 ]
}
silent() { # NAME SOCKET: two clients that say nothing
	start "$1" perl -e '
		use IO::Socket::UNIX;
		my @all = map { IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "connect: $!" } 1 .. 2;
		$| = 1;
		print "ready\n";
		sleep 1000;' "$2"
	wait_ready "$1"
}

say "without descriptors requests are answered one after the other"
stop host1
start host1 ip netns exec "$a" "$bin/ipoib-tun" --fabric "$work/fabric" \
	--interface ipoib0,port=host1/1,address=10.10.1.1/24 --control "$work/host1.control"
wait_ready host1
no_more_descriptors host1
no_more_descriptors fabric
ctl stats
ctl neigh
fabric status
run 1 "$bin/ipoib-ctl" --control "$work/host1.control" monitor
says err "no descriptor is left for a stream"
silent waiting "$work/host1.control"
is_idle host1 || fail "ipoib-tun is busy with connections that it cannot take"
ctl stats
kill_hard waiting
silent waiting "$work/fabric.control"
is_idle fabric || fail "ipoib-fabric is busy with connections that it cannot take"
fabric status
kill_hard waiting
[ "$(grep -c "no descriptor is left for the control socket" "$work/host1.err")" -eq 1 ] ||
	fail "the lack of descriptors is not told once"
wait_until "$limit" reaches 10.10.1.2 || fail "10.10.1.2 is not reached any more"

stop host1
stop host2
stop fabric
