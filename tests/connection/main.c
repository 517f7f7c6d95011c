/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "connection/connection_rig.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_machine, suite_machine_table, suite_set,
						  suite_limits, suite_loss, suite_model, NULL };

	return support_main(suites, "test_connection");
}
