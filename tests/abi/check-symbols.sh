#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The shared objects export what their maps name, functions all, and nothing else; they need what
# they may need (the core: libc alone); inside, names stay in our name space and no state is global.
set -euo pipefail
# shellcheck source=tests/abi/abi.bash
. "$(dirname "$0")/abi.bash"
need_shared

# The linker says nothing when a map names a function that does not exist, hence both ways.
exports() {
	nm -D --defined-only "$(object_of "$1")" | awk '$2 != "A" { sub(/@.*/, "", $3); print $2, $3 }' \
		>"$scratch/symbols"
	awk '{ print $2 }' "$scratch/symbols" | LC_ALL=C sort >"$scratch/exported"
	mapped "$1" >"$scratch/mapped"
	differences "$scratch/exported" "$scratch/mapped" \
		"exported by lib$1.so, but not in its map" "in the map, but lib$1.so has no such function"
	while read -r kind name; do
		complain "lib$1.so exports $name, which is no function ($kind)"
	done < <(grep -v '^T ' "$scratch/symbols")
}

# needs LIBRARY PATTERN: a shared object that it needs beyond these is one too many.
needs() {
	local needed
	while read -r needed; do
		[[ $needed =~ ^($2)$ ]] || complain "lib$1.so needs $needed"
	done < <(readelf -d "$(object_of "$1")" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
}

# The archives that the shared objects are made of still have all names and sections.
insides() {
	local archive=$top_builddir/lib/.libs/lib$1.a kind name
	while read -r kind name; do
		complain "lib$1: $name ($kind) does not begin with ipoib_"
	done < <(nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 && $3 !~ /^ipoib_/ { print $2, $3 }')
	while read -r name; do
		complain "lib$1: $name"
	done < <(objdump -h "$archive" | awk '
		/file format/ { member = $1 }
		$2 ~ /^\.(data|bss|tdata|tbss)/ && $2 !~ /^\.data\.rel\.ro/ && $3 !~ /^0+$/ {
			print member " has state that can be written: " $2
		}')
}

# The C library has other names elsewhere: of musl, and of what glibc splits off, its loader (which has
# the stack protector's canary on arm64 and armhf) and the compiler's own helpers (armhf, riscv).
libc='libc\.so(\.[0-9]+)?|libc\.musl-[a-z0-9_]+\.so\.[0-9]+|ld[a-z0-9_-]*\.so\.[0-9]+|libgcc_s\.so\.[0-9]+'

for library in "${libraries[@]}"; do
	exports "$library"
	echo "lib$library: $(wc -l <"$scratch/exported") functions exported"
done
needs ipoib "$libc"
needs ipoib-mock "$libc"'|libipoib\.so\.[0-9]+'
for archive in foundation core sa fabric; do
	insides "$archive"
done
if [ -f "$top_builddir/lib/libipoib-ev.la" ]; then
	needs ipoib-ev "$libc"'|libipoib\.so\.[0-9]+|libev\.so\.[0-9]+'
	insides evglue
fi
if [ -f "$top_builddir/lib/libipoib-verbs.la" ]; then
	rdma='libibverbs\.so\.[0-9]+|librdmacm\.so\.[0-9]+|libibumad\.so\.[0-9]+'
	needs ipoib-verbs "$libc|libipoib\.so\.[0-9]+|$rdma"
	insides verbsglue
	insides umad
fi
exit "$failed"
