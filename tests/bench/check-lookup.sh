#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Tables that lookup.c measures beside each other do the same: each finds every key that was inserted
# and none that was not, one by one and in bursts. Those that are left out of this build are named.
set -euo pipefail
build=${top_builddir:-.}

# One entry, more than a burst, and so many that the library's table grows while it is filled.
for entries in 1 33 1000; do
	"$build/tests/bench/lookup" check "$entries"
done
