#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# usage: demo.sh BUILDDIR
#
# Two hosts on a simulated InfiniBand fabric, each in a network namespace of its own. The system's ping and
# iperf3 run between them, through libipoib; then ARP flux is played (demo-flux.bash). Without root or /dev/net/tun, ipoib-ping does what it can.
# Everything that is started or made here is ended and removed here, by its own name; the capture stays.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
	echo "usage: $0 BUILDDIR" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
[ -x "$build/examples/ipoib-fabric" ] && bin=$build/examples || bin=$build
for program in ipoib-fabric ipoib-ping ipoib-ctl; do
	[ -x "$bin/$program" ] || { echo "demo: there is no $bin/$program; run make first" >&2; exit 1; }
done

# shellcheck source=examples/demo-flux.bash
. "$(dirname "$0")/demo-flux.bash"

work=$(mktemp -d)
capture=$build/demo/ipoib-demo.pcap
host1=ipoib-demo-$$-a
host2=ipoib-demo-$$-b
pids=()
namespaces=()

# Backwards: hosts before the fabric that they are attached to.
stop_all() {
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null || :
		wait "${pids[i]}" 2>/dev/null || :
	done
	pids=()
}

finish() {
	status=$?
	trap '' INT TERM
	stop_all
	for namespace in "${namespaces[@]}"; do
		ip netns delete "$namespace" || :
	done
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

heading() { printf '\n==== %s\n' "$*"; }

# start NAME COMMAND...: in the background, until its "ready".
start() {
	local name=$1
	shift
	: >"$work/$name.out"
	"$@" >>"$work/$name.out" 2>"$work/$name.err" &
	local pid=$!
	pids+=("$pid")
	for _ in $(seq 100); do
		grep -qx ready "$work/$name.out" && return
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	echo "demo: $name is not ready; it says:" >&2
	cat "$work/$name.err" >&2
	return 1
}

# What is missing for TUN devices in network namespaces; nothing, if nothing is.
missing() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "this is not root"
	elif [ ! -c /dev/net/tun ]; then
		echo "there is no /dev/net/tun"
	elif [ ! -x "$bin/ipoib-tun" ]; then
		echo "ipoib-tun was not built"
	elif ! command -v ip >/dev/null; then
		echo "the program ip is missing (Debian: iproute2)"
	elif ! command -v ping >/dev/null; then
		echo "the program ping is missing (Debian: iputils-ping)"
	elif ! ip netns add "$host1" 2>/dev/null; then
		echo "network namespaces may not be made here"
	fi
}

start_fabric() {
	heading "A fabric of two hosts: one switch, a subnet administrator"
	mkdir -p "${capture%/*}"
	start fabric "$bin/ipoib-fabric" --socket "$work/fabric" --hosts 2 --pcap "$capture"
	echo "ipoib-fabric --socket $work/fabric --hosts 2 --pcap $capture"
}

# host NAMESPACE PORT ADDRESS: a host with one interface.
host() {
	ip -n "$1" link set lo up
	start "${2%/*}" ip netns exec "$1" "$bin/ipoib-tun" --fabric "$work/fabric" \
		--interface "ipoib0,port=$2,address=$3/24" --control "$work/${2%/*}.control"
	echo "ipoib-tun --interface ipoib0,port=$2,address=$3/24     in namespace $1"
}

run_iperf3() {
	if ! command -v iperf3 >/dev/null; then
		echo "iperf3 is not installed (Debian: iperf3): left out"
		return
	fi
	# One test, then the server ends by itself.
	: >"$work/iperf3.out"
	ip netns exec "$host1" iperf3 -s -1 --forceflush >>"$work/iperf3.out" 2>&1 &
	pids+=("$!")
	for _ in $(seq 50); do
		grep -q listening "$work/iperf3.out" && break
		sleep 0.1
	done
	ip netns exec "$host2" timeout 30 iperf3 -c 10.10.1.1 -t 2 -b 100M
}

show() {
	for name in host1 host2; do
		heading "$name: $1"
		"$bin/ipoib-ctl" --control "$work/$name.control" "$2"
	done
}

demo_tun() {
	ip netns add "$host2"
	namespaces+=("$host2")
	start_fabric
	heading "Two hosts, each in a network namespace with a TUN device"
	host "$host1" host1/1 10.10.1.1
	host "$host2" host2/1 10.10.1.2
	heading "The system's own ping, from host2 to host1"
	ip netns exec "$host2" timeout 30 ping -c 5 -i 0.2 10.10.1.1
	heading "iperf3 over TCP for two seconds, paced to 100 Mbit/s so that the capture stays small"
	run_iperf3
	show "neighbours (ipoib-ctl neigh)" neigh
	show "counters (ipoib-ctl stats)" stats
	stop_all # the second act has a fabric of its own
	demo_flux
}

demo_ping() {
	start_fabric
	heading "ipoib-ping answers at host1, and asks from host2"
	start host1 "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 \
		--address 10.10.1.1/24 --listen
	timeout 30 "$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 \
		--address 10.10.1.2/24 -c 5 -i 0.2 10.10.1.1
	heading "The largest packet that fits (MTU 2044)"
	timeout 30 "$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 \
		--address 10.10.1.2/24 -c 2 -i 0.2 -s 2016 10.10.1.1
}

why=$(missing)
if [ -z "$why" ]; then
	# Its last question has made this one.
	namespaces+=("$host1")
	demo_tun
else
	echo "No TUN devices: $why. The same with ipoib-ping, which needs neither root nor a device."
	demo_ping
fi

heading "Every frame of this demo is in a capture"
echo "$capture"
echo "open it with:   tshark -r $capture | less        (or: wireshark $capture)"
