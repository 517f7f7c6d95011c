#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The control socket: its answers, and that no client can hold up the packets or shut others out.
. "$(dirname "$0")/lib.sh"

need_tun
need_program perl
namespace a
namespace b
start_fabric --hosts 2
# shellcheck disable=SC2154
start_host "$ns_a" host1 host1/1 10.10.1.1/24
# shellcheck disable=SC2154
start_host "$ns_b" host2 host2/1 10.10.1.2/24
wait_ready host1 host2
in_namespace "$ns_a" 0 ping -q -c 3 -i 0.2 10.10.1.2

ctl() { run 0 "$bin/ipoib-ctl" --control "$work/host1.control" "$@"; }

say "every request has an answer, as text and as JSON"
ctl neigh
says out '^10\.10\.1\.2 dev ipoib0 lladdr ([0-9a-f]{2}:){19}[0-9a-f]{2} used [0-9]+/[0-9]+/[0-9]+ probes [0-9]+ .*[A-Z]+$'
ctl conn
[ ! -s "$work/out" ] || fail "there are connections in datagram mode"
ctl path
says out '^fe80:.* dev ipoib0 dlid [0-9]+ mtu 2048 rate [0-9]+Mbit sl 0 .*VALID$'
ctl multicast
says out '^ff12:401b:ffff::ffff:ffff dev ipoib0 mlid 0xc000 qkey 0xb1b mtu 2048 members [0-9]+ broadcast JOINED$'
ctl interface
says out '^ipoib0: <UP,PORT_ACTIVE> mtu 2044 port host1/1$'
says out '^    buffers [1-9][0-9]*/[1-9][0-9]*$'
says out '^    inet 10\.10\.1\.1/24$'
ctl address
says out '^10\.10\.1\.1/24 dev ipoib0 scope global READY$'
ctl flux
[ ! -s "$work/out" ] || fail "a neighbour that nobody disputes has a history"
ctl flux -j
[ "$(cat "$work/out")" = "[]" ] || fail "a neighbour that nobody disputes has a history"
ctl stats
says out '^        dropped: unreachable +0$'
says out '^    conservation law holds: accepted [0-9]+ = sent [0-9]+ \+ dropped [0-9]+ \+ queued [0-9]+; received '
ctl conn -j
[ "$(cat "$work/out")" = "[]" ] || fail "there are connections in datagram mode"
for request in neigh path multicast interface stats address; do
	ctl "$request" -j
	[ "$(head -n 1 "$work/out")" = "[" ] || fail "$request -j is no array"
	says out '^    "dev": "ipoib0"'
done

say "a neighbour is asked whether it is there, and answers; one that is not there does not"
ctl neigh probe 10.10.1.2 dev ipoib0
says out '^10\.10\.1\.2 dev ipoib0 lladdr ([0-9a-f]{2}:){19}[0-9a-f]{2} answers after [0-9]+ ms$'
ctl neigh probe 10.10.1.2 dev ipoib0 -j
says out '^    "after_ms": [0-9]+$'
run 1 "$bin/ipoib-ctl" --control "$work/host1.control" neigh probe 10.10.1.77 dev ipoib0
says err '10\.10\.1\.77 dev ipoib0: no answer$'
run 1 "$bin/ipoib-ctl" --control "$work/host1.control" neigh probe 10.10.1.1 dev ipoib0
says err '10\.10\.1\.1 cannot be a neighbour'

# client MODE COUNT: clients that hold their connections until the end.
#   silent: say nothing; flood: send without a line's end; deaf: ask again and again, and never read
cat >"$work/client.pl" <<'PERL'
use strict;
use IO::Socket::UNIX;
my ($path, $mode, $count) = @ARGV;
$SIG{PIPE} = "IGNORE";
$| = 1;
my @held;
for (1 .. $count) {
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "connect: $!";
	$socket->blocking(0);
	syswrite $socket, "x" x 100000 if $mode eq "flood";
	syswrite $socket, "stats\n" x 10000 if $mode eq "deaf";
	push @held, $socket;
}
print "ready\n";
sleep 1000;
PERL

for mode in silent flood deaf; do
	say "60 $mode clients: packets pass, and others get their answers"
	start "$mode" perl "$work/client.pl" "$work/host1.control" "$mode" 60
	wait_ready "$mode"
	in_namespace "$ns_b" 0 ping -q -c 20 -i 0.02 10.10.1.1
	says out "20 packets transmitted, 20 received, 0% packet loss"
	ctl stats
	says out "conservation law holds"
	kill_hard "$mode"
done

say "a request that is none is told what there is"
perl -e '
	use IO::Socket::UNIX;
	my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "connect: $!";
	print $socket "reboot\n";
	print <$socket>;' "$work/host1.control" >"$work/out"
says out '^\{"error":"unknown request: '

say "no connection stays longer than its limit of 5 s"
perl -e '
	use IO::Socket::UNIX;
	my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "connect: $!";
	print <$socket>;' "$work/host1.control" >"$work/out" &
pid_of[lingering]=$!
order+=(lingering)
wait_until 20 dead lingering || fail "a silent connection stays"
unset "pid_of[lingering]"

say "a stale socket is replaced"
kill_hard host1
[ -S "$work/host1.control" ] || fail "this should leave a stale socket"
run 1 "$bin/ipoib-ctl" --control "$work/host1.control" stats
says err "nobody listens there; ipoib-tun has ended"
start_host "$ns_a" host1 host1/1 10.10.1.1/24
wait_ready host1
ctl interface
stop host1
stop host2
stop fabric
