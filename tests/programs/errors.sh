#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Bad input gets a clear error, and what runs already loses nothing by it.
. "$(dirname "$0")/lib.sh"

need_binaries ipoib-fabric ipoib-perf ipoib-ping ipoib-resolve ipoib-ctl ipoib-tun
start_fabric --hosts 4
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24 \
	--listen
wait_ready listener
# What must not notice anything of all this.
start witness "$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24 \
	-i 0.05 10.10.1.1
wait_line witness.out "icmp_seq=3 "

ping_with() { # STATUS PATTERN OPTION...: of ipoib-ping
	local status=$1 pattern=$2
	shift 2
	run "$status" "$bin/ipoib-ping" "$@"
	says err "^ipoib-ping: .*$pattern"
}

tun_with() { # STATUS PATTERN SPECIFICATION...: of ipoib-tun's --interface
	local status=$1 pattern=$2 specification interfaces=()
	shift 2
	for specification; do
		interfaces+=(--interface "$specification")
	done
	run "$status" "$bin/ipoib-tun" --fabric "$work/fabric" "${interfaces[@]}"
	says err "^ipoib-tun: .*$pattern"
}

say "an unknown port"
tun_with 1 "port host9/1: .* no such port" ipoib0,port=host9/1,address=10.10.1.9/24
ping_with 2 "port host9/1: .* no such port" --fabric "$work/fabric" --port host9/1 \
	--address 10.10.1.9/24 10.10.1.1

say "two kinds of ports at once, and none"
tun_with 2 "ipoib0: two ports, host3/1 and rxe0/1|built without rdma-core" \
	ipoib0,port=host3/1,device=rxe0/1,address=10.10.1.3/24
ping_with 2 "give one or the other" --fabric "$work/fabric" --port host3/1 --device rxe0/1 \
	--address 10.10.1.3/24 10.10.1.1
ping_with 2 "--fabric PATH is missing" --port host3/1 --address 10.10.1.3/24 10.10.1.1
ping_with 2 "built without rdma-core|device no-such-device: " --device no-such-device \
	--address 10.10.1.3/24 10.10.1.1
status=0
timeout "$limit" "$bin/ipoib-tun" --interface ipoib0,device=no-such-device,address=10.10.1.3/24 \
	2>"$work/err" || status=$?
[ "$status" -ne 0 ] || fail "a device that is not there is taken"
says err "built without rdma-core|device no-such-device: "

say "an address without a prefix, and other addresses that are none"
tun_with 2 "address 10.10.1.3 has no prefix: write it as 10.10.1.3/24" \
	ipoib0,port=host3/1,address=10.10.1.3
ping_with 2 "address 10.10.1.3 has no prefix" --fabric "$work/fabric" --port host3/1 \
	--address 10.10.1.3 10.10.1.1
tun_with 2 "prefix \"33\" of 10.10.1.3 is not a number from 1 to 32" \
	ipoib0,port=host3/1,address=10.10.1.3/33
tun_with 2 "\"10.10.1.300\" is not the IPv4 address of a host" \
	ipoib0,port=host3/1,address=10.10.1.300/24
tun_with 2 "\"224.0.0.1\" is not the IPv4 address of a host" \
	ipoib0,port=host3/1,address=224.0.0.1/24

say "a socket that is not there"
run 1 "$bin/ipoib-tun" --fabric "$work/nowhere" --interface ipoib0,port=host3/1,address=10.10.1.3/24
says err "fabric $work/nowhere: nobody listens there; start one"
ping_with 2 "fabric $work/nowhere: nobody listens there" --fabric "$work/nowhere" --port host3/1 \
	--address 10.10.1.3/24 10.10.1.1
run 1 "$bin/ipoib-ctl" --control "$work/nowhere" stats
says err "^ipoib-ctl: --control $work/nowhere: there is no such socket"
: >"$work/plain"
run 2 "$bin/ipoib-ping" --fabric "$work/plain" --port host3/1 --address 10.10.1.3/24 10.10.1.1

say "a port attached twice"
tun_with 1 "port host1/1: another program is attached" ipoib0,port=host1/1,address=10.10.1.3/24
ping_with 2 "port host1/1: another program is attached" --fabric "$work/fabric" --port host1/1 \
	--address 10.10.1.3/24 10.10.1.2

say "a second fabric at the same socket, and one over a file"
run 1 "$bin/ipoib-fabric" --socket "$work/fabric" --pcap "$work/plain.pcap"
says err "--socket $work/fabric: somebody listens there already"
[ ! -e "$work/plain.pcap" ] || fail "a fabric that may not listen has made a capture"
run 1 "$bin/ipoib-fabric" --socket "$work/plain"
[ -f "$work/plain" ] || fail "a fabric has replaced a plain file by its socket"

say "numbers out of their range"
for option in "--hosts 0" "--hosts 1025" "--ports 9" "--mtu 1500" "--mtu 2048x" "--seed -1"; do
	# shellcheck disable=SC2086
	run 2 "$bin/ipoib-fabric" --socket "$work/other" $option
	says err "^ipoib-fabric: ${option% *}"
done

