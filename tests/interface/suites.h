/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef IPOIB_TESTS_INTERFACE_SUITES_H
#define IPOIB_TESTS_INTERFACE_SUITES_H

#include <check.h>

Suite *suite_configuration(void);
Suite *suite_contract(void);
Suite *suite_reentrancy(void);
Suite *suite_region(void);
Suite *suite_region_end(void);
Suite *suite_faults(void);
Suite *suite_first(void);
Suite *suite_first_rails(void);
Suite *suite_recovery(void);
Suite *suite_receive(void);
Suite *suite_arp(void);
Suite *suite_asking(void);
Suite *suite_probe(void);
Suite *suite_proof(void);
Suite *suite_queues(void);
Suite *suite_room(void);
Suite *suite_header(void);
Suite *suite_lost(void);
Suite *suite_link(void);
Suite *suite_groups(void);
Suite *suite_buffers(void);
Suite *suite_back_pressure(void);
Suite *suite_burst(void);
Suite *suite_connected(void);
Suite *suite_connected_faults(void);
Suite *suite_addresses(void);
Suite *suite_advertisement(void);
Suite *suite_derive(void);
Suite *suite_entries(void);
Suite *suite_handles(void);
Suite *suite_handles_end(void);
Suite *suite_nd(void);
Suite *suite_origin(void);
Suite *suite_own(void);
Suite *suite_partition(void);
Suite *suite_prefix(void);
Suite *suite_sender(void);
Suite *suite_fairness(void);
Suite *suite_turns(void);

#endif
