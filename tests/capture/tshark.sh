#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# tshark, which knows nothing of this library, reads a capture that sample.c has written: it must
# find every field where we put it and complain of nothing.
#
#	tshark.sh [SAMPLE]
set -euo pipefail
export LC_ALL=C TZ=UTC

sample=${1:-${top_builddir:-.}/tests/capture/sample}
failed=0

if ! command -v tshark >/dev/null; then
	echo "SKIPPED: tshark is not installed, nobody has read our captures" >&2
	[ "${IPOIB_NO_SKIP:-0}" = 1 ] && exit 1
	exit 77
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$sample" "$scratch/sample.pcap"

# What tshark says about running as root is not about the capture.
read_capture() {
	timeout 60 tshark -n -r "$scratch/sample.pcap" -o ip.check_checksum:TRUE "$@" \
		2>"$scratch/stderr" ||
		{ echo "tshark $*:"; cat "$scratch/stderr"; exit 1; }
}

# fields FILTER FIELD...: one line a packet, the values with a bar between them.
fields() {
	local filter=$1 arguments=()
	shift
	for field; do
		arguments+=(-e "$field")
	done
	read_capture -Y "$filter" -T fields -E separator='|' "${arguments[@]}"
}

check() {
	local what=$1 expected=$2 found=$3
	if [ "$expected" = "$found" ]; then
		echo "ok: $what"
		return
	fi
	echo "FAILED: $what"
	diff <(echo "$expected") <(echo "$found") || true
	failed=1
}

# ---- nothing to complain about ----

check "no packet is malformed and no expert has a remark" "" \
	"$(fields '_ws.malformed or _ws.expert' frame.number _ws.expert.message)"
# Some complaints are in the text only ("Invalid Packet Length from LRH").
check "no text complains" "" \
	"$({ read_capture; read_capture -V; } | grep -iE 'malformed|invalid|truncated: 1|\[expert' || true)"

# ---- the layers below IP ----

lids='1|4|1|0x02|72
2|1|4|0x02|72
3|4|49152|0x03|33
4|7|1|0x02|72
5|1|7|0x02|72
6|7|4|0x02|23
7|4|7|0x02|30
8|7|4|0x03|40
9|4|7|0x02|17
10|7|4|0x03|27
11|4|7|0x02|1032
12|7|4|0x03|1042
13|4|49153|0x03|40
14|4|7|0x02|518
15|4|7|0x02|518
16|4|7|0x02|232
17|7|4|0x02|7
18|4|7|0x02|518
19|4|7|0x02|15
20|7|4|0x02|7'
check "LRH: source, destination, what follows, length in words" "$lids" "$(fields infiniband \
	frame.number infiniband.lrh.slid infiniband.lrh.dlid infiniband.lrh.lnh \
	infiniband.lrh.pktlen)"

grhs='3|fe80::11|ff12:401b:ffff::ffff:ffff|1|84
8|fe80::22|fe80::11|1|112
10|fe80::22|fe80::11|1|60
12|fe80::22|fe80::11|1|4120
13|fe80::11|ff12:401b:ffff::f01:203|1|112'
check "GRH: from, to, hop limit, length" "$grhs" "$(fields infiniband.grh \
	frame.number infiniband.grh.sgid infiniband.grh.dgid infiniband.grh.hoplmt \
	infiniband.grh.paylen)"

queue_pairs='1|0x000001|0x00000001|0x0000000080010000|65535|0
3|0xffffff|0x00000048|0x0000000000000b1b|65535|0
6|0x000048|0x00000049|0x0000000000000b1b|65535|0
9|0x000049|0x00000048|0x0000000000000b1b|65535|3
11|0x000049|0x00000048|0x0000000000000b1b|65535|0'
check "BTH and DETH: queue pairs, Q_Key, P_Key, padding" "$queue_pairs" "$(fields \
	'frame.number in {1, 3, 6, 9, 11}' frame.number infiniband.bth.destqp \
	infiniband.deth.srcqp infiniband.deth.q_key infiniband.bth.p_key infiniband.bth.padcnt)"

check "packets are numbered" "$(seq -s ' ' 0 12)" \
	"$(fields infiniband.deth infiniband.bth.psn | paste -sd ' ')"

