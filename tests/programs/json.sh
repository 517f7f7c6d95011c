#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What `ipoib-ctl -j` prints has each member of the library's structures, and ipoib-ctl(1) each of its own.
. "$(dirname "$0")/lib.sh"

need_tun
need_program python3
namespace a
namespace b
start_fabric --hosts 2
# shellcheck disable=SC2154
start_host "$ns_a" host1 host1/1 10.10.1.1/24,mode=connected
# shellcheck disable=SC2154
start_host "$ns_b" host2 host2/1 10.10.1.2/24,mode=connected
wait_ready host1 host2
in_namespace "$ns_a" 0 ping -q -c 2 -i 0.2 -s 9000 10.10.1.2

for request in interface stats neigh path multicast conn address; do
	run 0 "$bin/ipoib-ctl" --control "$work/host1.control" "$request" -j
	cp "$work/out" "$work/$request.json"
done

# Members under another name, or told together in one.
cat >"$work/compare.py" <<'PYTHON'
import json, re, sys
tree, work = sys.argv[1:]
documents = {
    "interface": ("interface.h", "ipoib_interface_info", {"link_address": "lladdr"}),
    "stats": ("statistics.h", "ipoib_statistics", {}),
    "neigh": ("neighbour.h", "ipoib_neighbour_info",
              {"ip": "dst", "link_address": "lladdr", "old_link_address": "old_lladdr"}),
    "path": ("path.h", "ipoib_path_info", {}),
    "multicast": ("multicast.h", "ipoib_multicast_info", {}),
    "conn": ("connection.h", "ipoib_connection_info", {"rfc": "service", "both": "direction"}),
    "address": ("binding.h", "ipoib_binding_info", {"prefix_length": "address"}),
}
failed = 0

def complain(text):
    global failed
    print("  " + text)
    failed += 1

def members(header, name):
    text = open(f"{tree}/include/ipoib/{header}").read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    body = re.search(r"struct " + name + r" \{(.*?)\};", text, re.S).group(1)
    found = re.findall(r"(\w+)(?:\[\w+\])?;", body)
    return [member for member in found if member != "size" and not member.startswith("reserved")]

def keys(row):
    for key, value in row.items():
        if isinstance(value, dict) and key != "dropped":
            for inner in keys(value):
                yield f"{key}_{inner}" if inner == "dropped" else inner
        else:
            yield key

page = open(f"{tree}/man/ipoib-ctl.1").read().split("\n.Sh JSON\n")[1]
for request, (header, name, names) in documents.items():
    rows = json.load(open(f"{work}/{request}.json"))
    printed = set(keys(rows[0]))
    count = 0
    for member in members(header, name):
        count += 1
        if names.get(member, re.sub("_ns$", "_ms", member)) not in printed:
            complain(f"{request}: nothing is printed of {name}::{member}")
    if count < 5:
        complain(f"{name}: {count} members are found in {header}")
    section = re.search(r"\n\.It Cm " + request + r"\n(.*?)\n\.(?:It|El)", page, re.S).group(1)
    for key in rows[0]:
        if key != "dev" and not re.search(r"\b" + key + r"\b", section):
            complain(f"{request}: {key} is printed, and not in ipoib-ctl(1)")
    print(f"  {request}: {count} members of {name}")
sys.exit(failed != 0)
PYTHON

say "each member is printed, and each that is printed is in the manual"
python3 "$work/compare.py" "$source_tree" "$work" || fail "documents and structures differ"

stop host1
stop host2
stop fabric
