/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What can be tested of libipoib-verbs on a machine without an adapter. */
#include <stddef.h>

#include "support/support.h"
#include "verbs/suites.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_posted, suite_ah, suite_gid, suite_names, suite_open, suite_cq, suite_ud,
		suite_rc, suite_rc_end, suite_rc_private, suite_infiniband, NULL,
	};

	return support_main(suites, "test_verbs");
}
