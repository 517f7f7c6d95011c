#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Instructions of the library a packet: counts.py BENCH LIMITS

BENCH runs under callgrind once with few packets and once with more; the difference is what packets
cost, whatever the start does. Counted is what stands in source files below lib/, headers included:
neither the bench nor libc. LIMITS has a line for each work: WORK NEIGHBOURS BURST INSTRUCTIONS. More
than that and its margin is an error, and so is much less: then the line is to be brought up to date.
"""
import os
import re
import subprocess
import sys
import tempfile

FEW, MORE = 2048, 10240
MARGIN = 0.08  # another compiler of the same kind
FILE = re.compile(r"^(c?)f[lie]=\((\d+)\)(?: (.*))?$")  # c: a callee's


def instructions(profile):
    """The sum of all costs by source file, calls apart: a line after calls= is the callee's."""
    names, counted, total, skip = {}, False, 0, False
    with open(profile, encoding="utf-8") as lines:
        for line in lines:
            file = FILE.match(line.rstrip())
            if file:
                callee, number, name = file.groups()
                names.setdefault(number, name)
                if not callee:
                    counted = "/lib/" in f"/{names[number]}"
            elif line.startswith("calls="):
                skip = True
            elif line[0] in "0123456789+-*":
                if counted and not skip:
                    total += int(line.split()[1])
                skip = False
    return total


def counted_run(bench, scratch, work, neighbours, burst, packets):
    profile = os.path.join(scratch, "callgrind.out")
    subprocess.run(["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={profile}",
                    bench, work, neighbours, burst, str(packets)],
                   check=True, stdout=subprocess.DEVNULL)
    return instructions(profile)


def main(bench, limits):
    failed = False
    with open(limits, encoding="utf-8") as lines, tempfile.TemporaryDirectory() as scratch:
        for line in lines:
            if not line.split("#")[0].strip():
                continue
            *what, limit = line.split("#")[0].split()
            few, more = (counted_run(bench, scratch, *what, n) for n in (FEW, MORE))
            count = (more - few) / (MORE - FEW)
            verdict = ""
            if count > int(limit) * (1 + MARGIN):
                verdict = f": more than {limit} and {MARGIN:.0%}"
            elif count < int(limit) * (1 - MARGIN):
                verdict = f": the limit, {limit}, is far above: bring {limits} up to date"
            failed = failed or bool(verdict)
            print(f"{what[0]}, {what[1]} neighbours, burst {what[2]}: "
                  f"{count:.0f} instructions a packet{verdict}")
    return int(failed)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
