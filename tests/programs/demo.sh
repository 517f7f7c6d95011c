#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The demo runs to its end, leaves its capture, and nothing else.
. "$(dirname "$0")/lib.sh"

need_binaries ipoib-fabric ipoib-ping ipoib-ctl
limit=$((limit + 60)) # two acts
mkdir "$work/build"
ln -s "$bin" "$work/build/examples"

say "the demo as it is for this user: $(has_tun >/dev/null 2>&1 && echo TUN devices || echo ipoib-ping)"
run 0 bash "$source_tree/examples/demo.sh" "$work/build"
says out " 0% packet loss"
[ -s "$work/build/demo/ipoib-demo.pcap" ] || fail "there is no capture"
says out "tshark -r $work/build/demo/ipoib-demo.pcap"
if has_tun >/dev/null 2>&1; then
	says out "^10\.10\.1\.1 dev ipoib0 lladdr "
	says out "conservation law holds"
	says out "iperf Done|iperf3 is not installed"
	# the second act: claims are refused by default, and believed by flux=accept
	says out "neighbour-flux .*(verdict|refused)"
	says out "^confirm +[0-9]+ +[1-9][0-9]* +0 +0 "
	says out "^accept +[0-9]+ +[1-9][0-9]* +[1-9][0-9]* +[1-9]"
	if ip netns list | grep -q "^ipoib-demo-"; then
		sleep 1 # another demo may run beside this one
		! ip netns list | grep -q "^ipoib-demo-" || fail "the demo has left a namespace"
	fi
fi

say "the demo without root"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	# Not every build directory may be read by others; a capability less is as good as no root.
	run 0 setpriv --bounding-set=-sys_admin,-net_admin --inh-caps=-sys_admin,-net_admin \
		bash "$source_tree/examples/demo.sh" "$work/build"
	says out "No TUN devices: "
	says out "^64 bytes from 10\.10\.1\.1: icmp_seq=5 ttl=64"
fi

say "a folder that is none"
run 2 bash "$source_tree/examples/demo.sh" "$work/nowhere"
