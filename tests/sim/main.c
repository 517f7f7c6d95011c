/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sim/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_first_packets, suite_fabric_events,
						      suite_connected,
						      suite_seeds, suite_story, NULL };

	return support_main(suites, "test_sim");
}
