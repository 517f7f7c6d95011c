# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What the parts on Soft-RoCE share beside what tests/kernel/lib.bash has, to which this is appended.
#
#   listener NAME DEVICE ADDRESS [OPTION...]    ipoib-ping that answers
#   asks [STATUS] OPTION... DESTINATION         ipoib-ping from rxe0/1, 10.50.0.1
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
