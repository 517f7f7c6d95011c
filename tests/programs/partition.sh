#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Limited members of a partition: two of them do not reach each other, and each program says why.
. "$(dirname "$0")/lib.sh"

need_tun
need_binaries ipoib-ping ipoib-perf
namespace a
start_fabric --hosts 3
fabric() { run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" "$@"; }
fabric pkey host1/1 table 0x8001,0x7fff
fabric pkey host2/1 table 0x7fff
# shellcheck disable=SC2154
start_host "$ns_a" host1 host1/1 10.10.1.1/24
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host3/1 --address 10.10.1.3/24 \
	--listen
wait_ready host1 listener

ctl() { run 0 "$bin/ipoib-ctl" --control "$work/host1.control" "$@"; }
ping=("$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24)
perf=("$bin/ipoib-perf" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24)
limited='is a limited member of partition 0xffff: it reaches full members only, .*"0x[0-9a-f]{16}=full" in OpenSM'
# said FILE COUNT: so many lines of it.
has_said() { [ "$(grep -cE "$limited" "$work/$1")" -eq "$2" ]; }
said() { has_said "$@" || fail "$1 does not say $2 times what is wrong"; }

say "a limited member is told at the start, and shown"
wait_line host1.err "^ipoib-tun: interface ipoib0: port host1/1 $limited"
ctl interface
says out '^    gid fe80:.* pkey 0xffff limited$'
ctl interface -j
says out '"membership": "limited"'
start events "$bin/ipoib-ctl" --control "$work/host1.control" monitor
start events_json "$bin/ipoib-ctl" --control "$work/host1.control" monitor -j
wait_line events.err listening
wait_line events_json.err listening

say "it reaches a full member"
in_namespace "$ns_a" 0 ping -q -c 2 -i 0.2 10.10.1.3
run 0 "${ping[@]}" -c 2 -i 0.1 10.10.1.3
said err 0

say "it does not reach another limited one, and that is told once"
in_namespace "$ns_a" 1 ping -q -c 1 -W 8 10.10.1.2
run 1 "${ping[@]}" -c 40 -i 0.1 10.10.1.1
says out '^From 10\.10\.1\.2 icmp_seq=1 Destination Host Unreachable$'
says err "^ipoib-ping: port host2/1 $limited"
said err 1
run 1 "${perf[@]}" 10.10.1.1
says err "^ipoib-perf: 10\.10\.1\.1 is unreachable"
says err "^ipoib-perf: port host2/1 $limited"
said host1.err 1

say "the subnet manager makes it a full member, and a limited one again"
fabric pkey host1/1 set 1 0xffff
wait_line host1.err "^ipoib-tun: interface ipoib0: port host1/1 is a full member of partition 0xffff now$"
wait_line events.out ' ipoib0 membership pkey 65535 membership full$'
ctl interface
says out '^    gid fe80:.* pkey 0xffff$'
ctl interface -j
says out '"membership": "full"'
run 0 "${ping[@]}" -c 2 -i 0.1 10.10.1.1
said err 0
fabric pkey host1/1 set 1 0x7fff
wait_line events_json.out '"event": ?"membership".*"pkey": ?65535, ?"membership": ?"limited"'
wait_until "$limit" has_said host1.err 2 || fail "the second time is not told"

stop events
stop events_json
stop listener
stop host1
stop fabric
