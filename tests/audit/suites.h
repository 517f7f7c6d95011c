/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_AUDIT_SUITES_H
#define IPOIB_TESTS_AUDIT_SUITES_H

#include <check.h>

Suite *suite_arp(void);
Suite *suite_subnet(void);
Suite *suite_mtu(void);
Suite *suite_link(void);
Suite *suite_link_info(void);
Suite *suite_child(void);
Suite *suite_port(void);
Suite *suite_bond(void);
Suite *suite_tables(void);
Suite *suite_hostile(void);
Suite *suite_life(void);

#endif
