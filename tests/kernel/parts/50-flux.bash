# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# ARP flux with its true actors: we are a server with two rails, and the kernel is a client with two
# ports in one namespace and the settings that Linux has by default. Two subnets, connected mode.
#
#        server (ipoib-tun)               client (ib_ipoib)
#        host1/1 10.10.1.1/24 ipoib0 ---- ib0 10.10.1.2/24
#        host1/2 10.10.2.1/24 ipoib1 ---- ib1 10.10.2.2/24
#                                     \_ and with one P_Key each is heard on both
#
# While iperf3 runs on the first rail the client looks for hosts that do not exist, from 10.10.1.2 on
# either rail: on the wrong one it says that 10.10.1.2 is at its second port. Meanwhile the server is
# made to forget the client, and to ask: an address of the client's first port is answered for by both.
# The same provocation meets two policies, and then the two remedies on the client.
targets=3
traffic_seconds=12
pings_all=$((traffic_seconds * 2))

load_hca devices=1 ports=2 pkeys=0xffff,0x8001,0x8002
start_fabric /dev/vhca0=host2/1 /dev/vhca1=host2/2 --hosts 2 --ports 2 --pkeys 0xffff,0x8001,0x8002
load_ipoib ib0 ib1
namespace server client
kernel_host client ib0 10.10.1.2/24
kernel_host client ib1 10.10.2.2/24
kernel_mode client ib0 connected
kernel_mode client ib1 connected

# sysctl_client NAME VALUE INTERFACE...
sysctl_client() {
	local name=$1 value=$2 interface
	shift 2
	for interface; do
		ip netns exec client sh -c "echo $value >/proc/sys/net/ipv4/conf/$interface/$name"
	done
}

# Debian's defaults, whatever the guest's start has set.
sysctl_client arp_ignore 0 all ib0 ib1
sysctl_client arp_announce 0 all ib0 ib1
sysctl_client rp_filter 0 all ib0 ib1

answered() { ip netns exec client ping -q -c 1 -W 1 -I "$1" "$2" >/dev/null; }

# server NAME SETTINGS-OF-RAIL-1 SETTINGS-OF-RAIL-2: until both rails carry. The one before it had other
# queue pairs at the same ports, and the kernel may have to forget them first.
server() {
	our_host server "$1" host1/1 "10.10.1.1/24,mode=connected,$2" \
		--interface "ipoib1,port=host1/2,address=10.10.2.1/24,mode=connected,$3"
	wait_until "$limit" answered 10.10.1.2 10.10.1.1 || fail "the first rail carries nothing"
	wait_until "$limit" answered 10.10.2.2 10.10.2.1 || fail "the second rail carries nothing"
}

# counter NAME COUNTER: of the server's first rail.
counter() {
	ipoib-ctl --control "$work/$1.control" stats -j | tr -d ' "' | tr ',{}' '\n\n\n' |
		awk -F: -v name="$2" '$1 == name { print $2; exit }'
}

# provoke NAME: three questions of the kernel's for each host that does not exist, a second apart.
provoke() {
	local i
	for i in $(seq 101 $((100 + targets))); do
		ip netns exec client ping -q -c 1 -W 1 -I 10.10.1.2 "10.10.2.$i" || :
		ip netns exec client ping -q -c 1 -W 1 -I 10.10.1.2 "10.10.1.$i" || :
		ipoib-ctl --control "$work/$1.control" neigh del 10.10.1.2 dev ipoib0 || :
		sleep 1
	done >"$work/provoke.out" 2>&1
}

listening() { ip netns exec server ss -ltn | grep -q ':5201 '; }

# Traffic from the client, in segments of a record's size, with the provocation in its midst; the pings
# are what a user would feel. Leaves iperf3's words in $work/NAME.iperf3.
under_provocation() {
	local name=$1 listener pinger provoker
	start "$name-monitor" ipoib-ctl --control "$work/$name.control" monitor
	ip netns exec server iperf3 -s -1 >"$work/$name.listener" 2>&1 &
	listener=$!
	wait_until "$limit" listening || fail "iperf3 does not listen"
	ip netns exec client ping -i 0.5 -c "$pings_all" -I 10.10.1.2 10.10.1.1 \
		>"$work/$name.ping" 2>&1 &
	pinger=$!
	provoke "$name" &
	provoker=$!
	ip netns exec client timeout $((traffic_seconds + 45)) iperf3 -c 10.10.1.1 -B 10.10.1.2 \
		-t "$traffic_seconds" -i 3 -l 4188 -M 4188 -b 20M >"$work/$name.iperf3" 2>&1 || :
	wait "$pinger" "$provoker" || :
	kill "$listener" 2>/dev/null || :
	wait "$listener" || :
	stop "$name-monitor"
	say "$name: claims $(counter "$name" flux_claims), refused $(counter "$name" flux_refused)," \
		"moves $(counter "$name" neighbours_moved); iperf3 $(rate "$name");" \
		"$(answers "$name") of $((pings_all - 1)) pings answered"
}

rate() { awk '/receiver/ { print $7, $8 }' "$work/$1.iperf3"; }

# For the last answer ping does not wait.
answers() {
	grep 'bytes from' "$work/$1.ping" | grep -o 'icmp_seq=[0-9]*' | sort -u |
		awk -F= -v last="$pings_all" '$2 < last { got++ } END { print got + 0 }'
}

# unharmed NAME: the stream has carried its load to the end and most pings are answered; the line before
# tells the numbers. A machine that emulates another one stands still for seconds at times.
unharmed() {
	local answered
	cp "$work/$1.iperf3" "$work/out"
	says out 'iperf Done'
	says out ' [1-9][0-9.]* [KMG]?Bytes .* receiver'
	answered=$(answers "$1")
	[ $((answered * 4)) -ge $(((pings_all - 1) * 3)) ] || fail "$answered of $((pings_all - 1)) pings are answered"
}

