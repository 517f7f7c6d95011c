#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Which files of lib/ and examples/ need each other in a circle: circles.py BUILD [KNOWN]

Read from the object files, by nm: a file needs another when it uses a symbol that the other
defines. Without KNOWN each circle is printed, a line each: FOLDER: FILE FILE ... With it, a file of
such lines (# begins a comment), circles and lines must be the same: a new circle is an error, and so
is a line that says more than there is. The list may only become shorter.
"""
import collections
import os
import subprocess
import sys

FOLDERS = ("lib", "examples")


class Object:
    """One object file: where its source is, what it is a part of, what it gives and needs."""

    def __init__(self, build, path):
        folder, name = os.path.split(os.path.relpath(path, build))
        self.folder = folder.removesuffix("/.libs")
        self.part, _, self.file = name.removesuffix(".o").rpartition("-")
        self.gives, self.needs = set(), set()


def objects(build):
    """With libtool both kinds of an object may be there; the one that shared objects are made of
    lies in .libs, and either will do."""
    found = {}
    for top in FOLDERS:
        for folder, _, files in os.walk(os.path.join(build, top)):
            for file in sorted(files):
                if file.endswith(".o"):
                    found[folder.removesuffix("/.libs"), file] = os.path.join(folder, file)
    by_path = {path: Object(build, path) for path in found.values()}
    if by_path:
        read_symbols(by_path)
    return list(by_path.values())


def read_symbols(by_path):
    """nm -A: PATH: SYMBOL KIND ..."""
    for line in subprocess.run(["nm", "-A", "-P", *by_path], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        path, rest = line.split(": ", 1)
        symbol, kind = rest.split()[:2]
        if kind == "U":
            by_path[path].needs.add(symbol)
        elif kind.isupper():
            by_path[path].gives.add(symbol)


def arrows(all_objects):
    """From each object to those of its library or program whose symbols it uses. A source that is
    a part of several is an object in each."""
    givers = collections.defaultdict(list)
    for one in all_objects:
        for symbol in one.gives:
            givers[one.part, symbol].append(one)
    return {one: {giver for symbol in one.needs for giver in givers[one.part, symbol]
                  if giver is not one}
            for one in all_objects}


def components(graph):
    """Tarjan's strongly connected components that are larger than one; without recursion."""
    index, low, stack, circles = {}, {}, [], []

    def begin(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        return node, iter(graph[node])

    for root in graph:
        work = [] if root in index else [begin(root)]
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    work.append(begin(other))
                    break
                if other in stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    if len(stack) - at > 1:
                        circles.append(stack[at:])
                    del stack[at:]
    return circles


def line_of(circle):
    folder = os.path.commonpath([one.folder for one in circle])
    files = {os.path.relpath(os.path.join(one.folder, one.file), folder) for one in circle}
    return f"{folder}: {' '.join(sorted(files))}"


def main(build, known=None):
    all_objects = objects(build)
    if not all_objects:
        sys.exit(f"{build}: no object files in {' and '.join(FOLDERS)}")
    there = {line_of(circle) for circle in components(arrows(all_objects))}
    if known is None:
        print("\n".join(sorted(there)))
        return 0
    with open(known, encoding="utf-8") as lines:
        listed = {line.split("#")[0].strip() for line in lines} - {""}
    built = {one.folder for one in all_objects}  # perhaps without verbs, or without programs
    listed = {line for line in listed if line.split(":")[0] in built}
    for line in sorted(there - listed):
        print(f"files that need each other, and are not in {known}:\n  {line}")
    for line in sorted(listed - there):
        print(f"{known} names a circle that is not there, or is another one now:\n  {line}")
    return int(there != listed)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
