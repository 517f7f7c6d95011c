/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_CAPTURE_SUITES_H
#define IPOIB_TESTS_CAPTURE_SUITES_H

#include <check.h>

Suite *suite_erf(void);
Suite *suite_record(void);
Suite *suite_life(void);

#endif
