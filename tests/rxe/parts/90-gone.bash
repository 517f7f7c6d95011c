# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The network device is taken away, and the adapter with it, while both are in use. This is the last
# part: there is no adapter after it.
listener peer rxe1/1 10.50.0.2
ipoib-ping --device rxe0/1 --address 10.50.0.1/24 -c 60 -i 0.1 -W 3 10.50.0.2 >"$work/asker" 2>&1 &
asker=$!
wait_until "$limit" grep -q 'icmp_seq=3 ' "$work/asker" || fail "the ping does not begin"
# It comes back when nobody has the devices open any more.
timeout "$limit" ip link delete veth0 &
deletion=$!

gone() { ! kill -0 "$1" 2>/dev/null; }
wait_until 20 gone "$asker" || :
status=0
if gone "$asker"; then wait "$asker" || status=$?; fi
asker_ended() { [ "$status" -le 2 ] || fail "status $status: $(tail -n 3 "$work/asker")"; }
check the_asker_ends asker_ended
kill -TERM "${pid_of[peer]}" 2>/dev/null || :
wait_until "$limit" dead peer || :
check the_peer_ends dead peer
unset "pid_of[peer]"
status=0
wait "$deletion" || status=$?
deleted() { [ "$status" -eq 0 ] || fail "status $status"; }
check the_devices_go deleted
