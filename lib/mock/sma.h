/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Subnet management agents (SMA), for a fabric whose subnet manager (SM) is somebody else: that of
 * the switch, and that of each port that a program has, which is a channel adapter of one port.
 *
 * 1. An SMP that enters the switch is moved one step (ipoib__sma_step): on to a port, back to where
 *    it came from, or to the switch's own agent.
 * 2. An agent decodes a request, checks all of it, does all of it or nothing, and answers. What the
 *    fabric must do about it is in the answer.
 * 3. Links go from DOWN to INIT by themselves; to ARMED and ACTIVE the SM takes them, each end for
 *    itself. The switch remembers that a link has changed until the SM says that it has seen it.
 *
 * Nothing here sends, allocates but for the tables, or knows what time it is. M_Keys are zero and
 * stay so: whoever can send an SMP may.
 */
#ifndef IPOIB__MOCK_SMA_H
#define IPOIB__MOCK_SMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/mock.h>

#include "wire/smp.h"
#include "wire/smp_node.h"
#include "wire/smp_port.h"

/* The ports of a switch are numbered in an octet, in which 255 means none. */
#define IPOIB__SMA_PORTS_MAX 254
#define IPOIB__SMA_NO_PORT   255
/* Entries of the linear table: every unicast LID; of the multicast table: as common switches. */
#define IPOIB__SMA_LINEAR    0xc000
#define IPOIB__SMA_MULTICAST 1024
/* Port masks of 16 bits in a row of the multicast table. */
#define IPOIB__SMA_POSITIONS 16
/* P_Keys of port 0 of the switch: one block. */
#define IPOIB__SMA_PKEYS IPOIB__SMP_BLOCK_WORDS

/* One end of a link. MTUs are codes: wire/ib_units.h. */
struct ipoib__sma_link {
	uint8_t state;	  /* IPOIB__SMP_DOWN ... */
	uint8_t mtu;	  /* of the link */
	uint8_t mtu_room; /* of the port */
};

/* What a port with an address has beside a link: a program's, and port 0 of the switch. */
struct ipoib__sma_address {
	uint8_t guid[IPOIB__SMP_GUID_LENGTH];
	uint8_t prefix[IPOIB__SMP_PREFIX_LENGTH];
	uint16_t lid, sm_lid; /* 0: none yet */
	uint8_t sm_sl;
	uint8_t subnet_timeout;
	uint16_t pkeys[IPOIB__SMA_PKEYS];
	uint16_t pkey_room;
};

struct ipoib__sma_port {
	const char *name;
	struct ipoib__sma_link link;
	struct ipoib__sma_address address;
};

struct ipoib__sma_switch {
	struct ipoib__sma_address address;
	uint8_t port_count;
	struct ipoib__sma_link links[IPOIB__SMA_PORTS_MAX + 1]; /* [0]: its own */
	bool changed;						/* a link has */
	uint16_t linear_top, multicast_top;
	uint8_t default_ports[3]; /* kept for the SM, not used: linear tables know what to do */
	uint8_t life_time;
	uint8_t linear[IPOIB__SMA_LINEAR];
	uint16_t multicast[IPOIB__SMA_MULTICAST][IPOIB__SMA_POSITIONS];
};

/* ---- the way of an SMP ---- */

enum ipoib__sma_way {
	IPOIB__SMA_BAD = 1, /* its path makes no sense */
	IPOIB__SMA_LOST,    /* nobody is there */
	IPOIB__SMA_AGENT,   /* the switch's own */
	IPOIB__SMA_OUT,	    /* by a port, from 1 */
};

/* Moves an SMP that came in by a port, or from the switch's agent (0), to dlid. */
enum ipoib__sma_way ipoib__sma_step(const struct ipoib__sma_switch *sw, struct ipoib__smp *smp,
				    uint8_t from, uint16_t dlid, uint8_t *out);
/* Whether an SMP that a port was sent is for its agent; notes the port in its path. */
bool ipoib__sma_arrives(const struct ipoib__sma_port *port, struct ipoib__smp *smp, uint16_t dlid);

/* ---- where a frame goes ---- */

/* The port for a LID; IPOIB__SMA_NO_PORT. */
uint8_t ipoib__sma_route(const struct ipoib__sma_switch *sw, uint16_t lid);
/* Whether a port is in the row of a multicast LID; port 0 is the switch's own. */
bool ipoib__sma_in_group(const struct ipoib__sma_switch *sw, uint16_t mlid, uint32_t port);
/* Rows with any port. */
size_t ipoib__sma_groups(const struct ipoib__sma_switch *sw);

/* ---- the agents ---- */

/* What the fabric is to do. */
#define IPOIB__SMA_CHANGED    1u /* the port is not what it was */
#define IPOIB__SMA_REREGISTER 2u /* its user shall register with the SA again */
#define IPOIB__SMA_RETRAIN    4u /* the link goes down and comes up again: of the port below */
#define IPOIB__SMA_REPRESSED  8u /* the SM has the trap of the transaction */

struct ipoib__sma_result {
	bool answers; /* smp has become the answer */
	unsigned todo;
	uint8_t port; /* of the switch, for IPOIB__SMA_RETRAIN */
};

void ipoib__sma_port_init(struct ipoib__sma_port *port, const char *name, const uint8_t *guid,
			  const uint8_t *prefix, uint8_t mtu_room);
void ipoib__sma_switch_init(struct ipoib__sma_switch *sw, const uint8_t *guid,
			    const uint8_t *prefix, uint8_t port_count, uint8_t mtu_room);
/* `from` is the port by which the question came in. */
struct ipoib__sma_result ipoib__sma_port(struct ipoib__sma_port *port, struct ipoib__smp *smp);
struct ipoib__sma_result ipoib__sma_switch(struct ipoib__sma_switch *sw, struct ipoib__smp *smp,
					   uint8_t from);
/* The link of a switch's port is there, or not. */
void ipoib__sma_link_set(struct ipoib__sma_switch *sw, uint8_t port, bool up);
/* The trap that tells the SM of it; false when the switch knows no SM. */
bool ipoib__sma_trap(const struct ipoib__sma_switch *sw, uint64_t transaction,
		     struct ipoib__smp *smp);

/* ---- sma_attribute.c: what both kinds of agent answer and take. Status of the MAD. ---- */

/* What a PortInfo of this port says. address is NULL for the outer ports of a switch. */
void ipoib__sma_port_info_get(const struct ipoib__sma_link *link,
			      const struct ipoib__sma_address *address, uint8_t by,
			      struct ipoib__smp_port_info *info);
/* Checks, then does. *todo gains IPOIB__SMA_... */
uint16_t ipoib__sma_port_info_set(struct ipoib__sma_link *link, struct ipoib__sma_address *address,
				  const struct ipoib__smp_port_info *info, unsigned *todo);
/* The attributes that a port with an address has on either kind of node. */
uint16_t ipoib__sma_guid_info(const struct ipoib__sma_address *address, uint32_t block,
			      uint8_t data[IPOIB__SMP_DATA_LENGTH]);
uint16_t ipoib__sma_pkey_table(struct ipoib__sma_address *address, uint32_t block, bool set,
			       uint8_t data[IPOIB__SMP_DATA_LENGTH], unsigned *todo);
void ipoib__sma_description(const char *name, uint8_t data[IPOIB__SMP_DATA_LENGTH]);
/* The request becomes an answer. */
void ipoib__sma_answer(struct ipoib__smp *smp, uint16_t status);
/* Whether an agent has something to say to a method, and what if it is not Get or Set. */
bool ipoib__sma_is_request(const struct ipoib__smp *smp);

#endif
