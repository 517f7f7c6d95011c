# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
What side-by-side.bash has measured, as tables in markdown: the median of the rounds, and in parentheses
the least and the most.

    table.py FOLDER TICKS-PER-SECOND

A file is ROUND.MODE.PAIR.WHAT: the output of ping, that of iperf3 as JSON, and ticks of the processors
before and after it: all of them, the fabric, the two programs of ours.
"""
import json
import pathlib
import re
import statistics
import sys

folder, tick = pathlib.Path(sys.argv[1]), 1 / int(sys.argv[2])
MODES = ["datagram", "connected"]
PAIRS = ["kernel-kernel", "ours-ours", "kernel-ours", "ours-kernel"]


def files(mode, pair, what):
    return sorted(folder.glob(f"*.{mode}.{pair}.{what}"))


def spread(values, digits):
    middle, least, most = (f"{f(values):.{digits}f}" for f in (statistics.median, min, max))
    return f"{middle} ({least}-{most})"


def round_trips(mode, pair):
    times = []
    for file in files(mode, pair, "ping"):
        times += [float(time) for time in re.findall(r"time=([0-9.]+)", file.read_text())]
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


def received(file):
    """Octets, seconds, and of UDP the share that did not arrive."""
    end = json.loads(file.read_text())["end"]
    arrived = end["sum_received"]
    return arrived["bytes"], arrived["seconds"], arrived.get("lost_percent", 0)


def busy(file):
    """Seconds: of all, of the fabric, of us."""
    before, after = (list(map(int, file.with_suffix(when).read_text().split()))
                     for when in (".before", ".after"))
    all_of_it, fabric, *ours = (tick * (b - a) for a, b in zip(before, after))
    return all_of_it, fabric, sum(ours)


def per_gigabyte(runs):
    sums = [[], [], []]
    for file in runs:
        total = received(file)[0] / 1e9
        for values, seconds in zip(sums, busy(file)):
            values.append(seconds / total)
    return sums


print("| mode | pair | TCP, Mbit/s | UDP, Mbit/s | UDP lost, % | ping median, ms | 99 % |")
print("| --- | --- | --- | --- | --- | --- | --- |")
for mode in MODES:
    for pair in PAIRS:
        row = [mode, pair.replace("-", " to ")]
        for what in "tcp", "udp":
            runs = [received(file) for file in files(mode, pair, f"{what}.json")]
            row.append(spread([octets * 8 / seconds / 1e6 for octets, seconds, _ in runs], 0))
        row.append(spread([lost for _, _, lost in runs], 0))
        median, late = round_trips(mode, pair)
        print("|", " | ".join(row + [f"{median:.2f}", f"{late:.2f}"]), "|")
print()
print("| mode | pair | all, s/GB of TCP | ipoib-fabric | both ipoib-tun | the rest |")
print("| --- | --- | --- | --- | --- | --- |")
for mode in MODES:
    for pair in PAIRS:
        everything, fabric, ours = per_gigabyte(files(mode, pair, "tcp.json"))
        rest = [a - b - c for a, b, c in zip(everything, fabric, ours)]
        columns = [spread(values, 1) for values in (everything, fabric, ours, rest)]
        print("|", " | ".join([mode, pair.replace("-", " to ")] + columns), "|")
