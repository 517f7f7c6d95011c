#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# ipoib-perf between two processes on a simulated fabric: both modes, all sizes, both directions, and
# what it says when something is wrong.
. "$(dirname "$0")/lib.sh"

need_binaries ipoib-ctl ipoib-fabric ipoib-perf ipoib-ping
need_program python3
start_fabric --hosts 3

server=("$bin/ipoib-perf" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24)
client=("$bin/ipoib-perf" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24)

# json STATEMENT...: of the last output, which is `o` in there.
json() {
	python3 - "$work/out" "$@" <<'END'
import json, sys
o = json.load(open(sys.argv[1]))
for statement in sys.argv[2:]:
    if not eval(statement, {"o": o, "r": o["results"]}):
        print(json.dumps(o, indent=1))
        sys.exit("not so: " + statement)
END
}

say "a server ends with its first client, as perftest's does"
start server "${server[@]}" -e
wait_ready server
run 0 "${client[@]}" -e -n 100 10.10.1.1
says out '^ #bytes     #iterations    BW peak\[MB/sec\]    BW average\[MB/sec\]   MsgRate\[Mpps\]   lost$'
says out '^ 2016 +100 +[0-9.]+ +[0-9.]+ +[0-9.]+ +0$'
wait_until "$limit" dead server || fail "the server does not end"
wait "${pid_of[server]}" || fail "the server ends with $?"
unset "pid_of[server]"

for mode in ud rc; do
	say "-m $mode"
	if [ "$mode" = ud ]; then most=2016 sizes=7; else most=65492 sizes=12; fi
	start server "${server[@]}" -m "$mode" -e --keep
	wait_ready server

	say "all sizes, in a table and as JSON"
	run 0 "${client[@]}" -m "$mode" -e -n 200 -a 10.10.1.1
	[ "$(grep -cE '^ [0-9]+ +200 ' "$work/out")" -eq "$sizes" ] || fail "not $sizes sizes"
	says out "^ $most +200 .* 0$"
	run 0 "${client[@]}" -m "$mode" -e -n 200 -a --json 10.10.1.1
	json "o['mode'] == '$mode'" "len(r) == $sizes" "r[-1]['bytes'] == $most" \
		"r[-1]['packet'] == $most + 28 == o['mtu']" \
		"all(x['received'] == 200 and x['lost'] == 0 for x in r)" \
		"all(x['bw_peak_mib_sec'] >= x['bw_average_mib_sec'] > 0 for x in r)"

	say "both directions, by number and by time"
	run 0 "${client[@]}" -m "$mode" -e -b -n 500 -s "64,$most" --json 10.10.1.1
	json "o['bidirectional']" "[x['iterations'] for x in r] == [1000, 1000]" \
		"all(x['received'] == 1000 for x in r)"
	run 0 "${client[@]}" -m "$mode" -e -b -D 0.5 --json 10.10.1.1
	json "0.4 < r[0]['seconds'] < 5" "r[0]['iterations'] == r[0]['received'] > 100"

	say "one packet at a time, large bursts, and polling"
	run 0 "${client[@]}" -m "$mode" -e --window 1 --batch 1 -n 50 --json 10.10.1.1
	json "o['window'] == 1 and o['batch'] == 1" "r[0]['received'] == 50"
	run 0 "${client[@]}" -m "$mode" -e --batch 64 -n 1000 -s 1000 --json 10.10.1.1
	json "o['batch'] == 64" "r[0]['received'] == 1000"
	run 0 "${client[@]}" -m "$mode" -n 1000 --json 10.10.1.1
	json "o['receives'] == 'poll'" "r[0]['received'] == 1000"

	say "latency"
	run 0 "${client[@]}" -m "$mode" -e --latency -n 200 10.10.1.1
	says out '^ #bytes #iterations    t_min\[usec\]    t_max\[usec\]  t_typical\[usec\]    t_avg\[usec\]'
	says out '^ 64 +200 '
	run 0 "${client[@]}" -m "$mode" -e --latency -D 0.3 -s "$most" --json 10.10.1.1
	json "r[0]['iterations'] == r[0]['received'] > 10" \
		"0 < r[0]['t_min_usec'] <= r[0]['t_typical_usec'] <= r[0]['t_99_usec']" \
		"r[0]['t_99_usec'] <= r[0]['t_99_9_usec'] <= r[0]['t_max_usec']"

	say "a size over the MTU, and the other mode"
	run 1 "${client[@]}" -m "$mode" -s "$((most + 1))" 10.10.1.1
	says err "^ipoib-perf: -s $((most + 1)) makes packets of $((most + 29)) octets, and the MTU is $((most + 28)): -s $most is the most"
	if [ "$mode" = ud ]; then other=rc; else other=ud; fi
	run 1 "${client[@]}" -m "$other" 10.10.1.1
	says err "the server at 10.10.1.1 runs with -m $mode, and this client with -m $other"

	say "a client that is told to end tells its server"
	for signal in TERM HUP; do
		start first env --default-signal=HUP "${client[@]}" -m "$mode" -e -D 3600 10.10.1.1
		wait_line first.out 'Bandwidth Test'
		kill "-$signal" "${pid_of[first]}"
		wait_until "$limit" dead first || fail "the client does not end on SIG$signal"
		status=0
		wait "${pid_of[first]}" || status=$?
		[ "$status" -eq 1 ] || fail "a client that was stopped ends with status $status"
		unset "pid_of[first]"
		run 0 "${client[@]}" -m "$mode" -e -n 100 10.10.1.1
	done
	if [ "$mode" = rc ]; then # silence is silence, and takes ten seconds
		stop server
		continue
	fi

	say "a second client is told that the first is served; and a client that dies is noticed"
	start first "${client[@]}" -m "$mode" -e -D 3600 10.10.1.1
	wait_line first.out 'Bandwidth Test'
	run 1 "$bin/ipoib-perf" --fabric "$work/fabric" --port host3/1 --address 10.10.1.3/24 \
		-m "$mode" 10.10.1.1
	says err "the server at 10.10.1.1 is serving another client"
	kill_hard first
	wait_line server.err 'the client at 10\.10\.1\.2 has fallen silent'
	run 0 "${client[@]}" -m "$mode" -e -n 100 10.10.1.1

	say "a server that dies is noticed"
	start first "${client[@]}" -m "$mode" -e -D 3600 --json 10.10.1.1
	sleep 1.5
	kill_hard server
	wait_until "$limit" dead first || fail "the client goes on without a server"
	wait "${pid_of[first]}" && fail "a client without a server is content"
	unset "pid_of[first]"
	says first.err '^ipoib-perf: the server at 10\.10\.1\.1 has fallen silent'
	cp "$work/first.out" "$work/out"
	json "r == []"
