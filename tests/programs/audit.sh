#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# ipoib-audit as an administrator runs it: on trees of a strict host and of a weak one, on what is
# no host, and on this machine, whatever it is.
here=$(dirname "$0")
# shellcheck source=tests/programs/lib.sh
. "$here/lib.sh"

need_program python3
need_binaries ipoib-audit

root=$work/root

# put PATH TEXT: a file below the root.
put() {
	mkdir -p "$root/${1%/*}"
	echo "$2" >"$root/$1"
}

# conf NAME IGNORE ANNOUNCE
conf() {
	put "proc/sys/net/ipv4/conf/$1/arp_ignore" "$2"
	put "proc/sys/net/ipv4/conf/$1/arp_announce" "$3"
	local name
	for name in arp_filter arp_accept rp_filter drop_gratuitous_arp; do
		put "proc/sys/net/ipv4/conf/$1/$name" 0
	done
	put "proc/sys/net/ipv4/conf/$1/arp_notify" 1
}

# port NAME NUMBER: an IPoIB interface, where sysfs has it: behind a link.
port() {
	local device=sys/devices/pci0000:00/0000:00:0$2.0 name
	mkdir -p "$root/sys/class/net" "$root/$device/infiniband/mlx4_0"
	ln -s "../../devices/pci0000:00/0000:00:0$2.0/net/$1" "$root/sys/class/net/$1"
	for name in type=32 flags=0x1003 operstate=up carrier=1 mtu=2044 mode=datagram umcast=0 \
		pkey=0xffff "dev_port=$(($2 - 1))" \
		"address=80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:0$2"; do
		put "$device/net/$1/${name%%=*}" "${name#*=}"
	done
	ln -s ../.. "$root/$device/net/$1/device"
	mkdir -p "$root/sys/bus/pci/drivers/mlx4_core"
	ln -s ../../../bus/pci/drivers/mlx4_core "$root/$device/driver"
	put "sys/class/infiniband/mlx4_0/ports/$2/state" "4: ACTIVE"
	put "sys/class/infiniband/mlx4_0/ports/$2/pkeys/0" 0xffff
	conf "$1" 1 2
}

audit() { run "$1" "$bin/ipoib-audit" --root "$root" "${@:2}"; }

say "nothing to read, and wrong command lines: status 2"
audit 2
says err "^ipoib-audit: --root $root: No such file or directory: sys/class/net"
[ ! -s "$work/out" ] || fail "an audit of nothing prints something"
run 2 "$bin/ipoib-audit" --garbage
says err "^Usage: ipoib-audit "
run 2 "$bin/ipoib-audit" --root
run 2 "$bin/ipoib-audit" something
says err "\"something\" is no option"
run 0 "$bin/ipoib-audit" --help
says out "^Usage: ipoib-audit "
run 0 "$bin/ipoib-audit" --version
says out "^ipoib-audit \(libipoib\) [0-9]+\.[0-9]+\.[0-9]+"

say "a host without IPoIB, then a strict one: status 0"
conf all 0 0
put sys/class/net/lo/type 772
put proc/net/route "Iface Destination Gateway Flags"
put proc/sys/net/ipv4/neigh/default/gc_thresh3 1024
audit 0
says out "^no findings; 0 IPoIB interfaces$"
port ib0 1
port ib1 2
audit 0
says out "^no findings; 2 IPoIB interfaces$"
[ ! -s "$work/err" ] || fail "a clean audit complains"

say "a weak host: status 1, and the remedies"
conf ib0 0 0
conf ib1 0 0
audit 1
says out "^error: ib0: ib0 and ib1 are in one broadcast domain \(P_Key 0xffff\).* \[arp-ignore\]$"
says out "^    net/ipv4/conf/ib0/arp_ignore = 1$"
says out "^    net/ipv4/conf/ib1/arp_announce = 2$"
[ "$(head -n 1 "$work/out" | cut -d: -f1)" = error ] || fail "the gravest does not come first"

say "the same as JSON"
audit 1 -j
python3 - "$root" "$work/out" <<'PY' || fail "the JSON is not what the manual says"
import json, sys
document = json.load(open(sys.argv[2]))
assert set(document) == {"root", "interfaces", "findings"}, document.keys()
assert document["root"] == sys.argv[1]
names = [i["name"] for i in document["interfaces"]]
assert names == ["ib0", "ib1"], names
first = document["interfaces"][0]
assert first["mode"] == "datagram" and first["mtu"] == 2044 and first["pkey"] == "0xffff", first
assert first["driver"] == "mlx4_core" and first["device"] == "mlx4_0" and first["port"] == 1, first
assert first["up"] is True and first["bond"] is False and first["parent"] is None, first
assert first["lladdr"].startswith("80:00:00:48:fe:80:"), first
found = {(f["id"], f["subject"], f["severity"]): f for f in document["findings"]}
assert set(found) == {("arp-ignore", "ib0", "error"), ("arp-ignore", "ib1", "error"),
                      ("arp-announce", "ib0", "warning"), ("arp-announce", "ib1", "warning")}, found
for finding in document["findings"]:
    assert set(finding) == {"id", "severity", "subject", "text", "remedy"}, finding
assert found["arp-ignore", "ib0", "error"]["remedy"] == "net/ipv4/conf/ib0/arp_ignore = 1\n"
PY

say "its remedies, done: status 0"
sed -nE 's#^    (net/.*) = ([0-9]+)$#\1 \2#p' <(audit 1; cat "$work/out") >"$work/remedies"
[ -s "$work/remedies" ] || fail "no line for sysctl.d"
while read -r path value; do
	put "proc/sys/$path" "$value"
done <"$work/remedies"
audit 0
audit 0 -j

say "it writes nowhere"
find "$root" -newer "$work/out" >"$work/written"
[ ! -s "$work/written" ] || fail "it has written $(cat "$work/written")"

say "this machine"
status=0
timeout "$limit" "$bin/ipoib-audit" >"$work/here.out" 2>"$work/here.err" || status=$?
[ "$status" -le 1 ] || fail "status $status of this machine: $(cat "$work/here.err")"
run "$status" "$bin/ipoib-audit" -j
python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/out" || fail "no JSON of this machine"
