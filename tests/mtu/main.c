/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mtu/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_decide, suite_fragment, NULL };

	return support_main(suites, "test_mtu");
}
