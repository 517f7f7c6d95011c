# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# ipoib-perf beside perftest's ib_send_bw and ib_send_lat, on the same two devices, in turn, several
# rounds; the medians as the table of doc/perf.md. Both poll, both hand over bursts of the same length,
# and data are what the user has: the 56 octets of headers that an IP packet of ipoib-perf has are on
# top of them, but for the largest, where both messages have 65524 octets.
#
# IPOIB_BENCH_ROUNDS is 3 unless set, IPOIB_BENCH_BATCH 16.
rounds=${IPOIB_BENCH_ROUNDS:-3}
batch=${IPOIB_BENCH_BATCH:-16}
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
	local options=(-d rxe0 -i 1 -x 1 -c "$kind" -s "$size" -n "$count" -F "$@")
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

# bandwidth KIND OUR_SIZE RAW_SIZE COUNT: messages a second
bandwidth() {
	local kind=$1 size=$2 raw_size=$3 count=$4 line raw_rate our_rate lost
	line=$(raw ib_send_bw "$kind" "$raw_size" "$count" -l "$batch" -t 128 -r 512)
	raw_rate=$(awk '{ print $5 * 1e6 }' <<<"$line")
	read -r our_rate lost < <(ours "${kind,,}" "$size" "$count" msg_rate_mpps --batch "$batch")
	our_rate=$(awk -v rate="$our_rate" 'BEGIN { print rate * 1e6 }')
	echo "bw $kind $size $raw_rate $our_rate $lost" | tee -a "$figures"
}

# latency KIND OUR_SIZE RAW_SIZE COUNT: the median, microseconds
latency() {
	local kind=$1 size=$2 raw_size=$3 count=$4 line raw_time our_time lost
	line=$(raw ib_send_lat "$kind" "$raw_size" "$count")
	raw_time=$(awk '{ print $5 }' <<<"$line")
	read -r our_time lost < <(ours "${kind,,}" "$size" "$count" t_typical_usec --latency)
	echo "lat $kind $size $raw_time $our_time $lost" | tee -a "$figures"
}

serve() { # MODE
	start server ipoib-perf --device rxe0/1 --address "$our_address/24" -m "$1" --keep
	wait_ready server
}

one_round() {
	serve ud
	bandwidth UD 64 64 20000
	bandwidth UD 2048 2048 20000
	latency UD 64 64 1000
	latency UD 2048 2048 1000
	stop server
	serve rc
	bandwidth RC 64 64 20000
	bandwidth RC 2048 2048 20000
	bandwidth RC 65492 65524 2000
	latency RC 64 64 1000
	latency RC 2048 2048 1000
	latency RC 65492 65524 300
	stop server
}

for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	one_round
done
python3 - "$figures" "$batch" <<'END'
import statistics, sys
table = {}
for line in open(sys.argv[1]):
    what, kind, size, raw, ours, lost = line.split()
    table.setdefault((what, kind, int(size)), []).append((float(raw), float(ours), int(lost)))
for what, unit in ("bw", "messages/s"), ("lat", "microseconds"):
    print(f"\n| mode | octets | perftest {unit} | ipoib-perf | ratio | lost |\n| --- | --- | --- | --- | --- | --- |")
    for (w, kind, size), rows in table.items():
        if w == what:
            raw, ours = (statistics.median(r[i] for r in rows) for i in (0, 1))
            ratio = ours / raw if what == "bw" else raw / ours
            digits = 0 if what == "bw" else 1
            print(f"| {kind} | {size} | {raw:.{digits}f} | {ours:.{digits}f} | {ratio:.2f} | {sum(r[2] for r in rows)} |")
END
result PASS measured
