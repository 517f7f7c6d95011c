#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A C file of the library includes, itself or by headers of the library, what POSIX says declares the
# names that it uses. glibc's headers include one another, and those of the BSDs do not: there a
# missing one is an error.
#
#	check-includes.sh [TOP]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=${1:-${top_srcdir:-$here/../..}}
cd "$top"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# NAMES, and the headers of which one is enough. Names as extended regular expressions, whole words.
cat >"$scratch/rules" <<'END'
errno|E(INVAL|NOMEM|AGAIN|INTR|NOENT|BUSY|IO|PIPE|MSGSIZE|NOTSUP|OPNOTSUPP|HOSTUNREACH|NETDOWN|TIMEDOUT|CONNRESET|NOBUFS|NOTCONN|E2BIG)	errno.h
mem(cpy|set|cmp|move|chr)|str(len|n?cmp|r?chr|str|spn|cspn)	string.h
(INT|UINT|LONG|ULONG|SHRT|USHRT|SSIZE)_MAX|PATH_MAX	limits.h
PRI[dioux](8|16|32|64|PTR)	inttypes.h
s?s?n?printf|v?snprintf|FILE|fopen|fclose|fwrite|fread	stdio.h
malloc|calloc|realloc|strto(l|ul|ll|ull|d)|qsort|bsearch	stdlib.h
AF_(INET|INET6|UNIX|UNSPEC)|SOL_SOCKET|SOCK_[A-Z]+|sockaddr|sockaddr_storage|msghdr|cmsghdr|sendmsg|recvmsg|socklen_t|SCM_RIGHTS	sys/socket.h
sockaddr_in6?|in6?_addr|IPPROTO_[A-Z0-9]+	netinet/in.h
inet_(ntop|pton)	arpa/inet.h
[hn]to[nh][sl]	arpa/inet.h netinet/in.h
sockaddr_un	sys/un.h
iovec	sys/uio.h sys/socket.h
pollfd|POLL(IN|OUT|ERR|HUP)	poll.h
O_(RDONLY|WRONLY|RDWR|NONBLOCK|CLOEXEC|CREAT)|F_(GETFL|SETFL|GETFD|SETFD)|FD_CLOEXEC	fcntl.h
S_IS(DIR|REG|SOCK|LNK)|fstat|lstat	sys/stat.h
mmap|munmap|PROT_READ|MAP_PRIVATE	sys/mman.h
timespec|clock_gettime|CLOCK_[A-Z]+	time.h
ssize_t	sys/types.h unistd.h sys/socket.h stdio.h
getifaddrs|freeifaddrs	ifaddrs.h
opendir|readdir|closedir	dirent.h
va_(list|start|end|arg)	stdarg.h
END

find lib include -name '*.[ch]' -o -name '*.h.in' | sort >"$scratch/files"
tr '\n' '\0' <"$scratch/files" |
	xargs -0 -r grep -HE '^[[:space:]]*#[[:space:]]*include' >"$scratch/includes" || true
grep '^lib/.*\.c$' "$scratch/files" | tr '\n' '\0' |
	xargs -0 -r awk -v where=1 -f "$here/plain.awk" >"$scratch/plain"

awk -v rules="$scratch/rules" -v includes="$scratch/includes" '
# What a file of the library is called where it is included, and back.
function path_of(name) { return name ~ /^ipoib\// ? "include/" name : "lib/" name }

# Adds the system headers that a file includes, by others of the library too, to `has`.
function collect(file,    i, n, name) {
	if (file in seen)
		return
	seen[file] = 1
	n = count[file]
	for (i = 1; i <= n; i++) {
		name = included[file, i]
		has[name] = 1
		collect(path_of(name))
	}
}
function enough(headers,    i, n, one) {
	n = split(headers, one, " ")
	for (i = 1; i <= n; i++)
		if (one[i] in has)
			return 1
	return 0
}
BEGIN {
	while ((getline line < rules) > 0) {
		split(line, part, "\t")
		names[++n_rules] = "(^|[^A-Za-z0-9_.>])(" part[1] ")([^A-Za-z0-9_]|$)"
		headers[n_rules] = part[2]
	}
	while ((getline line < includes) > 0) {
		file = line
		sub(/:.*/, "", file)
		sub(/^[^<"]*[<"]/, "", line)
		sub(/[>"].*/, "", line)
		included[file, ++count[file]] = line
	}
}
{
	file = $0
	sub(/:.*/, "", file)
	text = substr($0, length(file) + 2)
	number = text
	sub(/:.*/, "", number)
	text = substr(text, length(number) + 2)
	if (text ~ /^[[:space:]]*#/)
		next
	if (file != current) {
		current = file
		split("", has)
		split("", seen)
		split("", said)
		collect(file)
	}
	for (i = 1; i <= n_rules; i++) {
		if (i in said || text !~ names[i] || enough(headers[i]))
			continue
		said[i] = 1
		bad = 1
		wanted = headers[i]
		gsub(/ /, "> or <", wanted)
		printf "%s:%s: needs <%s>:%s\n", file, number, wanted, text
	}
}
END { exit bad }' "$scratch/plain"
