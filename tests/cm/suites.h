/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_CM_SUITES_H
#define IPOIB_TESTS_CM_SUITES_H

#include <check.h>

Suite *suite_states(void);
Suite *suite_exchange(void);
Suite *suite_hostile(void);
Suite *suite_bounds(void);
Suite *suite_chaos(void);

#endif
