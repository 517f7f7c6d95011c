# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# ipoib-audit on the kernel's own children: create_child makes them with attributes in sysfs, "ip link add" without.
load_hca devices=1 ports=2 pkeys=0xffff,0x8001,0x8002
start_fabric /dev/vhca0=host1/1 /dev/vhca1=host1/2 --hosts 2 --ports 2 --pkeys 0xffff,0x8001,0x8002
load_ipoib ib0 ib1
ip link set ib0 up
echo 0x8001 >/sys/class/net/ib0/create_child
ip link add link ib0 name ib0.8002 type ipoib pkey 0x8002 mode connected
ip address add 10.1.0.1/24 dev ib0
ip address add 10.2.0.1/24 dev ib0.8001
ip address add 10.3.0.1/24 dev ib0.8002
ip link set ib0.8001 up
ip link set ib0.8002 up

state_is() { [ "$(cat "/sys/class/net/$1/operstate")" = "$2" ]; }
settle() { wait_until "$limit" state_is "$1" "$2" || fail "$1 is $(cat "/sys/class/net/$1/operstate")"; }
settle ib0.8001 up
settle ib0.8002 up

audit() {
	local status=0
	timeout "$limit" ipoib-audit "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -le 1 ] || fail "status $status of ipoib-audit $*"
}

bare() { [ ! -e /sys/class/net/ib0.8002/mode ] || fail "it has the attribute mode"; }
check "sysfs has no mode of a child that netlink made" bare

# interface NAME: what was seen of it, in one line.
interface() {
	audit -j
	tr -d ' \n' <"$work/out" | grep -o "{\"name\":\"$1\"[^}]*}" >"$work/seen" || fail "$1 was not seen"
}
told() {
	interface ib0.8002
	says seen '"mode":"connected"'
	says seen '"pkey":"0x8002"'
	says seen '"parent":"ib0"'
	interface ib0.8001
	says seen '"mode":"datagram"'
	says seen '"parent":"ib0"'
}
check "netlink tells mode, P_Key and parent" told

ip link set ib0.8002 mtu 65520
large() {
	audit
	silent out '\[mtu-datagram\]'
	silent out 'ib0\.8002.*\[no-connected-mode\]'
	silent out 'ib0\.8002.*\[unreadable\]'
	silent out '\[pkey-missing\]'
	silent out '\[pkey-duplicate\]'
}
check "a connected child at 65520 is right" large

# In a copy of /sys and /proc the mode is not known, until "ip -d link show" is there.
copy() {
	local root=$work/copy name file
	mkdir -p "$root/proc/sys/net/ipv4/conf" "$root/proc/net" "$root/sys/class/net"
	cp /proc/net/route "$root/proc/net/"
	for name in ib0 ib0.8001 ib0.8002; do
		mkdir -p "$root/sys/class/net/$name"
		for file in type flags operstate carrier mtu mode pkey umcast parent address broadcast dev_port ifindex iflink; do
			cat "/sys/class/net/$name/$file" >"$root/sys/class/net/$name/$file" 2>/dev/null ||
				rm -f "$root/sys/class/net/$name/$file"
		done
	done
	audit --root "$root"
	says out 'ib0\.8002: .*mode.*\[unreadable\]'
	silent out '\[mtu-datagram\]'
	ip -d link show >"$root/ip-link"
	audit --root "$root" -j
	tr -d ' \n' <"$work/out" | grep -o '{"name":"ib0.8002"[^}]*}' >"$work/seen"
	says seen '"mode":"connected"'
	says seen '"parent":"ib0"'
	ip -o -d link show >"$root/ip-link"
	audit --root "$root" -j
	tr -d ' \n' <"$work/out" | grep -o '{"name":"ib0.8002"[^}]*}' >"$work/seen"
	says seen '"mode":"connected"'
}
check "a copy of a host tells it by ip-link" copy

remedy() {
	ip link set ib0.8002 mtu 2044
	ip link set ib0.8002 type ipoib mode datagram
	interface ib0.8002
	says seen '"mode":"datagram"'
	ip link set ib0.8002 type ipoib mode connected
	interface ib0.8002
	says seen '"mode":"connected"'
}
check "the mode is changed as remedies say it" remedy

# missing NAME: both kinds say the same of a P_Key that the port does not have.
missing() {
	audit
	says out "^error: $1: .*\[pkey-missing\]"
}
ip link add link ib0 name ib0.8005 type ipoib pkey 0x8005
ip link set ib0.8005 up
check "a missing P_Key of a child that netlink made" missing ib0.8005
ip link delete ib0.8005
echo 0x8006 >/sys/class/net/ib0/create_child
ip link set ib0.8006 up
check "a missing P_Key of a child that create_child made" missing ib0.8006
echo 0x8006 >/sys/class/net/ib0/delete_child

ip link add link ib0 name ib0p type ipoib pkey 0x8002
ip link set ib0p up
duplicate() {
	audit
	says out '^warning: ib0p: ib0\.8002 and ib0p have the same P_Key 0x8002 on the same port.*\[pkey-duplicate\]'
}
check "two children of one P_Key" duplicate
ip link delete ib0p

# The kernel takes children down with their parent (ipoib_stop). Set up again they join and have a
# carrier without it, so that there is nothing to be found.
ip link set ib0 down
for child in ib0.8001 ib0.8002; do
	settle "$child" down
	ip link set "$child" up
	settle "$child" up
done
orphans() {
	audit
	silent out '\[child-down\]'
	silent out '\[no-carrier\]'
}
check "children that work without their parent, of both kinds" orphans
ip link set ib0 up
settle ib0 up

# Its parent's index is that of another interface there, or of none.
ip netns add away
namespaces+=(away)
ip link set ib0.8002 netns away
elsewhere() {
	at away 0 ip link set ib0.8002 up
	local status=0
	ip netns exec away ipoib-audit -j >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -le 1 ] || fail "status $status in another namespace"
	tr -d ' \n' <"$work/out" | grep -o '{"name":"ib0.8002"[^}]*}' >"$work/seen"
	says seen '"mode":"connected"'
	says seen '"parent":null'
}
check "a child in another network namespace than its parent" elsewhere