connection='14|0|256|0x000049|0|0||
15|1|257|0x000049|0|0||
16|2|258|0x000049|1|0||
17|17|258|0x000048|0|0|31|1
18|4|259|0x000049|1|0||
19|4|260|0x000049|1|1||
20|17|260|0x000048|0|0|46|1'
check "a connection: opcode, number, queue pair, acknowledge, padding, AETH" "$connection" \
	"$(fields 'infiniband and not infiniband.deth' frame.number infiniband.bth.opcode \
	infiniband.bth.psn infiniband.bth.destqp infiniband.bth.a infiniband.bth.padcnt \
	infiniband.aeth.syndrome infiniband.aeth.msn)"

# ---- times ----

times=$(for i in {1..13}; do printf '%d.%09d\n' 1767225600 $((i * 1000001)); done)
check "times are exact to the nanosecond" "$times" "$(fields infiniband.deth frame.time_epoch)"
# ERF has a time of its own: seconds, and a binary fraction.
erf_time() {
	printf '0x%08x%08x' 1767225600 $(((1000001 * $1 * (1 << 32) + 500000000) / 1000000000))
}
check "ERF says the same" "$(erf_time 1)|$(erf_time 13)" \
	"$(fields 'frame.number in {1, 13}' erf.ts | while read -r ts; do
		printf '0x%016x\n' "$ts"; done | paste -sd '|')"

# ---- ARP ----

one=00000048fe800000000000000000000000000011
two=00000049fe800000000000000000000000000022
arps="32|0x0800|20|4|1|$one|10.10.1.1|$(printf '%040d' 0)|10.10.1.2
32|0x0800|20|4|2|$two|10.10.1.2|$one|10.10.1.1"
check "ARP with addresses of 20 octets" "$arps" "$(fields arp arp.hw.type arp.proto.type \
	arp.hw.size arp.proto.size arp.opcode arp.src.hw arp.src.proto_ipv4 arp.dst.hw \
	arp.dst.proto_ipv4)"

# ---- the subnet administrator ----

mads='1|0x03|0x02|0x02|0x0038|0x1122334455667788|0x0000000000010083
2|0x03|0x02|0x81|0x0038|0x1122334455667788|0x0000000000010083
4|0x03|0x02|0x01|0x0035|0x1122334455667788|0x000000000000340c
5|0x03|0x02|0x81|0x0035|0x1122334455667788|0x000000000000340c'
check "MADs: class, version, method, attribute, transaction, component mask" "$mads" "$(fields \
	infiniband.mad frame.number infiniband.mad.mgmtclass infiniband.mad.classversion \
	infiniband.mad.method infiniband.mad.attributeid infiniband.mad.transactionid \
	infiniband.sa.componentmask)"

record=infiniband.mcmemberrecord
members='ff12:401b:ffff::ffff:ffff|fe80::11|0x00000000|0x0000|0x00|0x00|0xffff|0x00|0x00|0x00|0x01
ff12:401b:ffff::ffff:ffff|fe80::11|0x00000b1b|0xc000|0x02|0x04|0xffff|0x03|0x12|0x02|0x01'
check "MCMemberRecord, asked and answered" "$members" "$(fields $record.mgid $record.mgid \
	$record.portgid $record.q_key $record.mlid $record.mtuselector $record.mtu $record.p_key \
	$record.rate $record.packetlifetime $record.scope $record.joinstate)"

record=infiniband.pathrecord
paths='fe80::11|fe80::22|0x0000|0x0000|0x00|0x01|0xffff|0x00|0x00|0x00|0x00
fe80::11|fe80::22|0x0004|0x0007|0x01|0x01|0xffff|0x02|0x05|0x07|0x12'
check "PathRecord, asked and answered" "$paths" "$(fields $record.dgid $record.dgid \
	$record.sgid $record.dlid $record.slid $record.reversible $record.numbpath $record.p_key \
	$record.mtuselector $record.mtu $record.rate $record.packetlifetime)"

# ---- IP ----

echoes='7|10.10.1.1|10.10.1.2|84|8|1|1
8|10.10.1.2|10.10.1.1|84|0|1|1
9|10.10.1.1|10.10.1.2|29|8|1|1
10|10.10.1.2|10.10.1.1|29|0|1|1
11|10.10.1.1|10.10.1.2|4092|8|1|1
12|10.10.1.2|10.10.1.1|4092|0|1|1
13|10.10.1.1|239.1.2.3|84|8|1|1
19|10.10.1.1|10.10.1.2|31|8|1|1'
check "ICMP echo: addresses, length, type, right checksums" "$echoes" "$(fields icmp \
	frame.number ip.src ip.dst ip.len icmp.type ip.checksum.status icmp.checksum.status)"
check "tshark matches replies to requests" "7 9 11" \
	"$(fields icmp.resp_to icmp.resp_to | paste -sd ' ')"

exit "$failed"
