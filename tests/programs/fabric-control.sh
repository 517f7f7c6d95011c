#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Faults injected into a running fabric, and hosts that live through them.
. "$(dirname "$0")/lib.sh"

need_tun
namespace a
namespace b
# shellcheck disable=SC2154
a=$ns_a b=$ns_b

start_fabric --hosts 2 --pkeys 0xffff,0x8001
fabric() { run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"; }

say "the fabric says what it is, and beside its socket stands another"
[ -S "$work/fabric.control" ] || fail "there is no control socket"
fabric status
says out '^sm lid [0-9]+$'
says out '^frames 0 copies 0 delivered 0 in_flight 0 mads 0 groups 2$'
says out '^host2/1 free up lid 2 gid fe80::2:c903:2:1 mtu 2048 pkeys 0xffff,0x8001$'
fabric -j status
says out '^    "running": true,$'
says out '^      "port": "host1/1",$'
fabric reregister -j
says out '^  "ok": true$'

# wrong PATTERN WORD...: told by ipoib-ctl itself. refused PATTERN WORD...: by the fabric.
wrong() {
	local pattern=$1
	shift
	run 2 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"
	says err "$pattern"
	says err "^Try 'ipoib-ctl fabric --help'"
}
refused() {
	local pattern=$1
	shift
	run 1 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"
	says err "$pattern"
}

say "what is wrong with a command is told, and what would be right"
wrong 'a command is missing: link, lids'
wrong '"lnik" is not link, lids, .* or status' lnik host1/1 up
wrong 'link: PORT is missing; write it as "link PORT\|all up\|down"' link
wrong '"host1" is not the name of a port such as host1/1 or all' link host1 up
wrong 'link: up or down is missing' link host1/1
wrong '"sideways" is not up or down' link host1/1 sideways
wrong '"now" is too much; write it as "lids"' lids now
wrong 'LID "49150" is not a number from 0 to 49149' lid host1/1 49150
wrong '0 is no LID' lid host1/1 0
wrong '"all" is not the name of a port' lid all
wrong '"kill" is not restart, move, stop or start' sm kill
wrong '"everybody" is not the name of a port such as host1/1 or all' reregister everybody
wrong 'pkey: set or table is missing' pkey host1/1
wrong 'INDEX "15" is not a number from 0 to 14' pkey host1/1 set 15 0xffff
wrong '"0x10000" is not a P_Key: 0 \(none\) to 0xffff, except 0x8000' pkey host1/1 set 0 0x10000
wrong '"0x8000" is not a P_Key' pkey host1/1 table 0xffff,0x8000
wrong '"" is not a P_Key' pkey host1/1 table 0xffff,
wrong 'a table has 15 P_Keys at most' pkey all table 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16
wrong '"10.1.1.1" is not a GID such as fe80::' gid host1/1 10.1.1.1
wrong "a GID is one port's" gid all fe80::1
wrong '"fec0::1" is not a subnet prefix such as fe80::' gid all prefix fec0::1
wrong '"2.5" is not a number of parts per million up to 1000000, or a percentage' loss all 2.5
wrong '"101%" is not a number of parts' loss host1/1 101%
wrong '"1000001" is not a number of parts' duplicate sm 1000001
wrong 'MICROSECONDS "-1" is not a number from 0 to 60000000' reorder all 1% -- -1
wrong 'MICROSECONDS is missing; write it as "delay ' delay all
wrong '"5" is too much' delay all 1 2 5
wrong 'MILLISECONDS is missing' sa slow
wrong '"rep,who" is not a list of req, mra, rej, rep, rtu, dreq and drep' cm-loss all 1% rep,who
wrong '"fast" is not silent, busy, slow or normal' sa fast
run 2 "$bin/ipoib-ctl" fabric status
says err '--socket PATH is missing'
refused 'there is no port host3/1; they are host1/1 to host2/1' link host3/1 down
refused 'there is no port host1/2' gid host1/2 prefix fec0::
refused "LID 2 is another port's" lid host1/1 2
refused "the GUID, .*, is another port's" gid host1/1 fe80::2:c903:2:1
refused "a port's GID has a GUID, and a prefix other than ff00::/8" gid host1/1 ff12::1
run 1 "$bin/ipoib-ctl" fabric --socket "$work/nothing" status
says err "there is no control socket $work/nothing.control; was an ipoib-fabric started"
run 2 "$bin/ipoib-fabric" --socket "$work/other" --pkeys 0xffff,0x8000
says err '--pkeys 0xffff,0x8000: "0x8000" is not a P_Key'

start_host "$a" host1 host1/1 10.10.1.1/24
start_host "$b" host2 host2/1 10.10.1.2/24
wait_ready host1 host2
in_namespace "$a" 0 ping -q -c 3 -i 0.2 10.10.1.2
# One that runs all the time, whatever happens below it.
start ping ip netns exec "$a" ping -i 0.1 10.10.1.2
wait_line ping.out "icmp_seq=3 "

answers() { grep -c "bytes from" "$work/ping.out" || :; }
more_answers() { [ "$(answers)" -ge $((heard + 5)) ]; }
pings_go_on() {
	heard=$(answers)
	wait_until "$limit" more_answers || fail "the ping hears nothing after: $*"
	assert_law host1 host2
}
count() { grep -c "$2" "$work/$1.err" || :; }
counted() { [ "$(count "$1" "$2")" -ge "$3" ]; }
port() { timeout "$limit" "$bin/ipoib-ctl" fabric --socket "$work/fabric" status | grep "^$1 "; }

say "a link goes down and comes up"
fabric link host2/1 down
wait_until "$limit" counted host2 "host2/1 is down" 1 || fail "host2 does not say so"
[ "$(count host1 "is down")" -eq 0 ] || fail "host1 says that its port is down"
port host2/1 | grep -q " attached down " || fail "status does not say so"
fabric link host2/1 up
wait_until "$limit" counted host2 "host2/1 is back" 1 || fail "host2 does not come back"
pings_go_on "link down and up"

say "every LID moves, then that of one port alone"
before=$(port host1/1)
fabric lids
[ "$(port host1/1)" != "$before" ] || fail "the LID is the same"
pings_go_on lids
has_lid() { timeout "$limit" "$bin/ipoib-ctl" --control "$work/host1.control" interface -j |
	grep -q "\"lid\": $1,"; }
fabric lid host1/1 4711
port host1/1 | grep -q " lid 4711 " || fail "it has another one: $(port host1/1)"
wait_until "$limit" has_lid 4711 || fail "host1 was not told"
fabric lid host1/1
wait_until "$limit" has_lid 49149 || fail "host1 was not told"
# host2 is not, and finds out: what comes from host1 comes from another LID than its record says.
pings_go_on "lid of one port alone"
counted host2 "has LID 49149 now, and its path record said another" 1 ||
	fail "host2 does not say that a path has changed"
fabric lids
pings_go_on "lid, and lids again"

say "a port gets another GID, and its own one again"
has_gid() { timeout "$limit" "$bin/ipoib-ctl" --control "$work/host1.control" interface -j |
	grep -q "\"gid\": \"$1\","; }
fabric gid host1/1 fe80::2:c903:1:77
wait_until "$limit" has_gid fe80::2:c903:1:77 || fail "host1 was not told"
fabric gid host1/1 prefix fec0:0:0:1::
wait_until "$limit" has_gid fec0::1:2:c903:1:77 || fail "host1 was not told"
fabric gid host1/1 fe80::2:c903:1:1
wait_until "$limit" has_gid fe80::2:c903:1:1 || fail "host1 was not told"
pings_go_on "gid, and back"

say "the subnet manager dies, and packets pass; it returns, and another one takes over"
fabric sm stop
fabric status
says out '^sm dead$'
pings_go_on "sm stop"
fabric sm start
pings_go_on "sm start"
fabric sm restart
pings_go_on "sm restart"
fabric sm stop
fabric sm move
fabric status
says out '^sm lid [0-9]+$'
pings_go_on "sm move"
fabric reregister host1/1
fabric reregister
pings_go_on reregister
[ "$(count host1 "is down")" -eq 0 ] || fail "host1 says that its port went down"

say "frames are lost, doubled, held back and late"
fabric loss all 100%
fabric loss sm 0
sleep 0.5
heard=$(answers)
sleep 1
[ "$(answers)" -eq "$heard" ] || fail "the ping hears answers without a frame"
fabric status
says out '^host1/1 .* loss 1000000ppm$'
says out '^dropped: fault [1-9][0-9]* '
fabric loss all 0
pings_go_on loss
fabric delay all 150000
in_namespace "$b" 0 ping -q -c 5 -i 0.2 10.10.1.1
says out '5 received'
says out '^rtt min/avg/max/mdev = (29[0-9]|[3-9][0-9][0-9])\.'
fabric delay all 0
fabric duplicate host1/1 100%
fabric reorder host2/1 50% 2000
in_namespace "$b" 0 ping -q -c 10 -i 0.1 10.10.1.1
says out '10 received'
fabric status
says out '^host1/1 .* duplicate 1000000ppm$'
says out '^host2/1 .* reorder 500000ppm$'
fabric duplicate all 0
fabric cm-loss host1/1 50% rep,dreq
fabric cm-loss sm 1
fabric status
says out '^host1/1 .* cm-loss 500000ppm rep,dreq$'
says out '^sm .* cm-loss 1ppm$'
fabric cm-loss all 0
fabric reorder all 0
pings_go_on "delay, duplicate, reorder"

say "a slow, a busy and a silent SA do no harm to who has what he needs"
for how in "slow 200" busy silent normal; do
	# shellcheck disable=SC2086
	fabric sa $how
	pings_go_on "sa $how"
done

say "a P_Key that goes takes the interface down; it comes back with it"
downs=$(count host1 "host1/1 is down") backs=$(count host1 "host1/1 is back")
fabric pkey host1/1 set 0 0
port host1/1 | grep -q " pkeys 0x0000,0x8001$" || fail "the table is another one"
wait_until "$limit" counted host1 "host1/1 is down" $((downs + 1)) || fail "host1 stays up"
heard=$(answers)
sleep 0.5
[ "$(answers)" -le $((heard + 1)) ] || fail "the ping hears answers without a P_Key"
fabric pkey host1/1 set 0 0xffff
wait_until "$limit" counted host1 "host1/1 is back" $((backs + 1)) || fail "host1 stays down"
pings_go_on "P_Key removal and return"
fabric pkey all table 0xffff,0x8001,0x8002
pings_go_on "two more P_Keys"
fabric pkey host1/1 table 0x8001,0xffff
pings_go_on "P_Key in another place"

say "no client of the control socket can hold up the fabric"
if command -v perl >/dev/null; then
	cat >"$work/client.pl" <<-'PERL'
		use strict;
		use IO::Socket::UNIX;
		$SIG{PIPE} = "IGNORE";
		$| = 1;
		my @held;
		for my $bytes ("", "x" x 5000, "status", "status\n" x 1000, "\xff\xfe \0\n") {
			for (1 .. 10) {
				my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "connect: $!";
				$socket->blocking(0);
				syswrite $socket, $bytes if length $bytes;
				push @held, $socket;
			}
		}
		print "ready\n";
		sleep 600;
	PERL
	start client perl "$work/client.pl" "$work/fabric.control"
	wait_ready client
	fabric status
	pings_go_on "silent, deaf and babbling clients"
	kill_hard client
fi

say "everything ends cleanly, and both sockets go"
kill_hard ping
stop host1
stop host2
stop fabric
[ ! -e "$work/fabric" ] && [ ! -e "$work/fabric.control" ] || fail "a socket was left behind"
