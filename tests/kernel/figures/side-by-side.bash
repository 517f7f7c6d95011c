# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# "make bench-kernel": the kernel with itself, we with ourselves, and each with the other, one fabric and
# one boot for all of them. Nothing is asserted but that everything ran: the figures are for doc/kernel.md,
# which says what they do and do not mean.
#
#        host1/1  ib0  10.1.0.1  kernel1      ours1  10.1.0.3  host3/1
#        host2/1  ib1  10.1.0.2  kernel2      ours2  10.1.0.4  host4/1
#
# Rounds are outermost, and in each the pairs begin with another one: what changes with time on this
# machine falls on all of them.
rounds=${IPOIB_FIGURE_ROUNDS:-3}
seconds=${IPOIB_FIGURE_SECONDS:-4}
figures=$work/figures
mkdir "$figures"
# From whom, to which address. What is sent to is ended there by one server for all.
pairs=("kernel-kernel kernel1 10.1.0.2" "ours-ours ours1 10.1.0.4"
	"kernel-ours kernel1 10.1.0.4" "ours-kernel ours1 10.1.0.2")

load_hca devices=2 ports=1
start_fabric /dev/vhca0=host1/1 /dev/vhca1=host2/1 --hosts 4
load_ipoib ib0 ib1
namespace kernel1 kernel2 ours1 ours2
kernel_host kernel1 ib0 10.1.0.1/24
kernel_host kernel2 ib1 10.1.0.2/24

listening() { ip netns exec "$1" ss -ltn | grep -q ':5201 '; }
serve() {
	start "server-$1" ip netns exec "$1" iperf3 -s
	wait_until "$limit" listening "$1" || fail "iperf3 does not listen in $1"
}

# mode MODE: of all four.
mode() {
	local name
	kernel_mode kernel1 ib0 "$1"
	kernel_mode kernel2 ib1 "$1"
	for name in ours1 ours2; do
		[ -z "${pid_of[$name]:-}" ] || stop "$name"
	done
	our_host ours1 ours1 host3/1 "10.1.0.3/24,mode=$1"
	our_host ours2 ours2 host4/1 "10.1.0.4/24,mode=$1"
}

# ticks PID: of the processor, in user space and in the kernel, by a process of one thread.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# All that was not idle, then the fabric, and the two of ours.
work_done() {
	awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat
	ticks "${pid_of[fabric]}"
	ticks "${pid_of[ours1]}"
	ticks "${pid_of[ours2]}"
}

# iperf FILE NAMESPACE ADDRESS OPTION...
iperf() {
	local file=$1 space=$2 address=$3
	shift 3
	work_done >"$file.before"
	ip netns exec "$space" timeout 60 iperf3 -J -c "$address" "$@" >"$file.json" ||
		fail "iperf3 of $file: $(grep '"error"' "$file.json")"
	work_done >"$file.after"
}

# figures_of ROUND MODE LENGTH NAME NAMESPACE ADDRESS: what the three programs say of one pair.
figures_of() {
	local file=$figures/$1.$2.$4
	# Resolved, and connected.
	wait_until "$limit" ip netns exec "$5" ping -q -c 2 -i 0.1 -W 1 "$6" >/dev/null ||
		fail "$6 does not answer"
	ip netns exec "$5" ping -n -c 100 -i 0.01 "$6" >"$file.ping" || fail "ping of $file"
	iperf "$file.tcp" "$5" "$6" -t "$seconds"
	iperf "$file.udp" "$5" "$6" -t "$seconds" -u -b 0 -l "$3"
}

# round ROUND MODE LENGTH
round() {
	local i name space address
	mode "$2"
	for ((i = 0; i < ${#pairs[@]}; i++)); do
		read -r name space address <<<"${pairs[(i + $1) % ${#pairs[@]}]}"
		figures_of "$1" "$2" "$3" "$name" "$space" "$address"
	done
}

serve kernel2
serve ours2
for ((number = 1; number <= rounds; number++)); do
	round "$number" datagram 2016
	round "$number" connected 65492
	say "after round $number of $rounds"
	python3 "$root/kernel/figures/table.py" "$figures" "$(getconf CLK_TCK)"
done
check "every pair in every round" test "$(find "$figures" -name '*.udp.after' | wc -l)" -eq $((rounds * 8))
