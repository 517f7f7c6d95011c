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

length_of_files_and_lines() {
	c_files | while read -r file; do
		awk -v most="$file_lines" -v widest="$line_columns" '
		{
			columns = 0
			for (i = 1; i <= length($0); i++)
				columns += substr($0, i, 1) == "\t" ? 8 - columns % 8 : 1
			if (columns > widest)
				printf "%s:%d: %d columns, %d are allowed\n", FILENAME, FNR, columns, widest
		}
		END {
			if (NR > most)
				printf "%s: %d lines, %d are allowed\n", FILENAME, NR, most
		}' "$file"
	done
}

# Kernel style: a function opens with a brace in the first column and closes with one.
length_of_functions() {
	c_files | while read -r file; do
		awk -v most="$function_lines" '
		/^{/ { start = FNR; name = before }
		/^}/ {
			if (start && FNR - start + 1 > most)
				printf "%s:%d: a function of %d lines, %d are allowed: %s\n", \
					FILENAME, start, FNR - start + 1, most, name
			start = 0
		}
		{ before = $0 }' "$file"
	done
}

licence() {
	local spdx='SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only'
	c_files | while read -r file; do
		[ "$(head -n 1 "$file")" = "/* $spdx */" ] ||
			echo "$file:1: the first line is not /* $spdx */"
	done
	# Scripts and makefile fragments: the first line, or the second after #!.
	find "${folders[@]}" -name '*.sh' -o -name '*.mk' -o -name '*.awk' -o -name '*.py' -o \
		-name '*.map' | sort | while read -r file; do
		head -n 2 "$file" | grep -qF "$spdx" || echo "$file:1: no line \"$spdx\""
	done
}

# The pattern is put together so that it does not find itself.
unfinished() {
	grep -rnwE "TO""DO|FIX""ME|X""XX" "${folders[@]}" || true
}

banned_calls() {
	find lib -name '*.[ch]' | sort | while read -r file; do
		awk -f "$here/plain.awk" "$file" >"$scratch/plain"
		banned_in "$file" '(v|vf|f|d|vd)?printf|f?puts|f?putc|putchar|perror' \
			'the library prints nothing'
		banned_in "$file" '(secure_)?getenv|setenv|putenv' 'the library reads no environment'
		# The default hooks of a context, which a caller may hand to it or not.
		[ "$file" = lib/interface/system.c ] ||
			banned_in "$file" 'time|clock|clock_gettime|gettimeofday' \
				'time is an argument or a hook'
		banned_in "$file" 's?rand|rand_r|s?random|[delmnj]rand48' \
			'randomness is an argument or a hook'
		banned_in "$file" 'strcpy|strcat|stpcpy|v?sprintf|gets|alloca' 'it has no bound'
		banned_in "$file" 'strtok|strerror|inet_ntoa|localtime|gmtime' 'it has hidden state'
		banned_in "$file" 'signal|sigaction|sigprocmask' 'the library touches no signals'
		banned_in "$file" 'pthread_[a-z_]+|thrd_[a-z_]+|fork' 'the library starts nothing'
		banned_in "$file" '_?exit|_Exit' 'the library ends no process'
		[ "$file" = lib/base/memory.c ] ||
			banned_in "$file" 'malloc|calloc|realloc|free|strdup|strndup|asprintf' \
				'memory comes from lib/base/memory.h'
	done
}

# A call is a name that is not a member (x.free, x->free) and that a parenthesis follows.
banned_in() {
	grep -nE "(^|[^A-Za-z0-9_.>])($2)[[:space:]]*\(" "$scratch/plain" |
		while IFS=: read -r line text; do
			printf '%s:%s: %s:%s\n' "$1" "$line" "$3" "$text"
		done || true
}

complaints >"$scratch/complaints"
cat "$scratch/complaints"
[ ! -s "$scratch/complaints" ]
