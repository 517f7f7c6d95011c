# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the parts of the matrix share. A part is sourced in the guest, after this, in a shell of its own;
# it builds a world and asks questions of it:
#
#   load_hca [PARAMETER=VALUE...]      the virtual HCA's module: devices, ports, mtu, pkeys...
#   start_fabric DEVICE... [OPTION...] ipoib-fabric, with /dev/vhcaN as ports of the kernel's
#   start_opensm NAME DEVICE [OPTION...] the real subnet manager, behind a port of the kernel's
#   load_ipoib INTERFACE...            the kernel's ib_ipoib, until the interfaces are there
#   namespace NAME...                  network namespaces with these names
#   kernel_host NAMESPACE INTERFACE ADDRESS/LENGTH...
#   kernel_mode NAMESPACE INTERFACE datagram|connected
#   our_host NAMESPACE NAME PORT ADDRESS/LENGTH[,SETTING...] [OPTION...]    ipoib-tun, device ipoib0
#   start NAME COMMAND..., wait_line, wait_ready, stop NAME [SIGNAL]
#
#   check NAME COMMAND...              one line, "PASS name" or "FAIL name: why"
#   deviation NAME WHO COMMAND...      passes while the two differ as COMMAND shows: "DEVIATION name: who"
#
# The command of a check is often a function; it runs in a shell of its own under set -e, and says why it
# fails with `fail`. A check that fails ends nothing; `fail` outside of one ends the part, and counts.
#
# In a check:
#
#   run STATUS COMMAND...              output in $work/out and $work/err
#   at NAMESPACE STATUS COMMAND...     the same, there
#   says FILE PATTERN, silent FILE PATTERN
#
# From in-guest: root (where the programs are installed), results (a file that all parts append to), part.
limit=${IPOIB_TEST_LIMIT:-30}
seconds=${IPOIB_TEST_SECONDS:-5}

work=$(mktemp -d)
in_check=''
declare -A pid_of=()
order=()
namespaces=()

result() {
	echo "$1 $part/$2${3:+: $3}"
	echo "$1" >>"$results"
}

say() { echo "* $*"; }

fail() {
	if [ -n "$in_check" ]; then
		echo "$*" >"$work/why"
	else
		result FAIL "set-up" "$*"
	fi
	exit 1
}

# ---- checks

# judge COMMAND...: its status; why it has failed is in $work/why, what it printed in $work/log.
judge() {
	local status=0
	: >"$work/why"
	: >"$work/out"
	: >"$work/err"
	# A shell that is part of a condition has no set -e: this one is not.
	set +e
	(
		trap - EXIT
		set -e
		in_check=1
		"$@"
	) >"$work/log" 2>&1
	status=$?
	set -e
	[ "$status" -eq 0 ] || [ -s "$work/why" ] || echo "status $status of: $*" >"$work/why"
	return "$status"
}

# What was said, and what was counted: by the fabric, by us, by the kernel.
evidence() {
	local file name
	for file in log out err; do
		[ ! -s "$work/$file" ] || tail -n 15 "$work/$file" | sed "s/^/    $file: /"
	done
	! alive fabric || ipoib-ctl fabric --socket "$work/fabric" status 2>&1 | sed "s/^/    fabric: /"
	for name in "${!pid_of[@]}"; do
		[ "$name" != fabric ] && [ -S "$work/$name.control" ] || continue
		ipoib-ctl --control "$work/$name.control" stats 2>&1 |
			grep -vE '[[:space:]]0$' | sed "s/^/    $name: /" || :
	done
	for name in "${namespaces[@]}"; do
		ip -n "$name" -s link show up 2>&1 | grep -A 5 -E ': ib' | sed "s/^/    $name: /" || :
	done
}

check() {
	local name=$1
	shift
	if judge "$@"; then
		result PASS "$name"
	else
		result FAIL "$name" "$(tail -n 1 "$work/why")"
		evidence
	fi
}

