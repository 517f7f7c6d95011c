/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "neighbour/neighbour_rig.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_machine_table, suite_machine, suite_flux,  suite_hints,
		suite_table,	     suite_model,   suite_gc,	 suite_laws,
		suite_attack,	     suite_trial,   suite_prefix, suite_first,
		NULL,
	};

	return support_main(suites, "test_neighbour");
}
