# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What the parts on Soft-RoCE share beside what tests/kernel/lib.bash has, to which this is appended.
#
#   listener NAME DEVICE ADDRESS [OPTION...]    ipoib-ping that answers
#   asks [STATUS] OPTION... DESTINATION         ipoib-ping from rxe0/1, 10.50.0.1: another queue pair
#                                               each time, see another_asker
#   asker MODE                                  ipoib-tun on rxe0/1, 10.50.0.1: the kernel's own ping asks
#   another_asker                               until a neighbour that was another one just now is believed
#   resources                                   what the kernel counts of both devices, as one line
#
# rxe0 and rxe1 are at the two ends of a veth pair, veth0 and veth1, in one namespace, because
# Soft-RoCE of this kernel knows only that one. So do we, and only TUN devices are moved to others.

listener() {
	local name=$1 device=$2 address=$3
	shift 3
	start "$name" ipoib-ping --device "$device" --address "$address/24" "$@" --listen
	wait_ready "$name"
}

asks() {
	local status=0
	if [[ $1 =~ ^[0-9]$ ]]; then
		status=$1
		shift
	fi
	run "$status" ipoib-ping --device rxe0/1 --address 10.50.0.1/24 "$@"
}

# The MTU of the TUN device is that of the mode.
asker() {
	modprobe tun || fail "this kernel has no tun"
	start asker ipoib-tun --interface "ipoib0,device=rxe0/1,address=10.50.0.1/24,acd=fast,mode=$1" \
		--control "$work/asker.control"
	wait_ready asker
}

# A second queue pair with one address within the hold-down time of ten seconds is not believed at once.
another_asker() { sleep 11; }

# answers OPTION...: all of five pings are answered.
answers() {
	run 0 ping -c 5 -i 0.2 -w 20 "$@" 10.50.0.2
	nothing_lost
}

# some_answered LEAST MOST: of the last ping.
some_answered() {
	local count
	count=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/out")
	[ "$count" -ge "$1" ] || fail "$count were answered"
	[ "$count" -le "$2" ] || fail "nothing was lost: $count were answered"
}

# all_answered: nothing of the last ping was lost.
all_answered() { says out ' 0% packet loss'; }

resources() { rdma resource show | tr '\n' ' '; }

# resources_are WHAT: a process that was killed is cleaned up after by the kernel, in its time.
resources_are() { [ "$(resources)" = "$1" ]; }

# both_active: both devices have their link.
both_active() { [ "$(rdma link show | grep -c 'state ACTIVE')" = 2 ]; }

link_down() { ip link set "$1" down; }

# An address that is not valid yet answers nobody: the kernel looks for others who have it.
link_up() {
	ip link set "$1" up
	wait_until "$limit" both_active || fail "the link does not come back"
	wait_until "$limit" none_tentative || fail "an address stays tentative"
}

none_tentative() { [ -z "$(ip -6 -o address show tentative)" ]; }

wait_until "$limit" both_active || fail "there are no two devices with a link"
wait_until "$limit" none_tentative || fail "an address stays tentative"
