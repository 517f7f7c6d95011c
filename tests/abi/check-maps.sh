#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What a header declares with IPOIB_PUBLIC is what the library's map exports, and the reverse; all
# of it begins with ipoib_ and nothing with ipoib__, which is the library's own.
set -euo pipefail
# shellcheck source=tests/abi/abi.bash
. "$(dirname "$0")/abi.bash"

for library in "${libraries[@]}"; do
	declared "$library" >"$scratch/declared"
	mapped "$library" >"$scratch/mapped"
	[ -s "$scratch/declared" ] || complain "lib$library: no header declares anything"
	map=$(map_of "$library")
	differences "$scratch/declared" "$scratch/mapped" \
		"declared with IPOIB_PUBLIC, but not in ${map#"$top_srcdir/"}" \
		"in ${map#"$top_srcdir/"}, but no header declares it with IPOIB_PUBLIC"
	while read -r name; do
		complain "$name: a public name begins with ipoib_ and not with ipoib__"
	done < <(grep -vE '^ipoib_[a-z0-9]' "$scratch/mapped")
	echo "lib$library: $(wc -l <"$scratch/mapped") names in the map"
done
exit "$failed"
