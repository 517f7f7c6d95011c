# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What goes over the link, as tshark reads it: RoCE version 2, and in it the frames of IPoIB. The witness
# knows nothing of us.
if ! command -v tshark >/dev/null || ! command -v dumpcap >/dev/null; then
	say "left out: tshark is not installed"
	exit 0
fi

capture() { # NAME COMMAND...: what goes over the link while it runs
	local name=$1
	shift
	start "$name-dump" dumpcap -q -P -i veth0 -f "udp port 4791" -w "$work/$name.pcap"
	wait_until "$limit" grep -q "File:" "$work/$name-dump.err" || fail "dumpcap does not start"
	sleep 1
	"$@"
	wait_until "$limit" written "$name" || fail "dumpcap writes nothing"
	sleep 1
	stop "$name-dump" INT
}

# More than the head of the file, which a slow machine may take a while for.
written() { [ "$(stat -c %s "$work/$1.pcap")" -gt 1000 ]; }

# frames NAME FILTER: how many of them tshark finds.
frames() { tshark -n -r "$work/$1.pcap" -Y "$2" 2>"$work/tshark.err" | wc -l; }

pings() { # COUNT OPTION...
	local count=$1
	shift
	run 0 ipoib-ping --device rxe0/1 --address 10.50.0.1/24 -c "$count" -i 0.2 "$@" 10.50.0.2
}

has() { # NAME LEAST FILTER
	local count
	count=$(frames "$1" "$3")
	[ "$count" -ge "$2" ] || fail "$count frames of $1 are $3; $(tail -n 1 "$work/tshark.err")"
}

has_none() { [ "$(frames "$1" "$2")" -eq 0 ] || fail "$(frames "$1" "$2") frames of $1 are $2"; }

listener peer rxe1/1 10.50.0.2
capture datagram pings 3 -s 1000
stop peer
check arp_requests_have_link_addresses_of_20_octets has datagram 1 \
	'udp.dstport == 4791 && arp.opcode == 1 && arp.hw.size == 20 && arp.hw.type == 32'
check so_have_the_answers has datagram 1 'arp.opcode == 2 && arp.hw.size == 20'
check probes_precede_them has datagram 3 'arp.isprobe == 1'
check echo_requests_are_read has datagram 3 \
	'infiniband.deth && icmp.type == 8 && ip.src == 10.50.0.1 && ip.dst == 10.50.0.2'
check answers_are_read has datagram 3 'icmp.type == 0 && data.len == 992 || icmp.type == 0'
check broadcast_is_that_of_the_group has datagram 1 \
	'infiniband.bth.destqp == 0xffffff && arp'
check queue_keys_are_those_of_the_group has datagram 6 'infiniband.deth.q_key == 0x0b1b && icmp'
check nothing_is_malformed has_none datagram '_ws.malformed'

listener peer rxe1/1 10.50.0.2 --mode connected
# The first may be datagrams, or wait: the connection is made meanwhile.
capture connected pings 30 --mode connected -s 3000
stop peer
check connections_are_asked_for has connected 1 'infiniband.mad.attributeid == 0x0010'
check echo_requests_go_by_a_connection has connected 3 \
	'infiniband.bth.opcode == 4 && icmp.type == 8'
check nothing_of_it_is_malformed has_none connected '_ws.malformed'
