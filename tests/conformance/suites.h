/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_CONFORMANCE_SUITES_H
#define IPOIB_TESTS_CONFORMANCE_SUITES_H

#include "conformance/rig.h"

/* Seconds of a test, real ones: an emulated machine is a hundred times slower than a real one. */
#define TEST_TIMEOUT 240

Suite *suite_port(void);
Suite *suite_datagram(void);
Suite *suite_errors(void);
Suite *suite_questions(void);
Suite *suite_group(void);
Suite *suite_connect(void);
Suite *suite_refuse(void);
Suite *suite_messages(void);
Suite *suite_ending(void);

#endif
