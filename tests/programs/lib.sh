# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the tests of the programs share; each sources it first. A test runs processes by name:
#
#   start NAME COMMAND...      in the background; output in $work/NAME.out and $work/NAME.err
#   wait_line FILE PATTERN [SECONDS]
#   stop NAME [SIGNAL]         ends it and asserts that it ended well
#   run STATUS COMMAND...      in the foreground, with a time limit; output in $work/out and $work/err
#
# Nothing waits without a limit. Whatever is left at the end is ended by its process id, and namespaces and
# files are removed.
set -eu

# Programs with sanitizers on a busy machine are slow; a test that works never waits so long.
limit=${IPOIB_TEST_LIMIT:-30}
# How long traffic runs where the issue is time.
seconds=${IPOIB_TEST_SECONDS:-10}

build=${top_builddir:-.}
if [ -x "$build/examples/ipoib-fabric" ]; then bin=$build/examples; else bin=$build; fi
bin=$(cd "$bin" && pwd)
source_tree=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)

work=$(mktemp -d)
declare -A pid_of=()
order=()
namespaces=()

cleanup() {
	local status=$? i name
	trap '' INT TERM
	for ((i = ${#order[@]} - 1; i >= 0; i--)); do
		name=${order[i]}
		[ -n "${pid_of[$name]:-}" ] || continue
		kill -KILL "${pid_of[$name]}" 2>/dev/null || :
		wait "${pid_of[$name]}" 2>/dev/null || :
	done
	for name in "${namespaces[@]}"; do
		ip netns delete "$name" || :
	done
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		for name in "$work"/*.err; do
			[ -s "$name" ] || continue
			echo "---- ${name##*/}"
			tail -n 40 "$name"
		done
	fi
	rm -rf "$work"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { echo "* $*"; }

fail() {
	echo "FAILED: $*"
	exit 1
}

# A test that cannot run says so; where everything must be there (CI), that is a failure.
skip() {
	echo "SKIPPED: $*"
	[ "${IPOIB_NO_SKIP:-0}" != 1 ] || fail "IPOIB_NO_SKIP=1 is set: nothing may be skipped"
	exit 77
}

need_program() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "the program $program is not installed"
	done
}

need_binaries() {
	local program
	for program; do
		[ -x "$bin/$program" ] || skip "$program was not built"
	done
}

# namespace NAME: a network namespace, in ns_NAME.
namespace() {
	local full=ipoib-test-$$-$1
	ip netns add "$full"
	namespaces+=("$full")
	ip -n "$full" link set lo up
	printf -v "ns_$1" %s "$full"
}

# Whether TUN devices in namespaces can be made here; the reason why not is printed.
has_tun() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "not root"
	elif [ ! -c /dev/net/tun ]; then
		echo "no /dev/net/tun"
	elif ! ip netns add "ipoib-test-$$-try" 2>/dev/null; then
		echo "network namespaces may not be made"
	else
		ip netns delete "ipoib-test-$$-try"
		return 0
	fi
	return 1
}

need_tun() {
	local why
	need_program ip ping
	need_binaries ipoib-fabric ipoib-tun ipoib-ctl
	why=$(has_tun) || skip "$why"
}

start() {
	local name=$1
	shift
	: >"$work/$name.out" # there before anybody looks
	"$@" >>"$work/$name.out" 2>"$work/$name.err" &
	pid_of[$name]=$!
	order+=("$name")
}

alive() { [ -n "${pid_of[$1]:-}" ] && kill -0 "${pid_of[$1]}" 2>/dev/null; }

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

wait_line() {
	wait_until "${3:-$limit}" grep -qE "$2" "$work/$1" || fail "no line \"$2\" in $1"
}

wait_ready() {
	local name
	for name; do
		wait_until "$limit" ready_or_dead "$name"
		grep -qx ready "$work/$name.out" || fail "$name is not ready"
	done
}

ready_or_dead() { grep -qx ready "$work/$1.out" || ! alive "$1"; }
dead() { ! alive "$1"; }

# A clean end: within the limit, with status 0 (a leak that a sanitizer finds is another one).
stop() {
	local name=$1 status=0
	kill "-${2:-TERM}" "${pid_of[$name]}"
	wait_until "$limit" dead "$name" || fail "$name does not end on SIG${2:-TERM}"
	wait "${pid_of[$name]}" || status=$?
	unset "pid_of[$name]"
	[ "$status" -eq 0 ] || fail "$name ended with status $status"
}

# For what must die without a chance to clean up.
kill_hard() {
	kill -KILL "${pid_of[$1]}"
	wait "${pid_of[$1]}" 2>/dev/null || :
	unset "pid_of[$1]"
}

run() {
	local expected=$1 status=0
	shift
	timeout "$limit" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq "$expected" ] && return
	cat "$work/out" "$work/err"
	fail "status $status instead of $expected: $*"
}

