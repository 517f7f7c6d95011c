# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# ipoib-perf beside perftest's ib_send_bw and ib_send_lat, on the same two devices, in turn, several
# rounds; the medians as the table of doc/perf.md. Both poll, both hand over bursts of the same length, both
# use the IPv6 GID (that of an IPv4 address has a shorter way through the kernel), and data are what the user
# has: the 32 octets of headers (IPoIB, IPv4, UDP) of ipoib-perf are on top of them, but for the largest,
# where both messages have 65524 octets. The smaller are sent by perftest with 32 octets more as well.
#
# IPOIB_BENCH_ROUNDS is 5 unless set, IPOIB_BENCH_BATCH 16.
rounds=${IPOIB_BENCH_ROUNDS:-5}
batch=${IPOIB_BENCH_BATCH:-16}
headers=32
largest=65524
ipv6_gid=0
raw_address=10.99.0.1
our_address=10.50.0.1
figures=$work/figures
: >"$figures"

for program in ib_send_bw ib_send_lat python3; do
	command -v "$program" >/dev/null || {
		say "left out: $program is not installed"
		exit 0
	}
done

# listens PID: perftest's servers wait at this port of TCP.
listens() { ss -ltnp | grep ':18515 ' | grep -q "pid=$1,"; }

# raw PROGRAM KIND SIZE COUNT [OPTION...]: the line of its table
raw() {
	local program=$1 kind=$2 size=$3 count=$4
	shift 4
	local options=(-d rxe0 -i 1 -x "$ipv6_gid" -c "$kind" -s "$size" -n "$count" -F "$@")
	"$program" "${options[@]}" >"$work/raw.server" 2>&1 &
	local server=$!
	wait_until "$limit" listens "$server" || echo "$program does not listen" >&2
	timeout 60 "$program" "${options[@]/rxe0/rxe1}" "$raw_address" >"$work/raw" 2>&1 || {
		kill "$server" 2>/dev/null || :
		cat "$work/raw" "$work/raw.server" >&2
		echo "$program -c $kind -s $size fails" >&2
		return 1
	}
	wait "$server" || :
	grep -E "^ +$size +" "$work/raw"
}

# ours MODE SIZE COUNT FIELD [OPTION...]
ours() {
	local mode=$1 size=$2 count=$3 field=$4
	shift 4
	timeout 60 ipoib-perf --device rxe1/1 --address 10.50.0.2/24 -m "$mode" -s "$size" -n "$count" \
		--json "$@" "$our_address" >"$work/ours" 2>"$work/ours.err" || {
		cat "$work/ours" "$work/ours.err" >&2
		echo "ipoib-perf -m $mode -s $size fails" >&2
		return 1
	}
	python3 -c "import json, sys; r = json.load(open(sys.argv[1]))['results'][0]
print(r[sys.argv[2]], r['lost'])" "$work/ours" "$field"
}

# raw_message SIZE: what perftest sends beside so much of ours.
raw_message() { echo "$(($1 + headers > largest - 1 ? largest : $1))"; }

# raw_figures PROGRAM FIELD FACTOR KIND SIZE COUNT [OPTION...]: with the same data, and with the same message
raw_figures() {
	local program=$1 field=$2 factor=$3 kind=$4 size=$5 count=$6 length line
	shift 6
	for length in "$(raw_message "$size")" "$((size + headers))"; do
		line=$(raw "$program" "$kind" "$length" "$count" "$@")
		awk -v field="$field" -v factor="$factor" '{ printf "%s ", $field * factor }' <<<"$line"
	done
}

# measure WHAT KIND SIZE COUNT: a row of figures
measure() {
	local what=$1 kind=$2 size=$3 count=$4 raw ours lost
	if [ "$what" = bw ]; then
		raw=$(raw_figures ib_send_bw 5 1e6 "$kind" "$size" "$count" -l "$batch" -t 128 -r 512)
		read -r ours lost < <(ours "${kind,,}" "$size" "$count" msg_rate_mpps --batch "$batch")
		ours=$(awk -v rate="$ours" 'BEGIN { print rate * 1e6 }')
	else
		raw=$(raw_figures ib_send_lat 5 1 "$kind" "$size" "$count")
		read -r ours lost < <(ours "${kind,,}" "$size" "$count" t_typical_usec --latency)
	fi
	echo "$what $kind $size $raw$ours $lost" | tee -a "$figures"
}

serve() { # MODE
	start server ipoib-perf --device rxe0/1 --address "$our_address/24" -m "$1" --keep
	wait_ready server
}

one_round() {
	serve ud
	measure bw UD 64 20000
	measure bw UD 2048 20000
	measure lat UD 64 1000
	measure lat UD 2048 1000
	stop server
	serve rc
	measure bw RC 64 20000
	measure bw RC 2048 20000
	measure bw RC "$((largest - headers))" 2000
	measure lat RC 64 1000
	measure lat RC 2048 1000
	measure lat RC "$((largest - headers))" 300
	stop server
}

for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	one_round
done
python3 - "$figures" <<'END'
import statistics, sys
table = {}
for line in open(sys.argv[1]):
    what, kind, size, *values = line.split()
    table.setdefault((what, kind, size), []).append([float(value) for value in values])
for what, unit in ("bw", "messages/s"), ("lat", "microseconds"):
    print(f"\n| mode | octets | perftest, {unit} | with our headers | ipoib-perf | ratio | to the second | lost |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for (w, kind, size), rows in table.items():
        if w != what:
            continue
        def ratio(i):
            return statistics.median(r[2] / r[i] if what == "bw" else r[i] / r[2] for r in rows
                                     if 0 < r[i] < float("inf"))
        def figure(i):
            values = [r[i] for r in rows if 0 < r[i] < float("inf")]  # perftest says 0 now and then
            digits = 0 if what == "bw" else 1
            return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"
        print(f"| {kind} | {size} | {figure(0)} | {figure(1)} | {figure(2)} | {ratio(0):.2f} | {ratio(1):.2f} | {sum(r[3] for r in rows):.0f} |")
END
result PASS measured