say "a subnet manager that is somebody else decides by itself"
run 2 "$bin/ipoib-fabric" --socket "$work/other" --external-sm --pkeys 0xffff
says err "^ipoib-fabric: --pkeys: with --external-sm the subnet manager gives P_Keys"
run 2 "$bin/ipoib-fabric" --socket "$work/other" --external-sm --hosts 96 --ports 2
says err "^ipoib-fabric: --external-sm: one switch has no room for more than 190 ports"
start managed "$bin/ipoib-fabric" --socket "$work/managed" --external-sm
wait_ready managed
for words in lids "lid host1/1" "sm restart" reregister "pkey all set 1 0x8002" "sa silent" \
	"gid all prefix fec0::"; do
	# shellcheck disable=SC2086
	run 1 "$bin/ipoib-ctl" fabric --socket "$work/managed" $words
	says err "this fabric was started with --external-sm"
done
run 0 "$bin/ipoib-ctl" fabric --socket "$work/managed" link host1/1 down
run 0 "$bin/ipoib-ctl" fabric --socket "$work/managed" status
says out "^sm not seen$"
says out "^host1/1 free down lid 0 "
stop managed

say "more numbers out of their range"
ping_with 2 "-s: \"65508\" is not a number from 0 to 65507" -s 65508
ping_with 2 "-i: \"nan\" is not a number of seconds" -i nan
ping_with 2 "-M: \"maybe\" is not do, want or dont" -M maybe
ping_with 2 "--mode: \"both\" is not a mode: datagram or connected" --mode both

say "P_Keys and MTUs that no interface can have"
tun_with 2 "P_Key 0x7fff is not a full member's" ipoib0,port=host3/1,address=10.10.1.3/24,pkey=0x7fff
tun_with 1 "P_Key 0x8123 is not in the table of port host3/1" \
	ipoib0,port=host3/1,address=10.10.1.3/24,pkey=0x8123
tun_with 2 "\"67\" is not a number from 68 to 65520" ipoib0,port=host3/1,address=10.10.1.3/24,mtu=67
tun_with 2 "\"65521\" is not a number from 68 to 65520" \
	ipoib0,port=host3/1,address=10.10.1.3/24,mode=connected,mtu=65521
tun_with 2 "\"rc\" is not a mode: datagram or connected" \
	ipoib0,port=host3/1,address=10.10.1.3/24,mode=rc

say "levels, policies and times that there are not"
with_option() { # OPTION PATTERN
	tun_with 2 "$2" "ipoib0,port=host3/1,address=10.10.1.3/24,$1"
}
with_option connected_depth=0 "\"0\" is not a number from 1 to 16384"
with_option connected_depth=16385 "\"16385\" is not a number"
with_option connections_max=0 "\"0\" is not a number from 1 to 16384"
with_option connection_timeout=32 "\"32\" is not a number from 1 to 31"
with_option connection_retries=0 "\"0\" is not a number from 1 to 7"
with_option queue_packets=none "\"none\" is not a number from 1 to 1048576"
with_option queue_packets_total=1048577 "\"1048577\" is not a number from 1 to 1048576"
with_option queue_age=61 "\"61\" is not a number of seconds from 0.001 to 60"
with_option gc_thresh3=16777217 "\"16777217\" is not a number from 1 to 16777216"
with_option gc_thresh1=600,gc_thresh2=500 "gc_thresh1 600, gc_thresh2 500 and gc_thresh3 4096 must not fall"
with_option gc_thresh3=1000,gc_thresh2=1001 "gc_thresh1 125, gc_thresh2 1001 and gc_thresh3 1000 must not fall"
with_option arp_ignore=4 "ipoib0: arp_ignore=4 is none: it is 0, 1, 2, 3 or 8"
with_option arp_announce=3 "arp_announce=3 is none: it is 0, 1 or 2"
with_option flux=maybe "flux=maybe is none: it is confirm, accept, pin or hold"
with_option flux_hold=0 "\"0\" is not a number of seconds from 0.1 to 86400"
with_option flux_hold=soon "\"soon\" is not a number of seconds"
with_option acd=slow "acd=slow is none: it is fast, rfc or off"
with_option defend= "defend= is none: it is always, once or never"
with_option arp_ignore "\"arp_ignore\" is not port=, device=, address=, .*defend="
with_option garp=1 "\"garp=1\" is not port=, device=, address=, "

say "addresses of IPv6 that no host has"
with_option address=fd00::1 "address fd00::1 has no prefix: write it as fd00::1/64"
with_option address=fd00::1/129 "prefix \"129\" of fd00::1 is not a number from 1 to 128"
with_option address=fd00::1/x "prefix \"x\" of fd00::1 is not a number"
for none in :: ::1 ff02::1 fd00::12345 fd00:::1; do
	with_option "address=$none/64" "\"$none\" is not the IPv6 address of a host"
done
with_option address=fd00::1/64,address=FD00:0::1/64 "address fd00::1 is given twice"

say "what is given twice"
tun_with 2 "ipoib0: two interfaces of this name" ipoib0,port=host3/1,address=10.10.1.3/24 \
	ipoib0,port=host4/1,address=10.10.1.4/24
