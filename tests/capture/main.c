/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "capture/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_erf, suite_record, suite_life, NULL };

	return support_main(suites, "test_capture");
}
