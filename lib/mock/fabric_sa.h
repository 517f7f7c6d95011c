/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the SA's records do with a request; fabric_sa.c is the envelope around them.
 *
 * The rules are OpenSM's, found by asking it: an unknown port or an absent P_Key is "no records"
 * (0x0300) to a path query; a join that lacks what a group is made of, when there is no group, is
 * "insufficient components" (0x0600); every other fault of a join or a leave is
 * "request invalid" (0x0200). tests/subnet asks both the same and compares.
 */
#ifndef IPOIB__MOCK_FABRIC_SA_H
#define IPOIB__MOCK_FABRIC_SA_H

#include "mock/fabric.h"
#include "wire/sa.h"

/* What links of this fabric do: 40 Gbit/s, 1 s to live; groups of the SM's own making 10 Gbit/s. */
#define IPOIB__FABRIC_RATE	 7
#define IPOIB__FABRIC_GROUP_RATE 3
#define IPOIB__FABRIC_LIFE	 18

struct ipoib__sa_request {
	struct ipoib__fabric_port *from;
	struct ipoib__sa sa;
	const uint8_t *data; /* IPOIB__SA_DATA_LENGTH octets */
};

struct ipoib__sa_reply {
	uint16_t status; /* IPOIB__SA_...; the data go only with 0 */
	uint8_t data[IPOIB__SA_DATA_LENGTH];
	size_t length;
};

/*
 * The MTU, rate or life time (as encoded) that a selector and a value ask for, of what offers best;
 * 0: there is none.
 */
uint8_t ipoib__fabric_sa_at_most(uint8_t selector, uint8_t asked, uint8_t best);
uint8_t ipoib__fabric_sa_rate(uint8_t selector, uint8_t asked, uint8_t best);
/* Whether a value satisfies what a record asks with a selector (IPOIB__SA_GREATER ...). */
bool ipoib__fabric_sa_satisfies(uint8_t selector, uint32_t asked, uint32_t value);

/* fabric_sa.c: a MAD for the SA. */
void ipoib__fabric_sa(struct ipoib_fabric *fabric, const struct ipoib__frame *frame,
		      const void *payload);

/* fabric_sa_path.c */
void ipoib__fabric_sa_path(struct ipoib_fabric *fabric, const struct ipoib__sa_request *request,
			   struct ipoib__sa_reply *reply);

/* fabric_sa_group.c */
/*
 * A partition has its broadcast group for as long as it is in any port's table (as OpenSM makes it
 * for one that is configured for IPoIB), and keeps it for as long as the group has members.
 */
/* The broadcast group of a P_Key's partition is there, and stays without members. -ENOMEM. */
int ipoib__fabric_sa_broadcast_group(struct ipoib_fabric *fabric, uint16_t pkey);
/* Those of all these are there. -ENOMEM. */
int ipoib__fabric_sa_partitions_need(struct ipoib_fabric *fabric, const uint16_t *pkeys,
				     size_t count);
/* Those of partitions that are in no table stay no longer, but for the first one. */
void ipoib__fabric_sa_partitions_changed(struct ipoib_fabric *fabric);
void ipoib__fabric_sa_group_get(struct ipoib_fabric *fabric,
				const struct ipoib__sa_request *request,
				struct ipoib__sa_reply *reply);
void ipoib__fabric_sa_group_join(struct ipoib_fabric *fabric,
				 const struct ipoib__sa_request *request,
				 struct ipoib__sa_reply *reply);
void ipoib__fabric_sa_group_leave(struct ipoib_fabric *fabric,
				  const struct ipoib__sa_request *request,
				  struct ipoib__sa_reply *reply);

#endif
