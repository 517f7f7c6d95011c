/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_MOCK_SUITES_H
#define IPOIB_TESTS_MOCK_SUITES_H

#include <check.h>

Suite *suite_frame(void);
Suite *suite_hca(void);
Suite *suite_hca_port(void);
Suite *suite_fabric(void);
Suite *suite_faults(void);
Suite *suite_cm_faults(void);
Suite *suite_crowd(void);
Suite *suite_partition(void);
Suite *suite_sa_rules(void);
Suite *suite_sa_kernel(void);
Suite *suite_sa_groups(void);
Suite *suite_sa_path(void);
Suite *suite_attach(void);
Suite *suite_device(void);
Suite *suite_peer(void);
Suite *suite_connect(void);
Suite *suite_sm(void);
Suite *suite_transport(void);
Suite *suite_rc_rules(void);
Suite *suite_rc_life(void);
Suite *suite_rc_faults(void);
Suite *suite_rc_socket(void);
Suite *suite_sma(void);
Suite *suite_sma_hostile(void);
Suite *suite_sma_process(void);

#endif
