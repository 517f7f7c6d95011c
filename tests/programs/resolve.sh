#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# ipoib-resolve: link addresses, paths and MTUs, told without a packet.
. "$(dirname "$0")/lib.sh"

need_binaries ipoib-ctl ipoib-fabric ipoib-ping ipoib-resolve
need_program python3
start_fabric --hosts 4
start two "$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24 --listen
start three "$bin/ipoib-ping" --fabric "$work/fabric" --port host3/1 --address 10.10.1.3/24 \
	--mode connected --listen
wait_ready two
wait_ready three
resolve=("$bin/ipoib-resolve" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24)

say "those that are there, in the order in which they were asked for"
run 0 "${resolve[@]}" 10.10.1.3 10.10.1.2
[ "$(wc -l <"$work/out")" -eq 2 ] || fail "not two lines"
says out '^10\.10\.1\.3 lladdr 80:[0-9a-f:]+ lid 3 sl 0 rate [0-9]+ path-mtu 2048 mtu 2044$'
says out '^10\.10\.1\.2 lladdr 00:[0-9a-f:]+ lid 2 sl 0 rate [0-9]+ path-mtu 2048 mtu 2044$'
head -n 1 "$work/out" | grep -q '^10\.10\.1\.3 ' || fail "not in the order of the command line"

say "one that is not there; the exit status says so"
run 1 "${resolve[@]}" 10.10.1.2 10.10.1.9
says out '^10\.10\.1\.9 unreachable$'
says out '^10\.10\.1\.2 lladdr .* mtu 2044$'

say "as JSON"
run 1 "${resolve[@]}" -j 10.10.1.2 10.10.1.9
python3 - "$work/out" <<'END'
import json, sys
two, nine = json.load(open(sys.argv[1]))
assert two["ip"] == "10.10.1.2" and two["status"] == "resolved" and two["flags"] == 0
assert two["gid"] == two["path"]["dgid"] and two["qpn"] > 1 and two["mtu"] == 2044
assert two["path"]["dlid"] == 2 and two["path"]["slid"] == 1 and two["path"]["mtu"] == 2048
assert two["path"]["rate_mbps"] > 0 and two["path"]["pkey"] & 0x7fff == 0x7fff
assert nine == {"ip": "10.10.1.9", "status": "unreachable", "link_address": None, "gid": None,
                "qpn": None, "flags": None, "mtu": None, "path": None}
END

say "the time is over before there is an answer"
run 1 "${resolve[@]}" -W 0.7 10.10.1.9
says out '^10\.10\.1\.9 no answer yet$'

say "the subnet administrator does not answer: no group can be joined"
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" sa silent
run 1 "${resolve[@]}" -W 1 10.10.1.2
says out '^10\.10\.1\.2 link down$'
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" sa normal

say "what changes, until it is told to end"
start monitor "${resolve[@]}" --monitor -j --mode connected 10.10.1.2 10.10.1.3
wait_line monitor.out '"10\.10\.1\.2".*"resolved"'
wait_line monitor.out '"10\.10\.1\.3".*"resolved".*"mtu": ?65520'
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" lid host2/1 77
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" reregister
wait_line monitor.out '"10\.10\.1\.2".*"dlid": ?77[,}]'
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" link host1/1 down
wait_line monitor.out '"10\.10\.1\.2".*"link down"'
kill "${pid_of[monitor]}"
wait_until "$limit" dead monitor || fail "it does not end on SIGTERM"
wait "${pid_of[monitor]}" || fail "it ends with $?"
unset "pid_of[monitor]"
python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$work/monitor.out" ||
	fail "not an object a line"

say "while the link is down it waits"
run 1 "${resolve[@]}" -W 0.5 10.10.1.2
says out '^10\.10\.1\.2 link down$'
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" link host1/1 up
run 0 "${resolve[@]}" 10.10.1.2

say "IPv6, by the addresses of ports"
start six "$bin/ipoib-resolve" --fabric "$work/fabric" --port host4/1 --address fd00::4/64 \
	--monitor fd00::99
run 0 "$bin/ipoib-resolve" --fabric "$work/fabric" --port host1/1 --address fd00::1/64 fd00::4
says out '^fd00::4 lladdr 00:[0-9a-f:]+ lid 4 '
stop six

say "command lines that make no sense"
usage() { # PATTERN ARGUMENT...
	local pattern=$1
	shift
	run 2 "${resolve[@]}" "$@"
	says err "^ipoib-resolve: .*$pattern"
}
usage 'no neighbour'
usage '"ten" is not an address' ten
usage 'fd00::1 is of another IP version than --address' fd00::1
usage '10\.10\.1\.1 cannot be a neighbour: it is our own address' 10.10.1.1
usage '224\.0\.0\.1 cannot be a neighbour' 224.0.0.1
run 2 "$bin/ipoib-resolve" 10.10.1.2
says err '^ipoib-resolve: --fabric'
run 2 "$bin/ipoib-resolve" --fabric "$work/nowhere" --port host1/1 --address 10.10.1.1/24 10.10.1.2
says err 'nobody listens there'
stop two
stop three
stop fabric
