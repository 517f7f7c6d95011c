/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_SIM_SUITES_H
#define IPOIB_TESTS_SIM_SUITES_H

#include <check.h>

Suite *suite_addresses(void);
Suite *suite_connected(void);
Suite *suite_connections(void);
Suite *suite_data(void);
Suite *suite_fabric_events(void);
Suite *suite_fabric_moves(void);
Suite *suite_first_contact(void);
Suite *suite_first_packets(void);
Suite *suite_flood(void);
Suite *suite_flux(void);
Suite *suite_forged(void);
Suite *suite_ipv6(void);
Suite *suite_origin(void);
Suite *suite_partition(void);
Suite *suite_prefix(void);
Suite *suite_seeds(void);
Suite *suite_story(void);
Suite *suite_weak_peer(void);

#endif
