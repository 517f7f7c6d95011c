/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "binding/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_binding, NULL };

	return support_main(suites, "test_binding");
}
