#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# ipoib-ping: the habits, words and exit statuses of ping, without root.
. "$(dirname "$0")/lib.sh"

need_binaries ipoib-fabric ipoib-ping
start_fabric --hosts 2
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24 \
	--listen
wait_ready listener

ping=("$bin/ipoib-ping" --fabric "$work/fabric" --port host2/1 --address 10.10.1.2/24)

say "lines and statistics are ping's"
run 0 "${ping[@]}" -c 3 -i 0.1 10.10.1.1
says out '^PING 10\.10\.1\.1 \(10\.10\.1\.1\) 56\(84\) bytes of data\.$'
says out '^64 bytes from 10\.10\.1\.1: icmp_seq=1 ttl=64 time=[0-9.]+ ms$'
says out '^64 bytes from 10\.10\.1\.1: icmp_seq=3 ttl=64 time=[0-9.]+ ms$'
says out '^--- 10\.10\.1\.1 ping statistics ---$'
says out '^3 packets transmitted, 3 received, 0% packet loss, time [0-9]+ms$'
says out '^rtt min/avg/max/mdev = [0-9]+\.[0-9]{3}/[0-9]+\.[0-9]{3}/[0-9]+\.[0-9]{3}/[0-9]+\.[0-9]{3} ms$'
[ "$(wc -l <"$work/out")" -eq 8 ] || fail "$(wc -l <"$work/out") lines instead of 8"

say "the first packet waits for the neighbour and is not lost; nor is any of 100"
run 0 "${ping[@]}" -c 100 -i 0.01 10.10.1.1
says out '^100 packets transmitted, 100 received, 0% packet loss'

say "-s 2016 is the largest that passes, -s 0 the smallest"
run 0 "${ping[@]}" -c 2 -i 0.1 -s 2016 10.10.1.1
says out '^2024 bytes from 10\.10\.1\.1: icmp_seq=2'
run 0 "${ping[@]}" -c 1 -s 0 10.10.1.1
says out '^8 bytes from 10\.10\.1\.1: icmp_seq=1'

say "-s 2017 is too long, and the MTU is told"
run 1 "${ping[@]}" -c 2 -i 0.1 -s 2017 10.10.1.1
says err '^ping: local error: message too long, mtu=2044$'
says out '^2 packets transmitted, 0 received, \+2 errors, 100% packet loss'
run 1 "${ping[@]}" -c 1 -s 65507 10.10.1.1
says err '^ping: local error: message too long, mtu=2044$'

say "-M want learns the MTU, and then lets requests be cut"
run 0 "${ping[@]}" -c 3 -i 0.1 -s 3000 -M want 10.10.1.1
says err '^ping: local error: message too long, mtu=2044$'
says out '^3 packets transmitted, 2 received, \+1 errors'
says out '^3008 bytes from 10\.10\.1\.1: icmp_seq=2 '

say "-M dont lets them be cut; whoever gets the pieces answers, and so do the pieces of the answer"
for size in 2017 3000 4096 9000 65507; do
	run 0 "${ping[@]}" -c 3 -i 0.1 -s "$size" -M dont 10.10.1.1
	says out "^$((size + 8)) bytes from 10\.10\.1\.1: icmp_seq=1 "
	says out '^3 packets transmitted, 3 received, 0% packet loss'
done

say "a connected one goes back to datagrams for a peer that has no connections"
run 1 "${ping[@]}" --mode connected -c 2 -i 0.1 -s 3000 10.10.1.1
says err '^ping: local error: message too long, mtu=2044$'
run 0 "${ping[@]}" --mode connected -c 3 -i 0.1 -s 2016 10.10.1.1
says out '^3 packets transmitted, 3 received, 0% packet loss'
run 0 "${ping[@]}" --mode connected -c 3 -i 0.1 -s 9000 -M dont 10.10.1.1
says out '^3 packets transmitted, 3 received, 0% packet loss'

say "a broadcast request is taken only with -b, and never above the group's MTU"
run 2 "${ping[@]}" -c 1 10.10.1.255
says err 'add -b'
for mode in datagram connected; do
	run 1 "${ping[@]}" --mode "$mode" -b -c 1 -W 0.2 -s 3000 10.10.1.255
	says err '^ping: local error: message too long, mtu=2044$'
	run 1 "${ping[@]}" --mode "$mode" -b -c 1 -W 0.2 -s 2016 10.10.1.255
	says out '^1 packets transmitted, 0 received, 100% packet loss'
done

say "a host that is not there is unreachable, and that ends it before -W does"
run 1 "${ping[@]}" -c 2 -i 0.1 -W 25 10.10.1.9
says out '^From 10\.10\.1\.2 icmp_seq=1 Destination Host Unreachable$'
says out '^2 packets transmitted, 0 received, \+2 errors, 100% packet loss'

say "-W ends it when nobody answers"
before=$SECONDS
run 1 "${ping[@]}" -c 1 -W 0.2 10.10.1.9
[ $((SECONDS - before)) -le 5 ] || fail "-W 0.2 has taken $((SECONDS - before)) s"
says out '^1 packets transmitted, 0 received, 100% packet loss'

say "SIGINT prints the statistics"
start endless "${ping[@]}" -i 0.05 10.10.1.1
wait_line endless.out 'icmp_seq=4 '
stop endless INT
says endless.out '^--- 10\.10\.1\.1 ping statistics ---$'
heard_all endless.out

say "losses are counted: the other end is away for a while"
start lossy "${ping[@]}" -c 40 -i 0.05 -W 1 10.10.1.1
wait_line lossy.out 'icmp_seq=4 '
stop listener
sleep 0.5
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24 \
	--listen
wait_ready listener
wait_until "$limit" dead lossy || fail "ping -c 40 does not end"
status=0
wait "${pid_of[lossy]}" || status=$?
unset "pid_of[lossy]"
[ "$status" -eq 0 ] || fail "status $status although there were answers"
answers=$(grep -c 'bytes from' "$work/lossy.out")
says lossy.out "^40 packets transmitted, $answers received"
((answers >= 4 && answers < 40)) || fail "$answers answers of 40"

say "two that are connected: -s 65492 is the largest that passes"
stop listener
start listener "$bin/ipoib-ping" --fabric "$work/fabric" --port host1/1 --address 10.10.1.1/24 \
	--mode connected --listen
wait_ready listener
for size in 56 2017 65492; do
	run 0 "${ping[@]}" --mode connected -c 3 -i 0.1 -s "$size" 10.10.1.1
	says out "^$((size + 8)) bytes from 10\.10\.1\.1: icmp_seq=1 "
	says out '^3 packets transmitted, 3 received, 0% packet loss'
done
run 1 "${ping[@]}" --mode connected -c 1 -s 65493 10.10.1.1
says err '^ping: local error: message too long, mtu=65520$'
run 0 "${ping[@]}" --mode connected -c 3 -i 0.1 -s 65507 -M dont 10.10.1.1
says out '^3 packets transmitted, 3 received, 0% packet loss'

say "everything ends cleanly"
stop listener
stop fabric
[ ! -e "$work/fabric" ] || fail "the fabric has left its socket behind"
