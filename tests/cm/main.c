/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stddef.h>

#include "cm/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_states, suite_exchange, suite_hostile, suite_bounds, suite_chaos, NULL,
	};

	return support_main(suites, "test_cm");
}
