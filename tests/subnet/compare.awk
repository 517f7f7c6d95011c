# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Holds two lists of answers against each other and against the list of known differences:
#
#	awk -f compare.awk differences.txt OPENSM MOCK
#
# A difference that is not in the list fails, and so does a line of the list that is no difference any
# more. Lines of the list: "NAME.FIELD opensm=VALUE mock=VALUE"; "-" is a field that is not there. Of
# answers with different statuses, or of which one is missing, nothing else is compared.

FILENAME == ARGV[1] {
	if (/^#/ || NF == 0)
		next
	known[$1 " " $2 " " $3] = 1
	next
}
{
	if (!($1 in seen)) {
		seen[$1] = 1
		order[++n] = $1
	}
	value[FILENAME, $1] = $2
}
function value_of(which, key) {
	return (ARGV[which], key) in value ? value[ARGV[which], key] : "-"
}
function other_status(key,   name) {
	name = key
	sub(/\.[^.]*$/, "", name)
	return key != name ".status" && value_of(2, name ".status") != value_of(3, name ".status")
}
END {
	for (i = 1; i <= n; i++) {
		if (other_status(order[i]))
			continue
		opensm = value_of(2, order[i])
		mock = value_of(3, order[i])
		if (opensm == mock)
			continue
		line = order[i] " opensm=" opensm " mock=" mock
		found[line] = 1
		if (!(line in known)) {
			print "new:  " line
			bad = 1
		}
	}
	for (line in known) {
		count++
		if (!(line in found)) {
			print "gone: " line
			bad = 1
		}
	}
	if (!bad)
		print n " fields, " count + 0 " known differences"
	exit bad
}
