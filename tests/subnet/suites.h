/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parts of the story that is told on the simulated subnet, each on a subnet of its own. */
#ifndef IPOIB_TESTS_SUBNET_SUITES_H
#define IPOIB_TESTS_SUBNET_SUITES_H

void part_statuses(void);
void part_silence(void);
void part_restart(void);
void part_slow(void);
void part_beside(void);
void part_interface(void);
void part_loss(void);
void part_crowd(void);

#endif
