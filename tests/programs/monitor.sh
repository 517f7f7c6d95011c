#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What happens, as it happens: `ipoib-ctl neigh monitor` and `monitor`, neighbours entered by hand,
# flux, and clients that listen and do not read.
. "$(dirname "$0")/lib.sh"

need_tun
need_program perl python3
# Memory is looked at below: a sanitizer must not keep much of what was given back.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
namespace a
namespace b
namespace c
start_fabric --hosts 3
# shellcheck disable=SC2154
a=$ns_a b=$ns_b c=$ns_c
start_host "$a" host1 host1/1 10.10.1.1/24
start_host "$b" host2 host2/1 10.10.1.2/24
wait_ready host1 host2

ctl() { run 0 "$bin/ipoib-ctl" --control "$work/host1.control" "$@"; }
refused() { # PATTERN REQUEST...
	local pattern=$1
	shift
	run 1 "$bin/ipoib-ctl" --control "$work/host1.control" "$@"
	says err "^ipoib-ctl: .*$pattern"
}
monitor() { # NAME REQUEST...
	local name=$1
	shift
	start "$name" "$bin/ipoib-ctl" --control "$work/host1.control" "$@"
	wait_until 5 test -e "$work/$name.err" || :
	wait_line "$name.err" "listening; SIGINT ends it"
}
# lines FILE PATTERN...: these lines are there, in this order.
lines() {
	python3 - "$work/$1" "${@:2}" <<'PYTHON' || fail "$1 does not have these lines in this order"
import re, sys
patterns = sys.argv[2:]
text = open(sys.argv[1]).read()
for line in text.splitlines():
    if patterns and re.search(patterns[0], line):
        patterns.pop(0)
if patterns:
    print(text)
    print("missing:", patterns[0])
sys.exit(bool(patterns))
PYTHON
}

lladdr='([0-9a-f]{2}:){19}[0-9a-f]{2}'
monitor neigh neigh monitor
monitor neigh_json neigh monitor -j
monitor events monitor
monitor events_json monitor -j

say "a neighbour is resolved"
in_namespace "$a" 0 ping -q -c 2 -i 0.2 10.10.1.2
wait_line neigh.out "REACHABLE"
lines neigh.out "^10\.10\.1\.2 dev ipoib0  INCOMPLETE$" \
	"^10\.10\.1\.2 dev ipoib0 lladdr $lladdr REACHABLE$"
lines events.out "^[0-9-]+T[0-9:]+\.[0-9]{3}Z ipoib0 neighbour dst 10\.10\.1\.2 .*INCOMPLETE$" \
	"ipoib0 neighbour dst 10\.10\.1\.2 lladdr $lladdr state REACHABLE$"

say "neighbours by hand: add, del, flush"
by_hand=80:00:00:55:fe:80:00:00:00:00:00:00:00:02:c9:03:00:99:00:01
ctl neigh add 10.10.1.77 "$by_hand" dev ipoib0
ctl neigh
says out "^10\.10\.1\.77 dev ipoib0 lladdr $by_hand .*PERMANENT$"
ctl neigh -j
says out '"permanent": true'
ctl neigh flush dev ipoib0
ctl neigh
says out "^10\.10\.1\.77 .*PERMANENT$"
! grep -q "^10\.10\.1\.2 " "$work/out" || fail "flush leaves 10.10.1.2"
ctl neigh del 10.10.1.77 dev ipoib0
ctl neigh add fe80::77 "$by_hand" dev ipoib0
ctl neigh flush all dev ipoib0
ctl neigh
! grep -q "77 " "$work/out" || fail "flush all leaves a permanent neighbour"
wait_line neigh.out "^Deleted fe80::77"
lines neigh.out "^10\.10\.1\.77 dev ipoib0 lladdr $by_hand PERMANENT$" \
	"^Deleted 10\.10\.1\.2 dev ipoib0 lladdr $lladdr (REACHABLE|STALE|DELAY|PROBE)$" \
	"^Deleted 10\.10\.1\.77 dev ipoib0 lladdr $by_hand PERMANENT$" \
	"^fe80::77 dev ipoib0 lladdr $by_hand PERMANENT$" \
	"^Deleted fe80::77 dev ipoib0 lladdr $by_hand PERMANENT$"

say "requests that are wrong are told what is right"
refused "10.10.1.77: there is no such neighbour at ipoib0" neigh del 10.10.1.77 dev ipoib0
refused "dev eth7: this ipoib-tun has no such interface" neigh del 10.10.1.77 dev eth7
refused '"10.10.1.777" is not an address' neigh del 10.10.1.777 dev ipoib0
refused '"00:11:22:33:44:55" is not a link address: 20 octets' \
	neigh add 10.10.1.77 00:11:22:33:44:55 dev ipoib0
refused "10.10.1.1 cannot be a neighbour" neigh add 10.10.1.1 "$by_hand" dev ipoib0
refused "224.0.0.1 cannot be a neighbour" neigh add 224.0.0.1 "$by_hand" dev ipoib0
refused 'it is "neigh add IP LLADDR dev NAME"' neigh add 10.10.1.77 dev ipoib0
refused 'it is "neigh flush \[all\] dev NAME"' neigh flush ipoib0
refused '"some" is not "all"' neigh flush some dev ipoib0
run 2 "$bin/ipoib-ctl" --control "$work/host1.control" neigh frobnicate
run 2 "$bin/ipoib-ctl" --control "$work/host1.control" monitor neigh

