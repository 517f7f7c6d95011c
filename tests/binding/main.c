/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "binding/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_binding, suite_policy, suite_probe,
						  suite_probe_model, NULL };

	return support_main(suites, "test_binding");
}
