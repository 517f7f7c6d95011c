/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The SA of a real port, on a channel that is the test's: libibumad is not in this program. */
#include <stddef.h>

#include "support/support.h"
#include "verbs/suites.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_umad, NULL };

	return support_main(suites, "test_umad");
}
