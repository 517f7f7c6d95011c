/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_EXAMPLES_H
#define IPOIB_TESTS_EXAMPLES_H

#include <check.h>

Suite *suite_pcap_file(void);
Suite *suite_perf_flow(void);
Suite *suite_perf_histogram(void);
Suite *suite_perf_options(void);
Suite *suite_perf_packet(void);
Suite *suite_perf_refusals(void);
Suite *suite_perf_session(void);

#endif
