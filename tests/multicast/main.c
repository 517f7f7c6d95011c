/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "multicast/multicast_rig.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_machine, suite_join, suite_members, suite_room, suite_model, NULL,
	};

	return support_main(suites, "test_multicast");
}
