#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What we ask the subnet administrator, asked of the real one: OpenSM on a simulated subnet, one of
# its own for each part. IPOIB_SUBNET_PARTS="statuses slow" runs those alone.
set -euo pipefail
build=$(cd "${top_builddir:-.}" && pwd)
source_tree=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
here=$source_tree/tests/subnet
# Each takes a few seconds; ten times that is one that hangs.
limit=90

skip() {
	echo "SKIPPED: $*"
	if [ "${IPOIB_NO_SKIP:-0}" = 1 ]; then
		echo "FAILED: IPOIB_NO_SKIP=1 is set: nothing may be skipped"
		exit 1
	fi
	exit 77
}

# libtool's wrapper is a shell script: the program itself must be what is preloaded.
program() {
	local file=$build/tests/subnet/$1
	[ ! -x "$build/tests/subnet/.libs/$1" ] || file=$build/tests/subnet/.libs/$1
	[ -x "$file" ] || skip "$1 was not built: libibumad or libcheck is missing" >&2
	echo "$file"
}

on_subnet() { # on_subnet OPTION... -- COMMAND...
	local status=0
	(cd "$work" && "$here/ib-fabric" --timeout "$limit" "$@") || status=$?
	[ "$status" -ne 126 ] || skip "the real subnet manager is not here"
	return "$status"
}

part() { # part NAME OPTION...
	local name=$1 begun=$SECONDS
	shift
	[ -z "${IPOIB_SUBNET_PARTS:-}" ] || [[ " $IPOIB_SUBNET_PARTS " == *" $name "* ]] || return 0
	if on_subnet "$@" -- "$subnet" "$name"; then
		echo "ok     $name ($((SECONDS - begun)) s)"
	else
		echo "FAILED $name"
		failed=1
	fi
}

# What OpenSM answers to the list of questions: as recorded, if it is the OpenSM of the record; and in
# either case as the mock's SA does, the known differences aside.
answers() {
	local version recorded=$here/opensm-3.3.23.txt
	[ -z "${IPOIB_SUBNET_PARTS:-}" ] || [[ " $IPOIB_SUBNET_PARTS " == *" answers "* ]] || return 0
	on_subnet -- "$answers_opensm" "$here/questions.txt" >"$work/opensm.txt" &&
		"$build/tests/subnet/answers_mock" "$here/questions.txt" >"$work/mock.txt" &&
		awk -f "$here/compare.awk" "$here/differences.txt" "$work/opensm.txt" "$work/mock.txt" || {
		echo "FAILED answers"
		failed=1
		return 0
	}
	version=$(opensm --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)
	if ! diff -u "$recorded" "$work/opensm.txt"; then
		echo "OpenSM ${version:-of an unknown version} does not answer as ${recorded##*/} says"
		[ "opensm-${version:-3.3.23}.txt" != "${recorded##*/}" ] || failed=1
	fi
	echo "ok     answers"
}

subnet=$(program subnet)
answers_opensm=$(program answers_opensm)
command -v saquery >/dev/null || [ -x /usr/sbin/saquery ] || skip "missing packages: infiniband-diags"
work=$build/tests/subnet/work
rm -rf "$work"
mkdir -p "$work"
failed=0
answers
part statuses
part silence
part restart
part slow
part beside
part interface
part loss --hosts 200 --loss 30
part crowd --hosts 1000
exit "$failed"
