# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Prints C source without its comments and without what stands in quotes, line for line, so that
# the checks do not trip over prose. With where=1 each line says where it stands, FILE:LINE:.
FNR == 1 { comment = 0 }
{
	out = ""
	n = length($0)
	for (i = 1; i <= n; i++) {
		c = substr($0, i, 1)
		two = substr($0, i, 2)
		if (comment) {
			if (two == "*/") { comment = 0; i++ }
		} else if (two == "/*") {
			comment = 1
			i++
		} else if (two == "//") {
			break
		} else if (c == "\"" || c == "'") {
			out = out c
			for (i++; i <= n && substr($0, i, 1) != c; i++)
				if (substr($0, i, 1) == "\\") i++
			out = out c
		} else {
			out = out c
		}
	}
	print (where ? FILENAME ":" FNR ":" : "") out
}
