/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_VERBS_SUITES_H
#define IPOIB_TESTS_VERBS_SUITES_H

#include <check.h>

Suite *suite_ah(void);
Suite *suite_cq(void);
Suite *suite_gid(void);
Suite *suite_infiniband(void);
Suite *suite_names(void);
Suite *suite_open(void);
Suite *suite_posted(void);
Suite *suite_rc(void);
Suite *suite_rc_end(void);
Suite *suite_rc_private(void);
Suite *suite_ud(void);
Suite *suite_umad(void);

#endif
