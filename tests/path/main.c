/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "path/path_rig.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_machine, suite_ask, suite_keep, suite_flush, suite_model, NULL,
	};

	return support_main(suites, "test_path");
}
