/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "subnet/require.h"

void require_is(const char *file, int line, const char *what, long long got, long long wanted)
{
	if (got == wanted)
		return;
	printf("%s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
	exit(1);
}
