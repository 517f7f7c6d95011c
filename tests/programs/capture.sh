#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What the programs record, tshark reads to the last field, and finds nothing wrong with.
. "$(dirname "$0")/lib.sh"

need_binaries ipoib-fabric ipoib-ping
need_program tshark

columns=(frame.time_epoch _ws.col.Info _ws.malformed _ws.short _ws.expert.message
	arp.hw.type arp.hw.size arp.src.hw arp.src.proto_ipv4 arp.dst.proto_ipv4 icmp.type ip.src
	infiniband.mad.mgmtclass infiniband.mad.attributeid infiniband.pathrecord.dlid
	infiniband.mcmemberrecord.mgid)

# read_capture FILE: every packet as one line of the columns above, in $work/packets.
read_capture() {
	local field arguments=()
	for field in "${columns[@]}"; do
		arguments+=(-e "$field")
	done
	run 0 tshark -n -r "$1" -T fields -E separator=/t "${arguments[@]}"
	cp "$work/out" "$work/packets"
	[ -s "$work/packets" ] || fail "${1##*/} is empty"
}

# column NAME: that field of each packet that has it.
column() {
	local i
	for i in "${!columns[@]}"; do
		[ "${columns[i]}" != "$1" ] || cut -f $((i + 1)) "$work/packets" | grep -v '^$'
	done
}

# assert_has FIELD PATTERN
assert_has() {
	column "$1" | grep -qE "$2" && return
	column "$1" | sort | uniq -c
	fail "no packet with $1 like $2"
}

# No complaint, neither in the Info column nor as a mark of the dissector.
assert_clean() {
	if column _ws.col.Info | grep -iE "malformed|invalid|unknown|bogus"; then
		fail "tshark complains"
	fi
	for field in _ws.malformed _ws.short _ws.expert.message; do
		! column "$field" | grep . || fail "tshark marks packets: $field"
	done
}

assert_data() {
	say "ARP with 20-byte addresses, ICMP echo both ways"
	assert_has arp.hw.type '^32$'
	assert_has arp.hw.size '^20$'
	assert_has arp.src.hw '^00(:?[0-9a-f]{2}){19}$'
	assert_has arp.src.proto_ipv4 '^10\.10\.1\.1$'
	assert_has arp.src.proto_ipv4 '^10\.10\.1\.2$'
	assert_has arp.dst.proto_ipv4 '^10\.10\.1\.1$'
	assert_has icmp.type '^8$'
	assert_has icmp.type '^0$'
	assert_has ip.src '^10\.10\.1\.1$'
	assert_has ip.src '^10\.10\.1\.2$'
}

start_fabric --hosts 2 --pcap "$work/fabric.pcap"
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24 \
	--listen
wait_ready listener
run 0 "$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24 -c 3 -i 0.1 \
	-s 2016 10.10.1.1

say "a capture is whole at every moment: a copy taken while the fabric runs"
cp "$work/fabric.pcap" "$work/early.pcap"
read_capture "$work/early.pcap"
assert_clean
stop listener
stop fabric

say "the fabric's capture: no complaint"
read_capture "$work/fabric.pcap"
assert_clean
assert_data

say "the questions to the subnet administrator and its answers, attribute by attribute"
assert_has infiniband.mad.mgmtclass '^0x0*3$'
assert_has infiniband.mad.attributeid '^0x0*35$'
assert_has infiniband.mad.attributeid '^0x0*38$'
assert_has infiniband.pathrecord.dlid '[1-9]'
assert_has infiniband.mcmemberrecord.mgid '^ff12:401b:ffff:'

say "times are of today"
first=$(column frame.time_epoch | head -n 1)
age=$(($(date +%s) - ${first%.*}))
((age >= -1 && age < 600)) || fail "the first packet is $age s old"

if why=$(need_program ip && has_tun) && [ -x "$bin/ipoib-tun" ]; then
	say "ipoib-tun --pcap: what the interface sends and receives"
	namespace a
	namespace b
	start_fabric --hosts 2
	# shellcheck disable=SC2154
	start_host "$ns_a" host1 host1/1 10.10.1.1/24
	# shellcheck disable=SC2154
	start_host "$ns_b" host2 host2/1 10.10.1.2/24 --pcap "$work/host2.pcap"
	wait_ready host1 host2
	in_namespace "$ns_b" 0 ping -q -c 3 -i 0.2 10.10.1.1
	say "a killed program leaves a good file"
	kill_hard host2
	read_capture "$work/host2.pcap"
	assert_clean
	assert_data
	stop host1
	stop fabric
else
	[ "${IPOIB_NO_SKIP:-0}" != 1 ] || fail "$why: ipoib-tun --pcap may not be left out"
	say "LEFT OUT: ipoib-tun --pcap ($why)"
fi
