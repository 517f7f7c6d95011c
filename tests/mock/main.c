/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stddef.h>

#include "mock/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_frame,   suite_hca,	suite_hca_port,	 suite_fabric,
		suite_faults,  suite_sa_rules,	suite_sa_path, suite_sa_groups,	 suite_attach,
		suite_peer,    suite_connect,	suite_transport, suite_rc_rules,
		suite_rc_life, suite_rc_faults, suite_rc_socket, suite_sm,
		suite_partition, suite_device, suite_sa_kernel, suite_sma,
		suite_sma_hostile, suite_sma_process, suite_cm_faults, suite_crowd, NULL,
	};

	return support_main(suites, "test_mock");
}
