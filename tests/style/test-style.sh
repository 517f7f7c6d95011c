#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The style checks themselves are tested: a small tree that is in order passes, and each way of
# breaking a rule is found, by name.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
spdx='SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only'
failed=0

good_tree() {
	rm -rf "$scratch/tree"
	mkdir -p "$scratch/tree"/{include/ipoib,examples}
	mkdir -p "$scratch/tree"/lib/{base,wire,neighbour,path,interface,mock,ev}
	cd "$scratch/tree"
	cp "$here/../../lib/LAYERS" lib/LAYERS
	write lib/base/list.h 'struct list;'
	write lib/base/memory.c '#include <stdlib.h>' 'void *f(void) { return malloc(1); }'
	write lib/base/poller_epoll.c '#include <sys/epoll.h>'
	write lib/wire/arp.c '#include "base/list.h"' '#include <ipoib/types.h>'
	write lib/neighbour/table.h 'struct table;'
	write lib/neighbour/neighbour.h '#include "neighbour/table.h"' '#include "wire/arp.h"'
	write lib/interface/transmit.c '#include "neighbour/neighbour.h"' \
		'#include <ipoib/transport.h>' '/* malloc(3) and printf() in prose */' \
		'hooks->free(pointer);' 'x = "time(now)";'
	write examples/common.c '#include "common.h"'
	{
		printf 'foundation_sources += \\\n'
		printf '\t%%D%%/%s \\\n' list.h memory.c
		printf '\t%%D%%/poller_epoll.c\n'
	} >lib/base/local.mk
	sed -i "1i # $spdx" lib/base/local.mk
	local folder
	for folder in lib/wire lib/neighbour lib/interface examples; do
		{ echo "# $spdx"; find "$folder" -name '*.[ch]' | sed 's,.*/,x += %D%/,'; } \
			>"$folder/local.mk"
	done
	write include/ipoib/types.h 'int f(void);'
	echo 'headers = include/ipoib/types.h' >Makefile.am
}

# write FILE LINE...: a C file with its licence line.
write() {
	local file=$1
	shift
	printf '%s\n' "/* $spdx */" "$@" >"$file"
}

# expect CHECK PATTERN: the check fails and says so in words that PATTERN finds.
expect() {
	local output
	if output=$(bash "$here/$1" "$scratch/tree" 2>&1); then
		echo "FAIL: $1 did not see: $2"
		failed=1
	elif ! grep -qE -- "$2" <<<"$output"; then
		printf 'FAIL: %s failed, but without "%s":\n%s\n' "$1" "$2" "$output"
		failed=1
	else
		echo "ok: $1 finds: $2"
	fi
}

good_tree
for check in check-includes.sh check-layers.sh check-limits.sh check-lists.sh; do
	if ! bash "$here/$check" "$scratch/tree"; then
		echo "FAIL: $check complains about a tree that is in order"
		failed=1
	fi
done

# includes LINE FILE PATTERN: a tree with that include in that file.
includes() {
	good_tree
	write "$2" "$1"
	expect check-layers.sh "$3"
}
includes '#include "neighbour/neighbour.h"' lib/wire/arp.c 'wire/ may not include neighbour/'
includes '#include "wire/arp.h"' lib/base/memory.c 'base/ may not include wire/'
includes '#include "path/path.h"' lib/neighbour/x.c 'neighbour/ may not include path/'
includes '#include "neighbour/table.h"' lib/interface/x.c 'only neighbour.h may be included'
includes '#include "interface/transmit.h"' lib/mock/x.c 'mock/ may not include interface/'
includes '#include "wire/arp.h"' lib/ev/x.c 'ev/ may not include wire/'
includes '#include "list.h"' lib/base/x.c 'relative to lib/'
includes '#include "../base/list.h"' lib/wire/x.c 'knows no folder'
includes '#include "ipoib/types.h"' lib/wire/x.c 'included as <ipoib/types.h>'
includes '#include <ipoib/neighbour.h>' lib/wire/x.c 'wire/ may not include <ipoib/neighbour.h>'
includes '#include <ipoib/transport.h>' lib/path/x.c 'path/ may not include <ipoib/transport.h>'
includes '#include <ipoib/mock.h>' lib/interface/x.c 'interface/ may not include <ipoib/mock.h>'
includes '#include <sys/epoll.h>' lib/base/x.c 'only lib/base/poller_epoll.c'
includes '#include <ev.h>' lib/interface/x.c 'only lib/ev'
includes '#include "../lib/base/list.h"' examples/x.c 'what is not installed'

# breaks FILE PATTERN LINE...: a tree with that file.
breaks() {
	local file=$1 pattern=$2
	shift 2
	good_tree
	write "$file" "$@"
	expect check-limits.sh "$pattern"
}
breaks lib/wire/x.c '401 lines' "$(yes 'int x;' | head -n 400)"
breaks lib/wire/x.c '101 columns' "$(printf '%101s' x)"
breaks lib/wire/x.c '104 columns' "$(printf '\t\t\t\t\t\t\t\t\t\t\t\t\t')"
breaks lib/wire/x.c 'a function of 71 lines' 'int f(void)' '{' "$(yes '	x();' | head -n 69)" '}'
breaks lib/wire/x.c 'lib/base/memory.h' 'p = malloc(3);'
breaks lib/wire/x.c 'lib/base/memory.h' 'free(p);'
breaks lib/wire/x.c 'prints nothing' 'fprintf(f, "x");'
breaks lib/wire/x.c 'no environment' 'getenv("x");'
breaks lib/wire/x.c 'time is an argument' 'clock_gettime(a, b);'
breaks lib/wire/x.c 'time is an argument' 'now = time(NULL);'
breaks lib/wire/x.c 'randomness is an argument' 'x = rand ();'
breaks lib/wire/x.c 'no bound' 'strcpy(a, b);'
breaks lib/wire/x.c 'no bound' 'sprintf(a, b);'
breaks lib/wire/x.c 'no signals' 'signal(a, b);'
breaks lib/wire/x.c 'starts nothing' 'pthread_create(a);'
for word in "TO""DO" "FIX""ME" "X""XX"; do
	breaks examples/x.c "$word" "/* $word: later */"
done
good_tree
echo 'int x;' >lib/wire/x.c
expect check-limits.sh 'first line is not'

# needs FILE PATTERN LINE...: a tree with that file, which lacks an include.
needs() {
	local file=$1 pattern=$2
	shift 2
	good_tree
	write "$file" "$@"
	expect check-includes.sh "$pattern"
}
needs lib/wire/x.c 'x.c:3: needs <sys/socket.h>' '#include <arpa/inet.h>' 'x = inet_pton(AF_INET6, a, b);'
needs lib/wire/x.c 'needs <errno.h>' '#include "wire/arp.h"' 'return -EINVAL;'
needs lib/wire/x.c 'needs <sys/uio.h> or <sys/socket.h>' 'struct iovec v;'
needs lib/wire/x.c 'needs <string.h>' '/* memcpy() */' 'memcpy(a, b, 1);'

good_tree
write lib/wire/forgotten.c 'int x;'
expect check-lists.sh 'lib/wire/forgotten.c is not named in lib/wire/local.mk'
good_tree
write lib/path/path.h 'int x;'
expect check-lists.sh 'lib/path/local.mk \(which is not there\)'
good_tree
write include/ipoib/forgotten.h 'int x;'
expect check-lists.sh 'include/ipoib/forgotten.h is not named in Makefile.am'

exit "$failed"