done

say "nobody there; somebody there who is no server"
run 1 "${client[@]}" 10.10.1.9
says err '^ipoib-perf: 10\.10\.1\.9 is unreachable: nobody on the link has this address'
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24 \
	--listen
wait_ready listener
run 1 "${client[@]}" 10.10.1.1
says err '^ipoib-perf: 10\.10\.1\.1 does not answer: is an ipoib-perf without'
stop listener

say "losses are told, and end nothing"
start server "${server[@]}" -e --keep
wait_ready server
start first "${client[@]}" -e -D 3 --json 10.10.1.1
sleep 1.2
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" loss all 1%
wait_until "$limit" dead first || fail "the client does not end when packets are lost"
wait "${pid_of[first]}" || fail "the client fails when packets are lost"
unset "pid_of[first]"
cp "$work/first.out" "$work/out"
json "r[0]['lost'] > 0" "r[0]['lost'] + r[0]['received'] == r[0]['iterations']"
run 0 "$bin/ipoib-ctl" fabric --socket "$work/fabric" loss all 0
stop server

say "command lines that make no sense"
usage() { # PATTERN ARGUMENT...
	local pattern=$1
	shift
	run 2 "${client[@]}" "$@"
	says err "^ipoib-perf: .*$pattern"
}
usage '"uc" is not a mode: ud or rc' -m uc 10.10.1.1
usage '"23" is not a number from 24 to 65507' -s 23 10.10.1.1
usage 'give one of them' -n 5 -D 5 10.10.1.1
usage 'give one of them' -a -s 64 10.10.1.1
usage 'there is no -b of it' --latency -b 10.10.1.1
usage 'not on the link' 10.20.1.1
usage 'our own address' 10.10.1.2
usage 'is told by the client' -a
usage 'give one or the other' --device rxe0/1 10.10.1.1
run 2 "$bin/ipoib-perf"
says err "^ipoib-perf: --fabric PATH is missing"
run 2 "$bin/ipoib-perf" --fabric "$work/fabric" --address 10.10.1.2/24
says err "^ipoib-perf: --port is missing"
run 1 "$bin/ipoib-perf" --fabric "$work/nowhere" --port host2/1 --address 10.10.1.2/24 10.10.1.1
says err "nobody listens there"
stop fabric
