#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Nothing includes upwards or sideways: every #include in lib/ is held against lib/LAYERS, and the
# programs in examples/ see installed headers only. Prints each line that breaks a rule.
#
#	check-layers.sh [TOP]
set -euo pipefail
top=${1:-${top_srcdir:-$(dirname "$0")/../..}}
cd "$top"

fail=0
mapfile -t sources < <(find lib -mindepth 2 -name '*.[ch]' | sort)
awk '
function complain(why) {
	printf "%s:%d: %s\n\t%s\n", FILENAME, FNR, why, $0
	bad = 1
}
function listed(list, item,    i, n, parts) {
	n = split(list, parts, ",")
	for (i = 1; i <= n; i++)
		if (parts[i] == item)
			return 1
	return 0
}
# Headers that "*" does not cover: each is for the floors that name it.
function reserved(name) {
	return name ~ /^(transport|mock|verbs|ev|ipoib)$/
}
function check_internal(target,    slash, other, name) {
	slash = index(target, "/")
	if (!slash)
		return complain("write it relative to lib/, as \"" folder "/" target "\"")
	other = substr(target, 1, slash - 1)
	name = substr(target, slash + 1)
	if (other == folder)
		return
	if (other == "ipoib")
		return complain("public headers are included as <" target ">")
	if (!(other in door))
		return complain("lib/LAYERS knows no folder \"" other "\"")
	if (!listed(below[folder], other))
		return complain(folder "/ may not include " other "/ (lib/LAYERS)")
	if (door[other] != "*" && door[other] != name)
		complain("of " other "/ only " door[other] " may be included")
}
function check_public(target,    name) {
	name = target
	sub(/^ipoib\//, "", name)
	sub(/\.h$/, "", name)
	if (listed(public[folder], name))
		return
	if (listed(public[folder], "*") && !reserved(name))
		return
	complain(folder "/ may not include <" target "> (lib/LAYERS)")
}
function check_system(target) {
	if (target == "sys/epoll.h" && FILENAME != "lib/base/poller_epoll.c")
		complain("only lib/base/poller_epoll.c knows epoll")
	if (target == "ev.h" && folder != "ev")
		complain("only lib/ev knows libev")
	if (target ~ /^(infiniband|rdma)\// && folder != "verbs")
		complain("only lib/verbs knows rdma-core")
}
FILENAME == "lib/LAYERS" {
	if (/^[ \t]*(#|$)/)
		next
	if (NF != 4) {
		complain("four columns are wanted")
		next
	}
	door[$1] = $2
	below[$1] = $3
	public[$1] = $4
	next
}
FNR == 1 {
	split(FILENAME, path, "/")
	folder = path[2]
	if (!(folder in door)) {
		complain("lib/LAYERS knows no folder \"" folder "\"")
		nextfile
	}
}
/^[ \t]*#[ \t]*include/ {
	target = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
	quote = substr(target, 1, 1)
	if (quote != "\"" && quote != "<") {
		complain("an include names its header")
		next
	}
	target = substr(target, 2)
	sub(/[">].*/, "", target)
	if (quote == "\"")
		check_internal(target)
	else if (target ~ /^ipoib\//)
		check_public(target)
	else
		check_system(target)
}
END { exit bad }
' lib/LAYERS "${sources[@]}" || fail=1

# A program may share code with its siblings in examples/, and nothing else of the tree.
if [ -d examples ]; then
	inside=$(find examples -name '*.[ch]' -exec grep -nH '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*/' {} + || true)
	if [ -n "$inside" ]; then
		printf 'a program includes what is not installed:\n%s\n' "$inside"
		fail=1
	fi
fi
exit "$fail"
