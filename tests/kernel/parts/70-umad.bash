# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Management datagrams of our own (lib/verbs/umad.c) on the kernel's ib_umad, beside the kernel's own IPoIB and
# its SA client on the same port. The subnet is run by the real OpenSM.
#
#        host1/1  vhca0  OpenSM   ib0  10.1.0.1  kernel
#        host2/1  vhca1  mads     ib1  10.1.0.2  beside
#
# Both interfaces are in network namespaces, as a container has them: where mads runs they do not show.
missing=
for program in opensm saquery; do command -v "$program" >/dev/null || missing="$missing $program"; done
[ -x "$root/mads" ] || missing="$missing libibumad"
if [ -n "$missing" ]; then
	[ "${IPOIB_NO_SKIP:-0}" != 1 ] || fail "missing:$missing"
	say "SKIPPED: missing:$missing"
	exit 0
fi

load_hca devices=2 ports=1 sma=1
start_fabric /dev/vhca0=host1/1 /dev/vhca1=host2/1 --hosts 2 --external-sm
gid_of() { cat "/sys/class/infiniband/$1/ports/1/gids/0"; }
there=$(gid_of vhca0)
here=$(gid_of vhca1)
start_opensm opensm vhca0
load_ipoib ib0 ib1
namespace kernel beside
kernel_host kernel ib0 10.1.0.1/24
kernel_host beside ib1 10.1.0.2/24

broadcast=ff12:401b:ffff::ffff:ffff
group=ff12:401b:ffff::1234

# none COUNTER...: the last program counted none of these.
none() {
	local counter
	for counter; do says out "^$counter 0$"; done
}

# counted COUNTER: how many of these.
counted() { sed -n "s/^$1 //p" "$work/out"; }

# asked LINE OPTION... DEVICE QUESTION...: the answer begins so, and no MAD went or came astray.
asked() {
	local line=$1
	shift
	run 0 "$root/mads" "$@"
	says out "^$line"
	none stray foreign unsent
}

# members MGID: the ports that are, as the SA tells it.
members() {
	saquery --smkey 1 -m 2>/dev/null | awk -v mgid="$1" '
		/MGID/ { ours = $0 ~ "[.]" mgid "$" } ours && /PortGid/ { sub(/.*[.]/, ""); print }'
}
# The last quarter of the GID tells the ports apart; saquery writes it without leading zeros.
is_member() { members "$1" | grep -q ":$(printf %x "0x${here##*:}")$"; }
is_no_member() { ! is_member "$1"; }
hears() { ip -n kernel neighbour flush dev ib0 && ip netns exec kernel ping -q -c 1 -W 4 10.1.0.2 >/dev/null; }
is_deaf() { ! hears; }

# ---- paths

check "the kernel's interfaces are nowhere to be seen from here" test ! -e /sys/class/net/ib1
check "they talk" wait_until 20 hears
check "a path" asked "0 path dlid [1-9][0-9]* mtu 2048 pkey 0xffff" vhca1 path "$there" 0xffff
check "a path, asked for with a GRH" asked "0 path dlid [1-9]" --global vhca1 path "$there" 0xffff
check "nobody's path" asked "-2 path" vhca1 path fe80::99 0xffff

crowd() {
	local other
	# The kernel asks for paths on the same port meanwhile.
	(
		trap - EXIT
		while :; do
			ip -n beside link set ib1 down
			ip -n beside link set ib1 up
			wait_carrier beside ib1
			ip netns exec beside ping -q -c 1 -W 1 10.1.0.1 >/dev/null || :
		done
	) &
	other=$!
	run 0 "$root/mads" vhca1 crowd 1000 "$there" 0xffff
	kill "$other"
	wait "$other" 2>/dev/null || :
	says out "^0 crowd 1000 of 1000, at most 64 at once"
	none stray foreign timeouts
	# A machine that stands still for a moment returns the 64 that are out: they are asked again, and
	# no more than they. That the kernel took our answers would show as more.
	[ "$(counted unanswered)" -le "$(counted resent)" ] || fail "what came back was not asked again"
	[ "$(counted resent)" -lt 500 ] || fail "every other question had to be asked again"
}
check "1,000 paths while the kernel asks for its own" crowd
ip -n beside link set ib1 up
wait_carrier beside ib1
check "and the kernel's has got its own" wait_until 20 hears

# ---- groups, of which the SA knows one membership for a port

check "we join the broadcast group, in which the kernel's interface is" \
	asked "0 join mlid 0xc000 qkey 0x00000b1b mtu 2048" vhca1 join "$broadcast" 0xffff
check "we make a group" asked "0 join mlid 0xc00" vhca1 join "$group" 0xffff
check "the SA knows us in it" is_member "$group"
check "no leave is sent while ib_ipoib is loaded" asked "0 leave was not sent" vhca1 leave "$broadcast" 0xffff
check "the port is still a member" is_member "$broadcast"
check "and the kernel's interface hears" hears

# What would have been: the same leave of one who does not look.
mkdir "$work/none"
check "a leave without that rule" asked "0 leave was answered" --modules "$work/none" vhca1 leave "$broadcast" 0xffff
check "takes the kernel's interface out of its group" wait_until 20 is_deaf
check "as the SA tells it" is_no_member "$broadcast"
ip -n beside link set ib1 down
ip -n beside link set ib1 up
wait_carrier beside ib1
check "until it joins anew" wait_until 20 hears

# ---- a subnet manager that stands still

kill -STOP "${pid_of[opensm]}"
silence() {
	asked "-110 path" vhca1 path "$there" 0xffff
	says out "^sent 3$"
	says out "^unanswered [23]$" # repetitions are jittered: the last one may be with the kernel still
	says out "^milliseconds [1-4][0-9][0-9][0-9]$" # a machine that emulates another one stands still at times
}
check "it stands still: three times asked, the MADs come back, given up after a second" silence
kill -CONT "${pid_of[opensm]}"
check "it goes on, and late answers reach nobody" asked "0 path dlid [1-9]" vhca1 path "$there" 0xffff

# ---- the kernel's IPoIB goes

modprobe -r ib_ipoib
check "without ib_ipoib a leave is sent" asked "0 leave was answered" vhca1 leave "$group" 0xffff
check "and the SA knows us no more" is_no_member "$group"
