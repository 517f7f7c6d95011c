/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "datapath/suites.h"
#include "support/support.h"

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_adjacency, NULL };

	return support_main(suites, "test_datapath");
}
