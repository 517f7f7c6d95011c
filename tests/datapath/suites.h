/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_DATAPATH_SUITES_H
#define IPOIB_TESTS_DATAPATH_SUITES_H

#include <check.h>

Suite *suite_adjacency(void);

#endif
