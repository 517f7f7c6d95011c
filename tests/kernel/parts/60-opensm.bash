# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The subnet is run by the real OpenSM, behind a port of the kernel's: our fabric is a switch, and has
# agents for the ports of programs.
#
#        host1/1  ib0       10.1.0.1  kernel --- us      10.1.0.2  host3/1
#                 (OpenSM)                   \-- fast    10.1.0.3  host4/1, connected mode
#                 ib0.8001  10.2.0.1  kernel --- child   10.2.0.2  host5/1, P_Key 0x8001
#        host2/1  ib1       10.1.0.4  other
for program in opensm saquery; do
	command -v "$program" >/dev/null && continue
	[ "${IPOIB_NO_SKIP:-0}" != 1 ] || fail "there is no $program: install opensm and infiniband-diags"
	say "SKIPPED: there is no $program: install opensm and infiniband-diags"
	exit 0
done

load_hca devices=2 ports=1 sma=1 pkeys=0xffff,0x8001
start_fabric /dev/vhca0=host1/1 /dev/vhca1=host2/1 --hosts 5 --external-sm

fabric() { ipoib-ctl fabric --socket "$work/fabric" "$@" || fail "the fabric refuses: $*"; }

cat >"$work/partitions.conf" <<'END'
Default=0x7fff, ipoib : ALL=full, SELF=full;
Second=0x0001, ipoib : ALL=full, SELF=full;
END
manager() { start_opensm "$1" vhca0 -P "$work/partitions.conf"; }

# is_up PORT [P_Key]: OpenSM has made it active.
is_up() { ipoib-ctl fabric --socket "$work/fabric" status | grep -qE "^$1 attached up .*${2:-}"; }
comes_up() { wait_until 20 is_up "$@" || fail "$1 is not up: $(fabric status | grep "^$1 ")"; }

# is_member NAME: in the broadcast group, as the SA tells it.
is_member() { saquery --smkey 1 -m 2>/dev/null | grep -B 6 "NodeDescription.*$1" | grep -q "401b:ffff::ffff:ffff"; }

manager opensm
check "OpenSM finds the kernel's ports and makes them active" comes_up host2/1
load_ipoib ib0 ib1
namespace kernel other ours quick partition
kernel_host kernel ib0 10.1.0.1/24
kernel_host other ib1 10.1.0.4/24
our_host ours us host3/1 10.1.0.2/24
check "OpenSM makes our port active" comes_up host3/1
our_host quick fast host4/1 10.1.0.3/24,mode=connected
# It begins before OpenSM has given its port the P_Key.
our_host partition early host5/1 10.1.0.9/24

# ---- traffic

# OpenSM answers a join before it has written the group's route: the first packets to a group that is new
# may be lost, and of what waits for a neighbour meanwhile the kernel keeps three.
answered() { ip netns exec "$1" ping -q -c 1 -W 2 "$2" >/dev/null; }
talks() {
	wait_until 10 answered "$1" "$2" || fail "$2 does not answer $1"
	pings "$1" "$2"
}
check "the kernel asks first, and we answer" talks kernel 10.1.0.2
forget() {
	ip -n kernel neighbour flush dev ib0
	ctl us neigh flush all dev ipoib0
}
forget
check "we ask first, and the kernel answers" talks ours 10.1.0.1
check "we ask the kernel's other port" talks ours 10.1.0.4
check "one of ours asks another one" talks quick 10.1.0.2
check "2044 octets, both ways" pings kernel -s 2016 -M "do" 10.1.0.2
check "IPv6: the kernel asks first" talks kernel "$(link_local ours ipoib0)%ib0"
check "IPv6: we ask first" talks ours "$(link_local other ib1)%ipoib0"
check "our ports are members, says the SA" wait_until 10 is_member host3/1
kernel_mode other ib1 connected
check "connected mode: 60,000 octets from the kernel" pings other -s 60000 -M "do" 10.1.0.3
check "connected mode: 60,000 octets from us" pings quick -s 60000 -M "do" 10.1.0.4

# ---- a partition of OpenSM's

check "OpenSM gives our port the partition" comes_up host5/1 0x8001
stop early
our_host partition child host5/1 10.2.0.2/24,pkey=0x8001
ip netns exec kernel sh -c "echo 0x8001 >/sys/class/net/ib0/create_child"
[ ! -e /sys/class/net/ib0.8001 ] || ip link set ib0.8001 netns kernel
ip -n kernel address add 10.2.0.1/24 dev ib0.8001
ip -n kernel link set ib0.8001 up
wait_carrier kernel ib0.8001
check "P_Key: the kernel's child and we" talks kernel 10.2.0.2

# ---- what is OpenSM's to decide is not ours

refused() {
	local command
	for command in lids "lid host3/1" "sm restart" "pkey all set 1 0x8002" "reregister all"; do
		# shellcheck disable=SC2086
		run 1 ipoib-ctl fabric --socket "$work/fabric" $command
		says err "external-sm"
	done
}
check "commands that are the subnet manager's are refused" refused

# ---- links

# The kernel keeps three packets while its own path query is out, and repeats that after two seconds: what
# it drops meanwhile is not what is looked at here.
is_answered() { ip netns exec "$1" ping -n -c 1 -w 1 "$2" >/dev/null; }
link_down() {
	fabric link "$1" down
	sleep 1
	fabric link "$1" up
	comes_up "$1"
	wait_until 20 is_answered other 10.1.0.2 || fail "nothing is answered 20 s after the link is up"
	pings other 10.1.0.2
}
check "our link goes down and comes up" link_down host3/1
check "the kernel's link goes down and comes up" link_down host2/1

# ---- OpenSM dies, and another one comes

# Who talks already needs no manager; paths that nobody has asked for yet are not to be had meanwhile.
start ping ip netns exec kernel ping -n -i 0.2 10.1.0.2
replies() { grep -c 'bytes from' "$work/ping.out" || :; }
more_replies() { [ "$(replies)" -gt "$1" ]; }
goes_on() { wait_until 10 more_replies "$(($(replies) + 7))" || fail "no answers: $(tail -n 1 "$work/ping.out")"; }
check "the kernel and we talk" goes_on
kill -KILL "${pid_of[opensm]}"
wait "${pid_of[opensm]}" 2>/dev/null || :
unset "pid_of[opensm]"
check "OpenSM is dead, and traffic goes on" goes_on
manager again
joined_again() { wait_until 20 is_member host3/1 || fail "host3/1 has not joined again"; }
check "OpenSM is back: our port joins again" joined_again
check "and traffic goes on" goes_on
forget
check "and new neighbours are found" talks ours 10.1.0.4

say "OpenSM's errors: $(grep -hE ' ERR ' "$work"/opensm.log "$work"/again.log | sed 's/.*-> //')"
