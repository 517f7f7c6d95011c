/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A partition's place in the P_Key table of a port. */
#ifndef IPOIB__VERBS_PKEY_H
#define IPOIB__VERBS_PKEY_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/port.h>

/*
 * Finds the partition of a P_Key, membership bit aside. The entry of a full member goes before that
 * of a limited one: it reaches everybody.
 */
bool ipoib__verbs_pkey_find(const struct ipoib_port_attributes *port, uint16_t pkey,
			    uint16_t *index);

#endif
