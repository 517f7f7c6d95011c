/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The attributes of a port, as the adapter says them and as struct ipoib_port_attributes has
 * them.
 */
#ifndef IPOIB__VERBS_PORT_H
#define IPOIB__VERBS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

#include <ipoib/verbs.h>

#include "verbs/gid.h"

struct ipoib__verbs;

/* Reads the attributes and tables of the port. */
int ipoib__verbs_port_read(struct ipoib__verbs *verbs);
/* Whether its MTU is not what was read last. */
bool ipoib__verbs_port_differs(struct ipoib__verbs *verbs);
/* Parts of what ibv_query_port() says. */
uint32_t ipoib__verbs_port_mtu(const struct ibv_port_attr *attr);
uint8_t ipoib__verbs_port_state(const struct ibv_port_attr *attr);
enum ipoib_verbs_link ipoib__verbs_port_link(const struct ibv_device *device,
					     const struct ibv_port_attr *attr);
int ipoib__verbs_port_gids(struct ipoib__verbs_gids *gids, struct ibv_context *device,
			   uint8_t number, const struct ibv_port_attr *attr);
uint32_t ipoib__verbs_port_pkeys(uint16_t *pkeys, struct ibv_context *device, uint8_t number,
				 const struct ibv_port_attr *attr);

#endif
