#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The limits of the house: length of files, lines and functions, the licence line, calls that the
# library never makes, and words that mark something unfinished.
#
#	check-limits.sh [TOP]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=${1:-${top_srcdir:-$here/../..}}
cd "$top"

file_lines=400
line_columns=100
function_lines=70

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
folders=()
for folder in include lib examples tests; do
	[ ! -d "$folder" ] || folders+=("$folder")
done

complaints() {
	length_of_files_and_lines
	length_of_functions
	licence
	unfinished
	banned_calls
}

# Not the module that is built into Linux for the tests: its style, its licence and its interfaces are
# the kernel's.
foreign=tests/kernel/module

c_files() {
	find "${folders[@]}" -path "$foreign" -prune -o \( -name '*.[ch]' -o -name '*.h.in' \) -print | sort
}

# over_c_files AWK-ARGUMENT...: one awk for all of them; a process a file takes a minute in all.
over_c_files() {
	c_files | tr '\n' '\0' | xargs -0 -r awk "$@"
}

length_of_files_and_lines() {
	over_c_files -v most="$file_lines" -v widest="$line_columns" '
	function end_of_file() {
		if (lines > most)
			printf "%s: %d lines, %d are allowed\n", file, lines, most
	}
	FNR == 1 { end_of_file(); file = FILENAME }
	{
		lines = FNR
		parts = split($0, part, "\t")
		columns = 0
		for (i = 1; i < parts; i++) {
			columns += length(part[i])
			columns += 8 - columns % 8
		}
		columns += length(part[parts])
		if (columns > widest)
			printf "%s:%d: %d columns, %d are allowed\n", FILENAME, FNR, columns, widest
	}
	END { end_of_file() }'
}

# Kernel style: a function opens with a brace in the first column and closes with one.
length_of_functions() {
	over_c_files -v most="$function_lines" '
	FNR == 1 { start = 0 }
	/^{/ { start = FNR; name = before }
	/^}/ {
		if (start && FNR - start + 1 > most)
			printf "%s:%d: a function of %d lines, %d are allowed: %s\n", \
				FILENAME, start, FNR - start + 1, most, name
		start = 0
	}
	{ before = $0 }'
}

licence() {
	local spdx='SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only'
	over_c_files -v spdx="/* $spdx */" '
	FNR == 1 && $0 != spdx { printf "%s:1: the first line is not %s\n", FILENAME, spdx }'
	find "${folders[@]}" \( -name '*.[ch]' -o -name '*.h.in' \) -empty -printf '%p:1: an empty file\n'
	# Scripts and makefile fragments: the first line, or the second after #!.
	find "${folders[@]}" -name '*.sh' -o -name '*.mk' -o -name '*.awk' -o -name '*.py' -o \
		-name '*.map' | sort | tr '\n' '\0' | xargs -0 -r awk -v spdx="$spdx" '
		function end_of_file() {
			if (file != "" && !found)
				printf "%s:1: no line \"%s\"\n", file, spdx
		}
		FNR == 1 { end_of_file(); file = FILENAME; found = 0 }
		FNR <= 2 && index($0, spdx) { found = 1 }
		END { end_of_file() }'
}

# The pattern is put together so that it does not find itself.
unfinished() {
	grep -rnwE "TO""DO|FIX""ME|X""XX" "${folders[@]}" || true
}

banned_calls() {
	find lib -name '*.[ch]' | sort | tr '\n' '\0' |
		xargs -0 -r awk -v where=1 -f "$here/plain.awk" >"$scratch/plain"
	banned '(v|vf|f|d|vd)?printf|f?puts|f?putc|putchar|perror' 'the library prints nothing'
	banned '(secure_)?getenv|setenv|putenv' 'the library reads no environment'
	# The default hooks of a context, which a caller may hand to it or not.
	banned 'time|clock|clock_gettime|gettimeofday' 'time is an argument or a hook' \
		lib/interface/system.c
	banned 's?rand|rand_r|s?random|[delmnj]rand48' 'randomness is an argument or a hook'
	banned 'strcpy|strcat|stpcpy|v?sprintf|gets|alloca' 'it has no bound'
	banned 'strtok|strerror|inet_ntoa|localtime|gmtime' 'it has hidden state'
	banned 'signal|sigaction|sigprocmask' 'the library touches no signals'
	banned 'pthread_[a-z_]+|thrd_[a-z_]+|fork' 'the library starts nothing'
	banned '_?exit|_Exit' 'the library ends no process'
	banned 'malloc|calloc|realloc|free|strdup|strndup|asprintf' \
		'memory comes from lib/base/memory.h' lib/base/memory.c
}

# banned CALLS WHY [FILE]: FILE alone may. A call is a name that is not a member (x.free, x->free) and
# that a parenthesis follows.
banned() {
	grep -E "^[^:]*:[0-9]+:(.*[^A-Za-z0-9_.>])?($1)[[:space:]]*\(" "$scratch/plain" |
		while IFS=: read -r file line text; do
			[ "$file" = "${3:-}" ] || printf '%s:%s: %s:%s\n' "$file" "$line" "$2" "$text"
		done || true
}

complaints >"$scratch/complaints"
cat "$scratch/complaints"
[ ! -s "$scratch/complaints" ]