tun_with 2 "port host3/1 is the port of ipoib0 already" ipoib0,port=host3/1,address=10.10.1.3/24 \
	ipoib1,port=host3/1,address=10.10.1.4/24
tun_with 2 "address 10.10.1.3 is given twice" ipoib0,port=host3/1,address=10.10.1.3/24 \
	ipoib1,port=host4/1,address=10.10.1.3/16
tun_with 2 "port= is missing" ipoib0,address=10.10.1.3/24
tun_with 2 "address= is missing" ipoib0,port=host3/1
tun_with 2 "\"color=red\" is not port=" ipoib0,port=host3/1,color=red
tun_with 2 "is not the name of a device" this-name-is-too-long,port=host3/1,address=10.10.1.3/24

say "garbage options: the usage on standard error, status 2"
for program in ipoib-fabric ipoib-tun ipoib-ping ipoib-resolve ipoib-perf ipoib-ctl; do
	for garbage in --garbage -Z --help=no; do
		run 2 "$bin/$program" "$garbage"
		says err "^$program: "
		says err "^Usage: $program "
		[ ! -s "$work/out" ] || fail "$program $garbage prints on standard output"
	done
	run 2 "$bin/$program"
	run 0 "$bin/$program" --help
	says out "^Usage: $program "
	run 0 "$bin/$program" --version
	says out "^$program \(libipoib\) [0-9]+\.[0-9]+\.[0-9]+"
done
run 2 "$bin/ipoib-ctl" --control "$work/nowhere" everything
says err "\"everything\" is not neigh, address, conn, flux, interface, monitor, multicast, path or stats"
run 2 "$bin/ipoib-ctl" --control "$work/nowhere" stats path
says err "two requests, stats and path"
run 2 "$bin/ipoib-ctl" --control "$work/nowhere" neigh "del 10.10.1.1"
says err "\"del 10.10.1.1\" is not a word"
run 2 "$bin/ipoib-ctl" --control "$work/nowhere" neigh change
says err "\"neigh change\" is not neigh alone, neigh monitor, neigh add IP LLADDR dev NAME"
run 1 "$bin/ipoib-ctl" --control "$work/nowhere" monitor
says err "there is no such socket"

say "destinations that no packet can reach, or that may be a mistake"
ping_with 2 "10.10.1.255 is the broadcast address of 10.10.1.3/24; add -b if it is meant" \
	--fabric "$work/fabric" --port host3/1 --address 10.10.1.3/24 10.10.1.255
ping_with 2 "10.10.1.0 is the address of the subnet" --fabric "$work/fabric" --port host3/1 \
	--address 10.10.1.3/24 10.10.1.0
ping_with 2 "192.168.1.1 is not on the link of 10.10.1.3/24" --fabric "$work/fabric" --port host3/1 \
	--address 10.10.1.3/24 192.168.1.1

if why=$(has_tun); then
	say "an MTU above the fabric's"
	namespace a
	# shellcheck disable=SC2154
	in_namespace "$ns_a" 1 "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface ipoib0,port=host3/1,address=10.10.1.3/24,mtu=4000
	says err "mtu=4000 is more than the fabric gives at port host3/1: 2044"
	say "connections give it"
	start large ip netns exec "$ns_a" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface ipoib0,port=host3/1,address=10.10.1.3/24,mode=connected,mtu=4000
	wait_ready large
	in_namespace "$ns_a" 0 ip address show ipoib0
	says out "mtu 4000"
	stop large
	say "a smaller one is taken, and a control socket is kept from others"
	start small ip netns exec "$ns_a" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--control "$work/small.control" \
		--interface ipoib0,port=host3/1,address=10.10.1.3/24,address=10.10.2.3/24,mtu=1500
	wait_ready small
	in_namespace "$ns_a" 0 ip address show ipoib0
	says out "mtu 1500"
	says out "inet 10.10.2.3/24"
	in_namespace "$ns_a" 1 "$bin/ipoib-tun" --fabric "$work/fabric" \
		--control "$work/small.control" \
		--interface ipoib1,port=host4/1,address=10.10.1.4/24
	says err "--control $work/small.control: somebody listens there already"
	say "a device name that is taken"
	in_namespace "$ns_a" 1 "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface ipoib0,port=host4/1,address=10.10.1.4/24
	says err "interface ipoib0: a device of this name is in use"
	run 0 "$bin/ipoib-ctl" --control "$work/small.control" interface
	says out "^ipoib0: <UP,PORT_ACTIVE> mtu 1500 port host3/1"
	stop small
	[ ! -e "$work/small.control" ] || fail "ipoib-tun has left its control socket behind"
else
	[ "${IPOIB_NO_SKIP:-0}" != 1 ] || fail "$why: the part with devices may not be skipped"
	say "LEFT OUT, because of $why: an MTU above the fabric's, control sockets, device names"
fi

say "who was there before has noticed nothing"
alive fabric || fail "the fabric has ended"
alive listener || fail "the listener has ended"
stop witness INT
heard_all witness.out
stop listener
stop fabric
