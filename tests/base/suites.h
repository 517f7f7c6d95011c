/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_BASE_SUITES_H
#define IPOIB_TESTS_BASE_SUITES_H

#include <check.h>
#include <stdbool.h>

Suite *suite_memory(void);
Suite *suite_list(void);
Suite *suite_ring(void);
Suite *suite_random(void);
Suite *suite_hash(void);
Suite *suite_fast_hash(void);
Suite *suite_log(void);
Suite *suite_table(void);
Suite *suite_table_walk(void);
Suite *suite_wheel(void);
Suite *suite_wheel_model(void);

/*
 * The poller's tests run in a program for each of the two files that implement it. Its main file
 * says whether the set is one descriptor.
 */
Suite *suite_poller(void);
extern const bool poller_has_descriptor;

#endif
