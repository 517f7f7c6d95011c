#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A program that takes the address of every public function compiles against the installed headers,
# links against the installed libraries and finds each function when it runs.
set -euo pipefail
# shellcheck source=tests/abi/abi.bash
. "$(dirname "$0")/abi.bash"
need_shared

source=$scratch/api.c
functions=$(for library in "${libraries[@]}"; do mapped "$library"; done)
{
	echo '#include <ipoib/ipoib.h>'
	echo '#include <ipoib/transport.h>'
	echo '#include <ipoib/mock.h>'
	[[ " ${libraries[*]} " != *" ipoib-ev "* ]] || echo '#include <ipoib/ev.h>'
	[[ " ${libraries[*]} " != *" ipoib-verbs "* ]] || echo '#include <ipoib/verbs.h>'
	echo '#include <stdio.h>'
	echo 'static const struct { const char *name; void (*function)(void); } all[] = {'
	for function in $functions; do
		printf '\t{ "%s", (void (*)(void))%s },\n' "$function" "$function"
	done
	cat <<'END'
};

int main(void)
{
	size_t count = sizeof(all) / sizeof(all[0]);

	for (size_t i = 0; i < count; i++) {
		/* volatile: a compiler knows that the address of a function is not null */
		void (*volatile function)(void) = all[i].function;

		if (!function) {
			printf("%s is null\n", all[i].name);
			return 1;
		}
	}
	printf("%zu public functions\n", count);
	return 0;
}
END
} >"$source"

stage=$top_builddir/stage
include=$(find "$stage" -type d -path '*/include/ipoib' | head -n 1)
lib=$(dirname "$(find "$stage" -name 'libipoib.so' | head -n 1)")
# shellcheck disable=SC2086 # CC may be a command with options
$CC -Wall -Wextra -Werror -Wno-cast-function-type -I "${include%/ipoib}" "$source" -o "$scratch/api" \
	-L "$lib" -Wl,-rpath-link,"$lib" "${libraries[@]/#/-l}"
LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} LD_BIND_NOW=1 "$scratch/api"
