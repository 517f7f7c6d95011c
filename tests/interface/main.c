/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_configuration, suite_contract, suite_reentrancy, suite_faults, suite_recovery,
		suite_receive,       suite_arp,	     suite_queues,     suite_room,   suite_link,
		suite_groups, suite_header, suite_buffers, suite_burst, suite_connected,
		suite_connected_faults, suite_nd, suite_origin, suite_own,
		suite_entries, suite_handles, suite_handles_end, suite_addresses, suite_region,
		suite_region_end,
		suite_advertisement, suite_asking, suite_back_pressure, suite_proof, suite_lost,
		suite_partition, suite_sender, suite_prefix, suite_first, suite_first_rails,
		suite_turns, suite_fairness, suite_derive, suite_probe, NULL
	};

	return support_main(suites, "test_interface");
}
