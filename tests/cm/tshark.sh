#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# tshark, which knows nothing of this library, reads the messages that two managers have said to
# each other: it must find every field where we put it and complain of nothing.
#
#	tshark.sh [SAMPLE]
set -euo pipefail
export LC_ALL=C TZ=UTC

sample=${1:-${top_builddir:-.}/tests/cm/sample}
failed=0

if ! command -v tshark >/dev/null; then
	echo "SKIPPED: tshark is not installed, nobody has read our messages" >&2
	[ "${IPOIB_NO_SKIP:-0}" = 1 ] && exit 1
	exit 77
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$sample" "$scratch/sample.pcap"

# What tshark says about running as root is not about the capture.
read_capture() {
	timeout 60 tshark -n -r "$scratch/sample.pcap" "$@" 2>"$scratch/stderr" ||
		{ echo "tshark $*:"; cat "$scratch/stderr"; exit 1; }
}

# fields FRAME FIELD...: one line, the values with a bar between them.
fields() {
	local filter="frame.number==$1" arguments=()
	shift
	for field; do
		arguments+=(-e "infiniband.$field")
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

padded() {
	printf '%s%0*d' "$1" $((2 * $2 - ${#1})) 0
}
private=000000490000fff4

check "no packet is malformed and no expert has a remark" "" \
	"$(read_capture -Y '_ws.malformed or _ws.expert')"
check "the messages are what they are" \
	"ConnectRequest ConnectReject ConnectRequest MsgRcptAck ConnectReply ReadyToUse \
DisconnectRequest DisconnectReply" \
	"$(read_capture | sed 's/.*CM: //' | paste -sd ' ')"

mads='0x07|0x02|0x03|0x0010
0x07|0x02|0x03|0x0012
0x07|0x02|0x03|0x0010
0x07|0x02|0x03|0x0011
0x07|0x02|0x03|0x0013
0x07|0x02|0x03|0x0014
0x07|0x02|0x03|0x0015
0x07|0x02|0x03|0x0016'
check "MADs: class, version, method, attribute" "$mads" "$(for i in {1..8}; do
	fields $i mad.mgmtclass mad.classversion mad.method mad.attributeid; done)"

check "REQ, dialled as RFC 4755 says: service ID" 0x0100000000000048 \
	"$(fields 1 cm.req.serviceid)"
check "REQ: service ID, GUID, Q_Key, queue pair, depths" \
	"0x1000000000000048|0x0002c90300000011|0x00000000|0x000051|0x04|0x00" \
	"$(fields 3 cm.req.serviceid cm.req.localcaguid cm.req.localqkey cm.req.localqpn \
		cm.req.responderres cm.req.initdepth)"
check "REQ: timeouts, type, PSN, retries" "0x14|0x00|0x00|0x000123|0x14|0x05|0x03|0x03|0x01" \
	"$(fields 3 cm.req.remoteresptout cm.req.transpsvctype cm.req.e2eflowctrl \
		cm.req.startpsn cm.req.localresptout cm.req.retrcount cm.req.rnrretrcount \
		cm.req.maxcmretr cm.req.srq)"
check "REQ: P_Key, MTU" "0xffff|0x05" "$(fields 3 cm.req.pkey cm.req.pppmtu)"
# tshark 4.0 looks for the packet rate in the wrong bits and finds 0.
check "REQ: primary path" "4|7|fe80::11|fe80::22|0x00000000|0x00|0x02|0x01|0x11" \
	"$(fields 3 cm.req.prim_locallid cm.req.prim_remotelid cm.req.prim_localgid \
		cm.req.prim_remotegid cm.req.prim_flowlabel cm.req.prim_hoplim cm.req.prim_sl \
		cm.req.prim_subnetlocal cm.req.prim_localacktout)"
check "REQ: private data" "$(padded $private 92)" "$(fields 3 cm.req.private)"

id=$(fields 3 cm.req)
ids=$(fields 5 cm.rep)
check "REP: queue pair, PSN, depths, delay, retries, SRQ, GUID" \
	"0x000061|0x000456|0x04|0x00|0x0f|0x00|0x07|0x01|0x0002c90300000012" \
	"$(fields 5 cm.rep.localqpn cm.rep.startpsn cm.rep.respres cm.rep.initdepth \
		cm.rep.tgtackdelay cm.rep.failoveracc cm.rep.rnrretrcount cm.rep.srq \
		cm.rep.localcaguid)"
check "REP: private data" "$(padded $private 196)" "$(fields 5 cm.rep.private)"
check "REP answers the REQ" "$id" "$(fields 5 cm.rep.remotecommid)"
check "RTU, DREQ, DREP: communication IDs" \
	"$id|$ids
$id|$ids
$ids|$id" "$(fields 6 cm.rtu.localcommid cm.rtu.remotecommid
	fields 7 cm.dreq.localcommid cm.dreq.remotecommid
	fields 8 cm.drsp.localcommid cm.drsp.remotecommid)"
check "DREQ: the other's queue pair" 0x000061 "$(fields 7 cm.req.remoteqpneecn)"
check "REJ: IDs, message, reason" "0x00000000|$(fields 1 cm.req)|0x00|0x00|0x0008" \
	"$(fields 2 cm.rej.localcommid cm.rej.remotecommid cm.rej.msgrej cm.rej.rejinfolen \
		cm.rej.reason)"
check "REJ: private data" "$(padded $private 148)" "$(fields 2 cm.rej.private)"

exit "$failed"
