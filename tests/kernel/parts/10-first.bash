# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The first words between the kernel and us: each resolves the other and is answered, in datagram mode.
load_hca devices=1 ports=1
start_fabric /dev/vhca0 --hosts 2
load_ipoib ib0
namespace kernel ours
kernel_host kernel ib0 10.1.0.1/24
our_host ours us host2/1 10.1.0.2/24

check "the kernel asks first, and we answer" pings kernel 10.1.0.2

forget() {
	ip -n kernel neighbour flush dev ib0
	ctl us neigh flush all dev ipoib0
}
forget
check "we ask first, and the kernel answers" pings ours 10.1.0.1
check "2044 octets from the kernel" pings kernel -s 2016 -M "do" 10.1.0.2
check "2044 octets from us" pings ours -s 2016 -M "do" 10.1.0.1

# The link address that each has learned is the other's own: queue pair, then GID.
knows_each_other() {
	run 0 ip -n kernel neighbour show dev ib0
	says out "^10\.1\.0\.2 lladdr ([0-9a-f]{2}:){19}[0-9a-f]{2} (REACHABLE|DELAY|STALE|PROBE)"
	run 0 ip -n kernel -br link show dev ib0
	local mine
	mine=$(awk '{ print $3 }' "$work/out")
	ctl us neigh
	grep -F "10.1.0.1 " "$work/out" | grep -qF "${mine#??:}" || fail "we do not know the kernel by $mine"
}
check "each knows the other by its link address" knows_each_other
