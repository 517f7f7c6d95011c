/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What must hold, in programs that Check cannot run; the first that does not ends the program. */
#ifndef IPOIB_TESTS_SUBNET_REQUIRE_H
#define IPOIB_TESTS_SUBNET_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

#define require(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                     \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)
/* Both are printed when they differ. */
#define require_equal(got, wanted) require_is(__FILE__, __LINE__, #got, (got), (wanted))
void require_is(const char *file, int line, const char *what, long long got, long long wanted);

#endif