say "a neighbour that is said to be elsewhere: it stays, and everybody is told"
in_namespace "$a" 0 ping -q -c 2 -i 0.2 10.10.1.2
start_host "$c" host3 host3/1 10.10.1.2/24,acd=off,arp_ignore=8
wait_ready host3
wait_line host1.err "neighbour 10.10.1.2 is known at $lladdr \(port fe80::.*\), and a packet \(ARP announcement\) says that it is at $lladdr \(port fe80::.*arp_ignore=1"
wait_line host2.err "address 10.10.1.2 of $lladdr .* is used by $lladdr .*it is kept"
wait_line events.out "flux dst 10\.10\.1\.2 .*verdict refused"
in_namespace "$a" 0 ping -q -c 2 -i 0.2 10.10.1.2
ctl flux
says out "^10\.10\.1\.2 dev ipoib0 lladdr $lladdr flux [1-9][0-9]* refused [1-9].* moves 0 "
says out "^    [0-9]+ s ago, [0-9]+ times: ARP .* for $lladdr against $lladdr: (refused|pending)$"
ctl flux -j
says out '"claim": "ARP announcement"'
ctl neigh -j
says out '"flux_refused": [1-9]'
stop host3

say "a peer that is killed: FAILED"
ctl neigh flush all dev ipoib0
in_namespace "$a" 0 ping -q -c 1 10.10.1.2
kill_hard host2
ctl neigh flush all dev ipoib0
in_namespace "$a" 1 ping -q -c 1 -W 8 10.10.1.2
wait_line neigh.out "^10\.10\.1\.2 dev ipoib0  FAILED$"
lines neigh.out "lladdr $lladdr REACHABLE" "^Deleted 10\.10\.1\.2 dev ipoib0 lladdr" \
	"^10\.10\.1\.2 dev ipoib0  INCOMPLETE$" "^10\.10\.1\.2 dev ipoib0  FAILED$"
start_host "$b" host2 host2/1 10.10.1.2/24
wait_ready host2

say "every line of -j is an object"
for name in neigh_json events_json; do
	python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) > 10, lines
assert all(line["dev"] == "ipoib0" and line["event"] and line["time"] for line in lines)
times = [line["monotonic_ns"] for line in lines]
assert times == sorted(times), times' "$work/$name.out" || fail "$name"
done

# client deaf COUNT: streams that are never read.  client late: one that is read after a signal.
cat >"$work/client.pl" <<'PERL'
use strict;
use IO::Socket::UNIX;
my ($path, $mode, $count) = @ARGV;
$| = 1;
my ($go, @held) = (0);
$SIG{USR1} = sub { $go = 1 };
for (1 .. $count) {
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "connect: $!";
	print $socket "monitor\n";
	$socket->flush;
	push @held, $socket;
}
print "ready\n";
sleep 1 until $go;
while (my $line = readline $held[0]) {
	print $line if $line =~ /lost|deleted/;
}
PERL
# churn COUNT: so many neighbours are entered and removed.
cat >"$work/churn.pl" <<'PERL'
use strict;
use IO::Socket::UNIX;
my ($path, $count, $lladdr) = @ARGV;
sub ask {
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "connect: $!";
	print $socket "$_[0]\n";
	$socket->flush;
	my $answer = <$socket>;
	die "$_[0]: $answer" if $answer ne "[]\n";
}
for (1 .. $count) {
	ask("neigh add 10.10.1.99 $lladdr dev ipoib0");
	ask("neigh del 10.10.1.99 dev ipoib0");
}
PERL
memory() { awk '/^VmRSS:/ { print $2 }' "/proc/$(pgrep -P "${pid_of[$1]}" || echo "${pid_of[$1]}")/status"; }

say "20 clients that listen and do not read: packets pass, others are answered, memory stays"
for name in neigh neigh_json events; do
	stop "$name" INT
done
start deaf perl "$work/client.pl" "$work/host1.control" deaf 20
wait_ready deaf
start late perl "$work/client.pl" "$work/host1.control" late 1
wait_ready late
run 0 perl "$work/churn.pl" "$work/host1.control" 1500 "$by_hand"
before=$(memory host1)
run 0 perl "$work/churn.pl" "$work/host1.control" 1500 "$by_hand"
after=$(memory host1)
[ $((after - before)) -lt 1024 ] || fail "ipoib-tun has grown from $before to $after KiB"
in_namespace "$b" 0 ping -q -c 20 -i 0.02 10.10.1.1
says out "20 packets transmitted, 20 received, 0% packet loss"
ctl stats
says out "conservation law holds"

say "who reads late is told how much is missing, and then hears again"
kill -USR1 "${pid_of[late]}"
wait_line late.out '^\{"lost":[1-9][0-9]*\}$'
run 0 perl "$work/churn.pl" "$work/host1.control" 1 "$by_hand"
wait_until "$limit" python3 -c '
import sys
lines = open(sys.argv[1]).read().splitlines()
sys.exit(not any("lost" in a for a in lines) or "deleted" not in lines[-1])' "$work/late.out" ||
	fail "nothing is told after what was lost"
kill_hard deaf

say "the end of ipoib-tun is the end of a monitor, with a message"
monitor last monitor
stop host1
wait_until "$limit" dead last || fail "the monitor goes on without an ipoib-tun"
status=0
wait "${pid_of[last]}" || status=$?
unset "pid_of[last]"
[ "$status" -eq 1 ] || fail "the monitor ended with status $status"
says last.err "the stream has ended"
stop host2
stop fabric
