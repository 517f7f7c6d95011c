/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Two managers, their owners, and a wire between them that does what the test says. */
#ifndef IPOIB_TESTS_CM_PAIR_H
#define IPOIB_TESTS_CM_PAIR_H

#include "cm/connection.h"
#include "support/support.h"

#define PAIR_SERVICE UINT64_C(0x1000000000000048)
#define PAIR_HALVES 64
#define PAIR_SECOND UINT64_C(1000000000)

enum { OWNER_ACCEPTS = 0, OWNER_REJECTS, OWNER_SLEEPS };

/* One side of a connection, as its owner sees it. */
struct half {
	uint32_t id;
	uint32_t qpn, remote_qpn;
	bool active;
	bool up, over;
	unsigned ups, ends; /* events */
	int status;
	uint16_t reason;
	uint8_t private_data[4]; /* the first octets of a refusal's */
};

struct side {
	struct ipoib__cm cm;
	uint16_t lid;
	uint32_t next_qpn;
	unsigned half_count;
	struct half halves[PAIR_HALVES];
	/* What the owner does with a request, and a reply; it accepts if there is none. */
	unsigned (*mood)(struct side *side);
};

extern struct side left, right;
/*
 * What becomes of a MAD: how many copies arrive, and of each (0 is the first) how late. NULL: one,
 * at once.
 */
extern unsigned (*pair_copies)(struct side *from, const uint8_t mad[IPOIB__MAD_LENGTH]);
extern uint64_t (*pair_delay)(unsigned copy);
extern unsigned pair_sent; /* MADs, lost ones included */

void pair_setup(void);
void pair_teardown(void);
/* Ends both managers; pair_setup() without the harness makes new ones. */
void pair_open(uint64_t seed);
void pair_close(void);

struct half *pair_connect(struct side *from);
struct half *pair_connect_to(struct side *from, uint64_t service_id);
void pair_end(struct side *side, struct half *half);
void pair_run(uint64_t span);
/* Connections that one owner has up and the other has not. */
unsigned pair_half_open(void);
unsigned pair_up(const struct side *side);

#endif
