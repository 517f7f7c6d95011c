/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "examples/examples.h"
#include "report.h"
#include "support/support.h"

const char program_name[] = "test_examples";

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_perf_packet, suite_perf_histogram, suite_perf_flow,
		suite_perf_session, suite_perf_refusals, suite_perf_options,
		suite_pcap_file, NULL,
	};

	return support_main(suites, "test_examples");
}
