# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What <ipoib/transport.h> promises: the suite that the simulated fabric passes, on two real ports.
before=$(resources)

conformance() {
	limit=400 run 0 "$root/conformance" --device rxe0/1 rxe1/1
	says out '100%: Checks'
}
check conformance conformance
sed -n 's/^\(100%.*\)/* conformance: \1/p' "$work/out"

nothing_is_left() {
	wait_until "$limit" resources_are "$before" || fail "before: $before; after: $(resources)"
}
check nothing_is_left nothing_is_left
