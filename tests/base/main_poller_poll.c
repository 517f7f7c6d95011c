/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The poller's tests for lib/base/poller_poll.c. */
#include "base/suites.h"
#include "support/support.h"

const bool poller_has_descriptor = false;

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_poller, NULL };

	return support_main(suites, "test_poller_poll");
}
