/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_memory,	  suite_list, suite_ring,  suite_random,     suite_hash,
		suite_fast_hash,  suite_log,  suite_table, suite_table_walk, suite_wheel,
		suite_wheel_model, NULL,
	};

	return support_main(suites, "test_base");
}