# says FILE PATTERN: what a program printed.
says() {
	grep -qE -- "$2" "$work/$1" && return
	echo "---- $1:"
	cat "$work/$1"
	fail "$1 does not say \"$2\""
}

# heard_all FILE: an interrupted ping has lost nothing but what was on its way when the signal came.
heard_all() {
	local sent received
	read -r sent received < <(sed -nE \
		's/^([0-9]+) packets transmitted, ([0-9]+) received,.*/\1 \2/p' "$work/$1") ||
		fail "$1 has no statistics"
	[ $((sent - received)) -le 1 ] || fail "$1 has lost $((sent - received)) of $sent"
}

# without_ipv6 NAMESPACE...: the system sends router solicitations and the like to groups that nobody
# has joined; where packets are counted on both sides they are in the way.
without_ipv6() {
	local space
	for space; do
		ip netns exec "$space" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
}

start_fabric() {
	start fabric "$bin/ipoib-fabric" --socket "$work/fabric" "$@"
	wait_ready fabric
}

# start_host NAMESPACE NAME PORT ADDRESS/LENGTH [OPTION...]: one interface, ipoib0.
start_host() {
	local space=$1 name=$2 port=$3 address=$4
	shift 4
	start "$name" ip netns exec "$space" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface "ipoib0,port=$port,address=$address" \
		--control "$work/$name.control" "$@"
}

# in_namespace NAMESPACE STATUS COMMAND...
in_namespace() {
	local space=$1 status=$2
	shift 2
	run "$status" ip netns exec "$space" "$@"
}

# counters NAME: the answer of `ipoib-ctl stats -j` as lines "send.dropped.unreachable 0".
counters() {
	timeout "$limit" "$bin/ipoib-ctl" --control "$work/$1.control" stats -j | awk '
		{ sub(/^ +/, ""); sub(/,$/, "") }
		/^"[a-z_-]+": \{$/ { split($0, part, "\""); path[++depth] = part[2] "."; next }
		/^\}$/ { if (depth > 0) depth--; next }
		/^"[a-z_-]+": [0-9]+$/ {
			split($0, part, "\"")
			prefix = ""
			for (i = 1; i <= depth; i++) prefix = prefix path[i]
			print prefix part[2], $2
		}'
}

# counter NAME COUNTER
counter() {
	local value
	value=$(counters "$1" | awk -v name="$2" '$1 == name { print $2 }')
	[ -n "$value" ] || fail "$1 has no counter $2"
	echo "$value"
}

# The conservation law, added up here and not by the program that is tested.
assert_law() {
	local name
	for name; do
		counters "$name" >"$work/$name.counters"
		awk -v name="$name" '
			{ value[$1] = $2 }
			/^send\.dropped\./ { send_dropped += $2 }
			/^receive\.dropped\./ { receive_dropped += $2 }
			END {
				a = value["send.accepted"]; s = value["send.sent"]
				q = value["send.queued"]; r = value["receive.received"]
				d = value["receive.delivered"]
				c = value["receive.control_received"]
				printf "  %s: accepted %d = sent %d + dropped %d + queued %d; " \
					"received %d = delivered %d + control %d + dropped %d\n",
					name, a, s, send_dropped, q, r, d, c, receive_dropped
				exit !(NR > 20 && a == s + send_dropped + q &&
					r == d + c + receive_dropped)
			}' "$work/$name.counters" || fail "$name breaks the conservation law"
	done
}

# not_received FROM TO: packets that FROM has sent and TO has not received. TO's own multicast comes
# back to it.
not_received() {
	local sent received
	sent=$(($(counter "$1" send.sent) + $(counter "$1" control.control_sent)))
	received=$(($(counter "$2" receive.received) - $(counter "$2" receive.dropped.own)))
	echo $((sent - received))
}

# at_rest COMMAND...: what it prints, once two looks in a row agree.
at_rest() {
	local before=none now
	for _ in $(seq 20); do
		now=$("$@")
		[ "$now" != "$before" ] || break
		before=$now
		sleep 0.5
	done
	echo "$now"
}

# count_from_here FROM TO: what FROM said before TO was listening, its address's probes, is not lost.
# Announcements may be under way: it is taken when it stands still.
declare -A unheard=()
count_from_here() {
	unheard["$1 $2"]=$(at_rest not_received "$1" "$2")
}

# lost FROM TO: of what FROM has sent since count_from_here.
lost() { echo $(($(not_received "$1" "$2") - unheard["$1 $2"])); }

nothing_lost() { [ "$(lost "$1" "$2")" -eq 0 ]; }

# lost_at_rest ONE OTHER: what was lost from one to the other, and back, once two looks agree. The
# programs are asked one after the other, and a question of ARP may go from here to there in between.
lost_both_ways() { echo "$(lost "$1" "$2") $(lost "$2" "$1")"; }
lost_at_rest() { at_rest lost_both_ways "$1" "$2"; }
