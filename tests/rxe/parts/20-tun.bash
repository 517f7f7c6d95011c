# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Unmodified programs over two ipoib-tun on rxe0 and rxe1, in datagram and in connected mode.
before=$(resources)
modprobe tun || fail "this kernel has no tun"
namespace there

# The TUN device of the second goes to a namespace of its own, else the kernel would answer itself.
two_hosts() {
	start here ipoib-tun --interface "ipoib0,device=rxe0/1,address=10.50.0.1/24,acd=fast,mode=$1" \
		--control "$work/here.control"
	start there ipoib-tun --interface "ipoib1,device=rxe1/1,address=10.50.0.2/24,acd=fast,mode=$1" \
		--control "$work/there.control"
	wait_ready here there
	ip link set ipoib1 netns there
	ip -n there address replace 10.50.0.2/24 dev ipoib1
	ip -n there link set ipoib1 mtu "$2" up
}

# The kernel's own TCP, with its checksums; the sum of what arrives is that of what was sent.
tcp() {
	head -c "$1" /dev/urandom >"$work/sent"
	# It listens while the client starts, and each may take its limit on a busy machine.
	timeout $((3 * limit)) ip netns exec there python3 -c '
import socket, sys
listener = socket.create_server(("10.50.0.2", 5001))
print("ready", flush=True)
peer = listener.accept()[0]
with open(sys.argv[1], "wb") as out:
	while octets := peer.recv(65536):
		out.write(octets)
' "$work/received" >"$work/server" 2>&1 &
	local server=$!
	wait_until "$limit" grep -qx ready "$work/server" || fail "no server: $(tail -n 1 "$work/server")"
	run 0 python3 -c '
import socket, sys
peer = socket.create_connection(("10.50.0.2", 5001), 20)
with open(sys.argv[1], "rb") as octets:
	peer.sendfile(octets)
peer.shutdown(socket.SHUT_WR)
peer.recv(1)
' "$work/sent"
	wait "$server" || fail "the server ended with status $?"
	cmp "$work/sent" "$work/received" || fail "what arrived is not what was sent"
}

two_hosts datagram 4092
check datagram/ping answers
check datagram/ping_full answers -M 'do' -s 4064
check datagram/tcp tcp 2000000
stop here
stop there

two_hosts connected 65520
check connected/ping answers
check connected/ping_full answers -M 'do' -s 65492
check connected/tcp tcp 20000000
by_connections() {
	ctl here conn
	says out ' UP'
}
check connected/by_connections by_connections
stop here
stop there

nothing_is_left() {
	wait_until "$limit" resources_are "$before" || fail "before: $before; after: $(resources)"
}
check nothing_is_left nothing_is_left
