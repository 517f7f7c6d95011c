#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What run.sh has measured, as text: report.py RESULTS [DOC]

Prints the tables. With DOC, the folder of perf.md, they take the place of what stands there between
the two marks, and the plots are written beside it: perf-send.svg, perf-lookup.svg.
"""
import collections
import os
import re
import statistics
import sys
import textwrap

from plot import Plot

BEGIN = '<!-- from here to the next mark "make bench-doc" writes what "make bench" has measured -->'
END = '<!-- the end of what "make bench-doc" writes -->'
BENCH = re.compile(r"(\w+) neighbours (\d+) burst (\d+): ([\d.]+) ns a packet, (\d+) octets")
COUNT = re.compile(r"(\w+), (\d+) neighbours, burst (\d+): (\d+) instructions a packet")
WORKS = (("send", "send by address"), ("held", "send by handle"), ("receive", "receive"))
# Of the look-ups: the peer, its package, and how it is called in a table.
PEERS = (("libipoib", None, "libipoib"),
         ("rte_hash", "libdpdk-dev", "`rte_hash` (DPDK)"),
         ("GHashTable", "libglib2.0-dev", "`GHashTable` (GLib)"),
         ("cds_lfht", "liburcu-dev", "`cds_lfht` (liburcu)"))
BURSTS = ((1, "one by one"), (32, "bursts of 32"))
TIMER_WORKS = (("arm", "arm"), ("re-arm", "arm anew"), ("cancel", "cancel"),
               ("expire", "expire"))


class Results:
    """Medians, by what was measured."""

    def __init__(self, path):
        self.conditions, self.counts, self.octets = {}, [], {}
        found = collections.defaultdict(list)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                self.read(line.rstrip("\n"), found)
        self.medians = {what: statistics.median(values) for what, values in found.items()}

    def read(self, line, found):
        bench, count = BENCH.match(line), COUNT.match(line)
        if bench:
            work, neighbours, burst, time, octets = bench.groups()
            found[work, int(neighbours), int(burst)].append(float(time))
            self.octets[int(neighbours)] = int(octets)
        elif count:
            self.counts.append(count.groups())
        elif line.startswith(("lookup ", "timers ", "resolve ")):
            *what, time = line.split()
            found[tuple(int(w) if w.isdigit() else w for w in what)].append(float(time))
        else:
            word, _, rest = line.partition(" ")
            self.conditions[word] = rest

    def get(self, *what):
        return self.medians.get(what)

    def sizes(self, *pattern):
        """The numbers that stand where the pattern has None, in order."""
        at = pattern.index(None)
        return sorted({what[at] for what in self.medians if len(what) == len(pattern) and
                       all(p is None or p == w for p, w in zip(pattern, what))})


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "| --- |" + " ---: |" * (len(head) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def time_of(value):
    return "" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def ratio(a, b):
    return "" if not a or not b else f"{a / b:.2f}"


def prose(text):
    yield from textwrap.wrap(" ".join(text.split()), 120, break_on_hyphens=False)
    yield ""


def conditions(results):
    c = results.conditions
    caches = "".join(f", level {level} cache {int(size) / 2**20:g} MiB"
                     for level, size in zip((2, 3), c["cache"].split()) if int(size) > 0)
    yield from prose(f"""{c['compiler']}, `{c['flags']}`; {c['processor']}{caches}. Times are
        nanoseconds of processor time, medians of {c['rounds']} rounds in which all that is compared
        takes turns: what else the machine did is in them, so read their ratios.""")


def instructions(results):
    names = {"send": "out, by address", "held": "out, by handle", "receive": "in"}
    yield "### Instructions for a packet"
    yield ""
    if not results.counts:
        yield from prose("Not counted where this was measured: valgrind is not installed.")
        return
    yield from table(("datagrams", "neighbours", "burst", "instructions"),
                     [(names[work], f"{int(neighbours):,}", burst, count)
                      for work, neighbours, burst, count in results.counts])


def packets(results):
    yield "### Time for a packet, by neighbours"
    yield ""
    yield from prose("""Bursts of 32; out to neighbours drawn at random, in from all of them in turn.
        In parentheses: to the time with one neighbour.""")
    rows = []
    for n in results.sizes("send", None, 32):
        cells = [f"{n:,}"]
        for work, _ in WORKS:
            time = results.get(work, n, 32)
            cells.append(f"{time_of(time)} ({ratio(time, results.get(work, 1, 32))})")
        rows.append(cells)
    yield from table(("neighbours", *(name for _, name in WORKS)), rows)
    yield from prose(f"""A burst of one to 1,000 neighbours, with its poll:
        {time_of(results.get("send", 1000, 1))}. Of {max(results.octets):,} resolved neighbours each
        takes {results.octets[max(results.octets)]} octets of the allocator, everything included.""")
    yield "![nanoseconds for a packet, by neighbours](perf-send.svg)"
    yield ""


def lookup_rows(results, kind, sizes):
    for peer, _, name in PEERS:
        for burst, how in BURSTS:
            times = [results.get("lookup", peer, n, kind, burst) for n in sizes]
            if any(times):
                yield (f"{name}, {how}", *map(time_of, times))
    for burst, how in BURSTS:
        own, dpdk = ([results.get("lookup", peer, n, kind, burst) for n in sizes]
                     for peer in ("libipoib", "rte_hash"))
        if any(dpdk):
            yield (f"*libipoib to `rte_hash`, {how}*", *map(ratio, own, dpdk))


def lookups(results):
    missing = [f"{name}: {package}" for peer, package, name in PEERS
               if not results.get("lookup", peer, 1000, "hits", 1)]
    yield "### Next-hop look-up, beside others"
    yield ""
    yield from prose("""Keys of 20 octets (`struct ipoib_ip`), the same for all, drawn; entries of 64
        octets, written to where one is found. The hash is ours, keyed, but for `rte_hash`, whose own
        (CRC-32) is not. None asks for huge pages.""")
    if missing:
        yield from prose(f"Not installed where this was measured: {', '.join(missing)}.")
    sizes = [n for n in (1000, 64000, 1000000) if results.get("lookup", "libipoib", n, "hits", 1)]
    for kind, name in (("hits", "keys that are there"), ("misses", "keys that are not")):
        yield from table((name, *(f"{n:,}" for n in sizes)), lookup_rows(results, kind, sizes))
    yield "![nanoseconds for a look-up, by entries](perf-lookup.svg)"
    yield ""


def resolve(results):
    lwip = results.get("resolve", "lwIP", 10, 1)
    yield "### Resolve, encapsulate and send, beside lwIP"
    yield ""
    if not lwip:
        yield from prose("Not installed where this was measured: liblwip-dev.")
        return
    yield from prose("""A buffer is taken, its IPv4 header filled in, its next hop drawn from ten (as
        many as lwIP's table has room for); it goes through a driver that costs nothing, and is given
        back. lwIP sends one at a time, and has sent it when the call returns; ours is posted, and its
        completion polled.""")
    rows = [("lwIP, `etharp_output()`", time_of(lwip), "")]
    for burst, how in ((1, "a burst of one, with its poll"), (32, "bursts of 32")):
        own = results.get("send", 10, burst)
        rows.append((f"libipoib, {how}", time_of(own), ratio(own, lwip)))
    yield from table(("a packet", "time", "to lwIP"), rows)


def timers(results):
    yield "### Timers, beside libev's heap"
    yield ""
    yield from prose("""Times are drawn up to a minute; timers are armed in turn, armed anew and
        cancelled in an order that is drawn. They expire all at once: libev's deadlines have passed
        when they are armed, for it has no clock but the machine's; the wheel's clock jumps past all
        of them.""")
    sizes = results.sizes("timers", "libipoib", None, "arm")
    rows = []
    for work, name in TIMER_WORKS:
        for peer in ("libipoib", "libev"):
            times = [results.get("timers", peer, n, work) for n in sizes]
            if any(times):
                rows.append((f"{name}, {peer}", *map(time_of, times)))
    yield from table(("a timer of", *(f"{n:,}" for n in sizes)), rows)


def report(results):
    for part in (conditions, instructions, packets, lookups, resolve, timers):
        yield from part(results)


def plot_packets(results):
    series = []
    for number, (work, name) in enumerate(WORKS):
        points = [(n, results.get(work, n, 32)) for n in results.sizes(work, None, 32)]
        series.append((name, points, number, False))
    return Plot("A packet through libipoib, bursts of 32", "neighbours",
                "nanoseconds of processor time a packet", series)


def plot_lookups(results):
    series = []
    for number, (peer, *_) in enumerate(PEERS):
        for burst, how in BURSTS:
            points = [(n, results.get("lookup", peer, n, "hits", burst))
                      for n in results.sizes("lookup", peer, None, "hits", burst)]
            if points:
                series.append((f"{peer}, {how}", points, number, burst > 1))
    return Plot("Next-hop look-up, the entry written to", "entries",
                "nanoseconds of processor time a look-up", series)


def write_doc(results, doc):
    path = os.path.join(doc, "perf.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path}: the marks are not there: {BEGIN} ... {END}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + "\n\n" + "\n".join(report(results)) + "\n" + end + after)
    plot_packets(results).write(os.path.join(doc, "perf-send.svg"))
    plot_lookups(results).write(os.path.join(doc, "perf-lookup.svg"))


def main(path, doc=None):
    if not os.path.exists(path):
        sys.exit(f"{path} is not there: make bench")
    results = Results(path)
    if doc:
        write_doc(results, doc)
    else:
        print("\n".join(report(results)))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