# claims NAME none|some, moves NAME none|some: whatever the table of neighbours has forgotten meanwhile.
none_or_some() {
	local value
	value=$(counter "$2" "$3")
	case $1 in
	none) [ "$value" -eq 0 ] || fail "$3 is $value" ;;
	some) [ "$value" -gt 0 ] || fail "$3 is 0" ;;
	esac
}
claims() { none_or_some "$2" "$1" flux_claims; }
moves() { none_or_some "$2" "$1" neighbours_moved; }

# strays NAME: the moves to another port than the client's first. One to that is no harm: when the server has
# forgotten the client both ports answer its question, and where the wrong one is heard first it is set right.
strays() {
	local first
	first=$(ip netns exec client cat /sys/class/net/ib0/address)
	grep ' ipoib0 neighbour-moved ' "$work/$1-monitor.out" | grep -v " lladdr [0-9a-f:]*${first:12}\b" || :
}
stays() { [ -z "$(strays "$1")" ] || fail "$(strays "$1")"; }

# audit STATUS: of the client's real /proc and /sys, as its namespace sees them.
audit() {
	local status=0
	ip netns exec client ipoib-audit -j >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq 1 ] || [ "$status" -eq 0 ] || fail "ipoib-audit: status $status"
	tr -d ' "\n' <"$work/out" | grep -o 'id:[a-z-]*,severity:[a-z]*,subject:[A-Za-z0-9._-]*' |
		sed 's/id:\([^,]*\),severity:[^,]*,subject:/\1 /' | sort >"$work/findings"
}
finds() { grep -qx -- "$1" "$work/findings" || fail "no finding \"$1\""; }
finds_not() { ! grep -qxE -- "$1" "$work/findings" || fail "there is the finding \"$1\""; }

# ---- the kernel's defaults

audit_defaults() {
	audit
	local interface
	for interface in ib0 ib1; do
		finds "arp-ignore $interface"
		finds "arp-announce $interface"
	done
	grep -q '^pkey-shared ' "$work/findings" || fail "the shared P_Key is not found"
}
check "the audit sees the client's settings" audit_defaults

server confirm "flux=confirm" "flux=confirm"
check "both rails carry the client" pings client -I 10.10.1.2 10.10.1.1
check "the second rail too" pings client -I 10.10.2.2 10.10.2.1
under_provocation confirm
# A port that is silent for 450 ms is dead. Where the client got no processor for so long, that is what the
# server saw; not twice.
confirmed=confirm
if [ -n "$(strays confirm)" ]; then
	stop confirm
	confirmed=again
	server again "flux=confirm" "flux=confirm"
	under_provocation again
fi
check "confirm, the default: the kernel claims 10.10.1.2 for both ports" claims "$confirmed" some
check "confirm: nothing moves away" stays "$confirmed"
check "confirm: traffic is unharmed" unharmed "$confirmed"
stop "$confirmed"

server accept "flux=accept" "flux=accept"
under_provocation accept
check "accept: the kernel claims 10.10.1.2 for both ports" claims accept some
check "accept: the neighbour moves, as it would in the kernel" moves accept some
check "accept: to the client's second port as well" test -n "$(strays accept)"
stop accept

# ---- the first remedy: addresses that stay on their ports

sysctl_client arp_ignore 1 ib0 ib1
sysctl_client arp_announce 2 ib0 ib1
audit_sysctls() {
	audit
	finds_not "arp-(ignore|announce) .*"
	grep -q '^pkey-shared ' "$work/findings" || fail "the shared P_Key is not found any more"
}
check "arp_ignore=1, arp_announce=2: the audit is content with them" audit_sysctls

server bound "flux=accept" "flux=accept"
under_provocation bound
check "arp_ignore=1, arp_announce=2: no claims" claims bound none
check "arp_ignore=1, arp_announce=2: nothing moves under accept" moves bound none
check "arp_ignore=1, arp_announce=2: traffic is unharmed" unharmed bound
stop bound

# ---- the second: a P_Key for each subnet, and the kernel's defaults again

sysctl_client arp_ignore 0 ib0 ib1
sysctl_client arp_announce 0 ib0 ib1
# child PARENT P_KEY ADDRESS: of a parent that stays up and has no address.
child() {
	local name=$1.${2#0x}
	ip -n client address flush dev "$1"
	ip netns exec client sh -c "echo $2 >/sys/class/net/$1/create_child" || fail "no child $2 of $1"
	# The kernel makes it in the first namespace, wherever its parent is.
	[ ! -e "/sys/class/net/$name" ] || ip link set "$name" netns client
	ip -n client address add "$3" dev "$name"
	ip -n client link set "$name" up
	kernel_mode client "$name" connected
	sysctl_client rp_filter 0 "$name"
}
child ib0 0x8001 10.10.1.2/24
child ib1 0x8002 10.10.2.2/24
audit_partitions() {
	audit
	finds_not "pkey-shared .*"
	finds_not "arp-(ignore|announce) ib[01]\\.800[12]"
}
check "a P_Key for each subnet: the audit is content with it" audit_partitions
say "what it finds still: $(tr '\n' ';' <"$work/findings")"

server apart "pkey=0x8001,flux=accept" "pkey=0x8002,flux=accept"
check "a P_Key for each subnet: the second rail" pings client -I 10.10.2.2 10.10.2.1
under_provocation apart
check "a P_Key for each subnet: no claims" claims apart none
check "a P_Key for each subnet: nothing moves under accept" moves apart none
check "a P_Key for each subnet: traffic is unharmed" unharmed apart
