/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sim/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_first_packets, suite_fabric_events, suite_connected, suite_connections,
		suite_flux,	     suite_seeds,	  suite_story,
		suite_weak_peer,     suite_flood,	  suite_addresses,
		suite_ipv6,	     suite_fabric_moves,  suite_origin,
		suite_forged,	     suite_partition,	  suite_data,
		suite_prefix,	     suite_first_contact, NULL
	};

	return support_main(suites, "test_sim");
}
