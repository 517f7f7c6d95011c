# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The keeper of ib-fabric: a process of its own that owns opensm, so that the subnet manager can end
# and come back while the command runs. Words come through the pipe `control`, one line each: an
# identifier, a verb, its arguments; `reply.IDENTIFIER` appears when it is done, and says why it was
# not. The caller has set dir, loss, sock, so and sm_node.

# console LINE: sends a line to the simulator and prints its answer; 1 when it was refused.
console() {
	local at out i
	exec 9>>"$dir/console.lock"
	flock 9
	at=$(stat -c %s "$dir/ibsim.log")
	printf '%s\n' "$*" 1<>"$dir/console"
	for ((i = 0; i < 500; i++)); do
		out=$(tail -c +$((at + 1)) "$dir/ibsim.log")
		[[ $out == *"sim>"* ]] && break
		sleep 0.01
	done
	exec 9>&-
	((i < 500)) || { echo "ib-fabric: the simulator does not answer" >&2; return 1; }
	out=$(sed 's/sim> *//g; /^ibwarn:/d; /^$/d' <<<"$out")
	[ -z "$out" ] || printf '%s\n' "$out"
	! grep -qE "^(# [a-z]|command .* unknown|bad |Bad |disconnect client: bad|no route)" <<<"$out"
}

# Loses so many percent of what is sent to each host: requests arrive, answers vanish.
set_loss() {
	local host
	[ "$loss" != 0 ] || return 0
	while read -r host _; do
		printf 'Error "%s" %s\n' "$host" "$1"
	done <"$dir/hosts" 1<>"$dir/console"
	console "# loss $1" >/dev/null # returns when the simulator has read all of them
	return 0
}

sm_alive() { [ -n "$sm" ] && kill -0 "$sm" 2>/dev/null; }

sm_stop() {
	local i
	sm_alive || { echo "opensm is not running"; return 1; }
	kill -CONT "$sm"
	kill "$sm"
	for ((i = 0; i < 300; i++)); do
		sm_alive || break
		sleep 0.01
	done
	! sm_alive || kill -KILL "$sm"
	wait "$sm" 2>/dev/null
	sm=
	: >"$dir/sm.pid"
}

sm_start() { # sm_start [NODE]
	local at=0 i
	! sm_alive || { echo "opensm is running already"; return 1; }
	sm_node=${1:-$sm_node}
	[ ! -e "$dir/opensm.log" ] || at=$(stat -c %s "$dir/opensm.log")
	set_loss 0
	setpriv --pdeathsig KILL -- env OSM_CACHE_DIR="$dir/cache" OSM_TMP_DIR="$dir/tmp" \
		IBSIM_SOCKNAME="$sock" SIM_HOST="$sm_node" LD_PRELOAD="$so" \
		opensm -F "$dir/opensm.conf" </dev/null >"$dir/opensm.out" 2>&1 &
	sm=$!
	echo "$sm" >"$dir/sm.pid"
	for ((i = 0; i < 3000; i++)); do
		[ -e "$dir/opensm.log" ] &&
			tail -c +$((at + 1)) "$dir/opensm.log" | grep -q "SUBNET UP" && break
		sm_alive || { echo "opensm ended: $(grep -vE '^-*$' "$dir/opensm.out" | tail -n 1)"; return 1; }
		sleep 0.02
	done
	((i < 3000)) || { echo "no SUBNET UP after 60 s"; return 1; }
	set_loss "$loss"
	if tail -c +$((at + 1)) "$dir/opensm.log" | grep -q "Partition configuration in error"; then
		echo "partitions: $(grep -o 'PARSE.*' "$dir/opensm.log" | tail -n 1)"
		return 1
	fi
}

# A LID is opensm's to give: it reads the old ones from a file when it starts.
set_lid() { # set_lid PORTGUID LID
	grep -q "^$1 " "$dir/cache/guid2lid" || { echo "$1 has no LID to change"; return 1; }
	! sm_alive || sm_stop
	sed -i "s/^$1 .*/$1 $2 $2/" "$dir/cache/guid2lid"
	sm_start ""
}

# The simulator has room for ten processes and keeps that of one which was killed. Frees it: at once
# when a process is seen to have gone, and every five seconds for those too short-lived to be seen.
clients() { console Attached | sed -n 's/^Client \([0-9]*\): pid \([0-9]*\) .*/\1 \2/p'; }

reap() {
	local now p n look='' dead=' '
	now=" $(sed -n "s/.*@$sock:in\([0-9]*\)@*\$/\1/p" /proc/net/unix | tr '\n' ' ')"
	for p in $seen; do
		[[ $now == *" $p "* ]] || look=1
	done
	seen=$now
	((++ticks % 20 == 0)) || [ -n "$look" ] || return
	while read -r n p; do
		grep -qF "@$sock:in$p@" /proc/net/unix || dead+="$n:$p "
	done < <(clients)
	[ "$dead" != ' ' ] || return
	while read -r n p; do # one that said goodbye has left its room by now
		[[ $dead != *" $n:$p "* ]] || console "X $n" >/dev/null
	done < <(clients)
}

obey() { # obey VERB [ARGUMENT...]
	case $1 in
	start) sm_start "${2:-}" ;;
	stop) sm_stop ;;
	restart) { ! sm_alive || sm_stop; } && sm_start "${2:-}" ;;
	set-lid) set_lid "$2" "$3" ;;
	*) echo "unknown word $1"; return 1 ;;
	esac
}

keeper() {
	local id verb first second
	sm='' seen='' ticks=0
	cd "$dir" || exit
	exec 3<>control
	echo $$ >keeper.pid
	while :; do
		if IFS=' ' read -r -t 0.25 id verb first second <&3; then
			if [ "$verb" = quit ]; then
				! sm_alive || { kill -KILL "$sm"; wait "$sm"; }
				exit
			fi
			if obey "$verb" "$first" "$second" >"$dir/said"; then
				: >"$dir/reply.$id"
			else
				mv "$dir/said" "$dir/reply.$id"
			fi
		fi
		reap
	done
}

# ask VERB [ARGUMENT...]: has the keeper do it; 1 when it could not, which it has said by then.
ask() {
	local id=$BASHPID.$RANDOM i status=0
	printf '%s\n' "$id $*" 1<>"$dir/control"
	for ((i = 0; i < 7500; i++)); do
		if [ -e "$dir/reply.$id" ]; then
			[ ! -s "$dir/reply.$id" ] || status=1
			sed 's/^/ib-fabric: /' "$dir/reply.$id" >&2
			rm -f "$dir/reply.$id"
			return "$status"
		fi
		[ -e "/proc/$(cat "$dir/keeper.pid")" ] || break
		sleep 0.01
	done
	echo "ib-fabric: no answer to $1" >&2
	return 1
}
