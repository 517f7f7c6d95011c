/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is remembered of the claims on a neighbour: flux.c. */
#ifndef IPOIB__NEIGHBOUR_HISTORY_H
#define IPOIB__NEIGHBOUR_HISTORY_H

#include <stdint.h>

#include <ipoib/types.h>

struct ipoib__neighbour;

/* Flux events kept of a neighbour. */
#define IPOIB__NEIGHBOUR_HISTORY 8
/* The last minute is counted in parts of so many nanoseconds. */
#define IPOIB__NEIGHBOUR_RATE_NS UINT64_C(10000000000)
#define IPOIB__NEIGHBOUR_RATE_PARTS 6

/* A flux event, as it is remembered. */
struct ipoib__neighbour_flux {
	uint64_t time;   /* of the first claim */
	uint32_t count;  /* the same claim, so many times in a row */
	uint8_t claim;   /* enum ipoib_claim, of the first */
	uint8_t verdict; /* enum ipoib_flux_verdict, of the last */
	struct ipoib_link_address held;
	struct ipoib_link_address claimed;
};

/* Made with the first flux event of a neighbour. */
struct ipoib__neighbour_history {
	struct ipoib__neighbour_flux last[IPOIB__NEIGHBOUR_HISTORY]; /* a ring */
	uint32_t next;  /* where the next one goes */
	uint32_t count; /* how many there are */
	/* claims by parts of a minute; the part that `part` says is the current one */
	uint16_t rate[IPOIB__NEIGHBOUR_RATE_PARTS];
	uint64_t part;  /* time / RATE_NS */
};

/* Notes a claim in a history: n->claim, n->verdict. */
void ipoib__neighbour_note(struct ipoib__neighbour_history *history,
			   const struct ipoib__neighbour *n,
			   const struct ipoib_link_address *held,
			   const struct ipoib_link_address *claimed, uint64_t now);
/*
 * The claims that waited have been decided: the one that was heard last by n->verdict, and what
 * it had displaced is refused.
 */
void ipoib__neighbour_decided(struct ipoib__neighbour_history *history,
			      const struct ipoib__neighbour *n,
			      const struct ipoib_link_address *claimed);
/* Claims in the last minute. */
uint32_t ipoib__neighbour_rate(const struct ipoib__neighbour_history *history, uint64_t now);

#endif
