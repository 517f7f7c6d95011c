/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_BINDING_SUITES_H
#define IPOIB_TESTS_BINDING_SUITES_H

#include <check.h>

Suite *suite_binding(void);
Suite *suite_policy(void);
Suite *suite_probe(void);
Suite *suite_probe_model(void);

#endif
