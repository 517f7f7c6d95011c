/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two ports that make reliable connections with each other, each end driven as the library drives
 * it: events are taken after each process(), then completions, and receives are posted again.
 * Messages are numbered, and what arrives must be the next one, whole.
 *
 * Every frame of both ports passes rig_output(), which can lose, repeat or hold back one of them.
 */
#ifndef IPOIB_TESTS_MOCK_RC_RIG_H
#define IPOIB_TESTS_MOCK_RC_RIG_H

#include "mock/fixture.h"
#include "mock/hca_rc.h"

#define RIG_DEPTH	16
#define RIG_SLOT	(IPOIB_RC_MESSAGE_MAX + 76)
#define RIG_SERVICE	UINT64_C(0x1000000000000048)
#define RIG_MILLISECOND UINT64_C(1000000)
#define RIG_SECOND	UINT64_C(1000000000)

enum rig_answer {
	RIG_ACCEPT,
	RIG_REJECT,
	RIG_IGNORE,
};

/* One end. */
struct end {
	struct ipoib__port *port;
	void *ud;
	uint32_t qpn;
	struct ipoib_memory_region region;
	int (*output)(void *self, const struct ipoib__frame *frame, const void *payload);
	/* How it behaves. */
	enum rig_answer answer;
	bool starved;  /* posts no receives */
	uint32_t room; /* octets of a posted receive */
	struct ipoib_rc_attributes attributes;
	/* Its connection, made or taken; the last one. */
	void *rc;
	uint64_t request;
	unsigned posted; /* receives */
	bool busy[3 * RIG_DEPTH];
	unsigned cursor;
	unsigned requests, ups, refusals, downs;
	int refused_status, down_status;
	struct ipoib_rc_event told; /* with the last request, up or refusal */
	/* Messages, and how sends ended. */
	uint32_t sent, arrived;
	uint32_t length; /* of the last that arrived */
	unsigned completed, failed, flushed;
	int failed_status;
	unsigned bad_receives;
	struct ipoib_ud_completion last; /* receive */
};

enum rig_fate {
	RIG_PASS,
	RIG_LOSE,
	RIG_REPEAT,
	RIG_HOLD, /* until the next frame of anyone has passed */
};

struct rig {
	struct ipoib_fabric *fabric; /* NULL: there is none any more */
	struct end a, b;
	uint64_t frames; /* that passed rig_output() */
	uint64_t victim; /* which of them has a fate */
	enum rig_fate fate;
	uint64_t trace; /* a sum over all frames and their times */
	bool holding;
	struct end *held_by;
	struct ipoib__frame held;
	uint8_t held_payload[4096];
};

extern struct rig rig;

/* Fixtures. */
void rig_setup(void);
void rig_teardown(void);
/* The same as calls, for tests that loop. */
void rig_make(uint64_t seed);
void rig_end(void);

void end_wrap(struct end *end, struct ipoib__port *port);
void end_close(struct end *end);
/* Asks for a connection with the other end; returns as the operation. */
int end_connect(struct end *end, const struct end *to);
/* a's connection with b, up on both ends. */
void rig_connect(void);
/* Ends the connection of one end. */
void end_destroy(struct end *end);
/* Posts the next message, of so many octets; returns as the operation. */
int end_send(struct end *end, uint32_t length);
/* Posts as many receives as there is room for. */
void end_fill(struct end *end);
/* Takes events and completions. */
void end_take(struct end *end);

/* Goes on for so long. */
void rig_run(uint64_t nanoseconds);
struct ipoib__hca_counters *counters_of(struct end *end);

#endif
