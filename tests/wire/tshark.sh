#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# tshark, which knows nothing of this library, reads the IPv6 packets that sample.c has written: it
# must find every field where we put it and every checksum right.
#
#	tshark.sh [SAMPLE]
set -euo pipefail
export LC_ALL=C TZ=UTC

sample=${1:-${top_builddir:-.}/tests/wire/sample}
failed=0

if ! command -v tshark >/dev/null; then
	echo "SKIPPED: tshark is not installed, nobody has read our packets" >&2
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

# fields FILTER FIELD...: one line a packet, the values with a bar between them.
fields() {
	local filter=$1 arguments=()
	shift
	for field; do
		arguments+=(-e "$field")
	done
	read_capture -Y "$filter" -T fields -E separator='|' -E occurrence=f "${arguments[@]}"
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

one=fe80::f652:1403:12:ab01
two=fe80::f652:1403:12:ab02
link_one=80000048fe80000000000000f45214030012ab01
link_two=80000049fe80000000000000f45214030012ab02

check "no packet is malformed" "" "$(fields _ws.malformed frame.number)"
check "every checksum is right" $'1\n1\n1\n1\n1' "$(fields icmpv6 icmpv6.checksum.status)"
check "types and codes" $'135|0\n136|0\n135|0\n2|0\n1|3' \
	"$(fields icmpv6 icmpv6.type icmpv6.code)"
check "addresses and hop limits" "$one|ff02::1:ff12:ab02|255
$two|$one|255
::|ff02::1:ff12:ab02|255
$two|$one|64
$two|$one|64" "$(fields icmpv6 ipv6.src ipv6.dst ipv6.hlim)"
check "solicitations: targets" "$two"$'\n'"$two" \
	"$(fields 'icmpv6.type == 135' icmpv6.nd.ns.target_address)"
check "solicitations: option, its length, padding and link address; none in that of DAD" \
	"1|3|0000$link_one"$'\n||' \
	"$(fields 'icmpv6.type == 135' icmpv6.opt.type icmpv6.opt.length icmpv6.opt.linkaddr |
		tr -d :)"
check "advertisement: target and flags" "$two|0|1|1" "$(fields 'icmpv6.type == 136' \
	icmpv6.nd.na.target_address icmpv6.nd.na.flag.r icmpv6.nd.na.flag.s icmpv6.nd.na.flag.o)"
check "advertisement: option, its length, padding and link address" "2|3|0000$link_two" \
	"$(fields 'icmpv6.type == 136' icmpv6.opt.type icmpv6.opt.length icmpv6.opt.linkaddr |
		tr -d :)"
check "too big: the MTU, and no longer than every link takes" "2044|1240" \
	"$(fields 'icmpv6.type == 2' icmpv6.mtu ipv6.plen)"

exit "$failed"