deviation() {
	local name=$1 who=$2
	shift 2
	if judge "$@"; then
		result DEVIATION "$name" "$who"
	else
		result FAIL "$name" "it does not deviate in this way: $(tail -n 1 "$work/why")"
		evidence
	fi
}

run() {
	local expected=$1 status=0
	shift
	timeout "$limit" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $*"
}

at() {
	local space=$1 status=$2
	shift 2
	run "$status" ip netns exec "$space" "$@"
}

says() { grep -qE -- "$2" "$work/$1" || fail "$1 does not say \"$2\""; }

silent() { ! grep -qE -- "$2" "$work/$1" || fail "$1 says \"$2\""; }

# nothing_lost: all of the last ping is answered, or the first five where it went on sending (see pings).
nothing_lost() {
	local sequence
	! grep -q " 0% packet loss" "$work/out" || return 0
	for sequence in 1 2 3 4 5; do
		says out "icmp_seq=$sequence .*time="
	done
}

# pings NAMESPACE OPTION... ADDRESS: everything is answered. Without -w ping waits for its last answer no
# longer than an interval, or twice the slowest answer before: too short on a machine that is busy. With it
# more are sent meanwhile.
pings() {
	local space=$1
	shift
	at "$space" 0 ping -c 5 -i 0.2 -w 20 "$@"
	nothing_lost
}

# ---- processes

start() {
	local name=$1
	shift
	: >"$work/$name.out" # there before anybody looks
	"$@" >>"$work/$name.out" 2>"$work/$name.err" &
	pid_of[$name]=$!
	order+=("$name")
}

alive() { [ -n "${pid_of[$1]:-}" ] && kill -0 "${pid_of[$1]}" 2>/dev/null; }
dead() { ! alive "$1"; }

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	while ! "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

wait_line() {
	wait_until "${3:-$limit}" grep -qE -- "$2" "$work/$1" || fail "no line \"$2\" in $1"
}

ready_or_dead() { grep -qx ready "$work/$1.out" || ! alive "$1"; }

wait_ready() {
	local name
	for name; do
		wait_until "$limit" ready_or_dead "$name" || :
		grep -qx ready "$work/$name.out" ||
			fail "$name is not ready; it says: $(tail -n 1 "$work/$name.err")"
	done
}

# Not in a check: the check's shell is not the parent of what it would wait for.
stop() {
	local name=$1 status=0
	kill "-${2:-TERM}" "${pid_of[$name]}"
	wait_until "$limit" dead "$name" || fail "$name does not end on SIG${2:-TERM}"
	wait "${pid_of[$name]}" || status=$?
	unset "pid_of[$name]"
	[ "$status" -eq 0 ] || fail "$name ended with status $status"
}

# ---- the world

load_hca() {
	modprobe ib_core && modprobe ib_cm || fail "this kernel has no ib_core and ib_cm"
	insmod "$root/vhca.ko" "$@" || fail "vhca.ko with $*: $(dmesg | tail -n 1)"
}

