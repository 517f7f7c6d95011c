/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stddef.h>

#include "support/support.h"
#include "wire/wire.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_bytes,	  suite_types, suite_codecs,	suite_grh,	 suite_mgid,
		suite_arp,	  suite_ip,    suite_icmp,	suite_icmp_error, suite_sa,
		suite_ib_units, suite_ib_packet, suite_cm,	suite_ip6,	 suite_icmpv6,
		suite_nd,	suite_nd_refused, suite_membership, suite_smp, NULL,
	};

	return support_main(suites, "test_wire");
}
