/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_arp,	 suite_subnet,	suite_mtu,
						  suite_link,	 suite_child,	suite_link_info,
						  suite_port,	 suite_bond,	suite_tables,
						  suite_hostile, suite_life,	NULL };

	return support_main(suites, "test_audit");
}