start_fabric() {
	local devices=()
	while [ $# -gt 0 ] && [[ $1 == /dev/* ]]; do
		devices+=(--kernel-port "$1")
		shift
	done
	start fabric ipoib-fabric --socket "$work/fabric" "${devices[@]}" "$@"
	wait_ready fabric
}

interfaces_exist() {
	local name
	for name; do
		[ -e "/sys/class/net/$name" ] || return 1
	done
}

# Its settings and its log are in $work; what it finds wrong is in the log.
start_opensm() {
	local name=$1 device=$2 gid
	shift 2
	modprobe ib_umad || fail "this kernel has no ib_umad"
	gid=$(cat "/sys/class/infiniband/$device/ports/1/gids/0")
	OSM_TMP_DIR=$work OSM_CACHE_DIR=$work start "$name" opensm -f "$work/$name.log" "$@" \
		-g "0x$(sed 's/.*\(....\):\(....\):\(....\):\(....\)$/\1\2\3\4/' <<<"$gid")"
}

load_ipoib() {
	modprobe ib_ipoib || fail "this kernel has no ib_ipoib"
	wait_until "$limit" interfaces_exist "$@" || fail "ib_ipoib makes no $*: $(dmesg | tail -n 1)"
}

namespace() {
	local name
	for name; do
		ip netns add "$name"
		namespaces+=("$name")
		ip -n "$name" link set lo up
	done
}

has_carrier() { ip -n "$1" -br link show dev "$2" | grep -q LOWER_UP; }

# wait_carrier NAMESPACE INTERFACE: ib_ipoib has it when the broadcast group is joined.
wait_carrier() {
	wait_until "$limit" has_carrier "$1" "$2" || fail "$2 gets no carrier: it has not joined its broadcast group"
}

kernel_host() {
	local space=$1 interface=$2 address
	shift 2
	ip link set "$interface" netns "$space"
	for address; do
		case $address in
		*:*) ip -n "$space" address add "$address" dev "$interface" nodad ;;
		*) ip -n "$space" address add "$address" dev "$interface" ;;
		esac
	done
	ip -n "$space" link set "$interface" up
	wait_carrier "$space" "$interface"
}

# In connected mode with the MTU that belongs to it; back to datagram mode the kernel sets its own.
kernel_mode() {
	ip netns exec "$1" sh -c "echo $3 >/sys/class/net/$2/mode" || fail "$2 cannot be put into $3 mode"
	[ "$3" = datagram ] || ip -n "$1" link set "$2" mtu 65520
	wait_carrier "$1" "$2"
}

# link_local NAMESPACE INTERFACE: its address, when it may be used.
link_local() {
	local show
	show() { ip -n "$1" -6 -o address show dev "$2" scope link -tentative | awk '{ sub("/.*", "", $4); print $4 }'; }
	wait_until "$limit" test_output show "$1" "$2" || fail "$2 has no link-local address"
	show "$1" "$2"
}

test_output() { [ -n "$("$@")" ]; }

our_host() {
	local space=$1 name=$2 port=$3 address=$4
	shift 4
	modprobe tun || fail "this kernel has no tun"
	start "$name" ip netns exec "$space" ipoib-tun --fabric "$work/fabric" \
		--interface "ipoib0,port=$port,address=$address" --control "$work/$name.control" "$@"
	wait_ready "$name"
}

# ctl NAME REQUEST...
ctl() {
	local name=$1
	shift
	run 0 ipoib-ctl --control "$work/$name.control" "$@"
}

# ---- the end of a part: everything that it made goes, so that the next begins with nothing

loaded() { grep -q "^$1 " /proc/modules; }

end_processes() {
	local i name
	for ((i = ${#order[@]} - 1; i >= 0; i--)); do
		name=${order[i]}
		[ -n "${pid_of[$name]:-}" ] || continue
		kill -KILL "${pid_of[$name]}" 2>/dev/null || :
		wait "${pid_of[$name]}" 2>/dev/null || :
	done
}

# The fabric ends last: ib_ipoib leaves its groups when it goes.
end_part() {
	local name status=$?
	trap - EXIT
	set +e
	if loaded ib_ipoib; then
		timeout "$limit" modprobe -r ib_ipoib || result FAIL end "ib_ipoib cannot be removed"
	fi
	end_processes
	if loaded vhca; then
		timeout "$limit" rmmod vhca || result FAIL end "vhca cannot be removed"
	fi
	for name in "${namespaces[@]}"; do
		ip netns delete "$name"
	done
	if [ "$status" -ne 0 ]; then
		for name in "$work"/*.err; do
			[ -s "$name" ] || continue
			echo "    ---- ${name##*/}"
			tail -n 20 "$name" | sed 's/^/    /'
		done
	fi
	rm -rf "$work"
	exit "$status"
}
