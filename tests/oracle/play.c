/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Plays the cases of cases.txt to our state machine, as kernel.py does to the kernel: play CASES.
 * The 6 octets of a port are the last ones of a GID. Time is virtual, and the peer is played here.
 *
 * Prints "NAME: STATES" for each case.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "neighbour/neighbour.h"

#define MS UINT64_C(1000000)
#define ANSWER_MS 30
#define TEXT 100 /* the longest word of cases.txt, and some */

static const struct ipoib__neighbour_parameters defaults = {
	.retransmit = 200 * MS,
	.reachable = 2400 * MS,
	.delay = 1000 * MS,
	.flux_hold = 10000 * MS,
	.stale = 60000 * MS,
	.unicast_probes = 3,
	.multicast_probes = 3,
	.flux = IPOIB_FLUX_ACCEPT,
	.thresh1 = 1,
	.thresh2 = 1,
	.limit = 1,
};

static struct {
	struct ipoib__neighbour_parameters parameters;
	struct ipoib__neighbour n;
	bool there;       /* the entry */
	bool waits;       /* a packet, for its link address */
	char answering;   /* the port that does, or 0 */
	char answer_from; /* the port whose answer is on its way */
	uint64_t answer_at;
	uint64_t now;
} play;

static struct ipoib_link_address address_of(char port)
{
	const struct ipoib_gid gid = { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0,
					 port == 'a' ? 0x0a : 0x0b } };

	return ipoib_link_address_make(0, 0x48, &gid);
}

static char port_of(const struct ipoib_link_address *address)
{
	return address->raw[IPOIB_LINK_ADDRESS_LENGTH - 1] == 0x0a ? 'a' : 'b';
}

static void make(void)
{
	if (play.there)
		return;
	memset(&play.n, 0, sizeof(play.n));
	play.n.due = play.n.deadline = IPOIB_NEVER;
	play.n.confirmed = play.n.used = IPOIB_NEVER;
	play.there = true;
}

static void take_out(void)
{
	printf(" REMOVED");
	play.there = false;
	play.answer_at = IPOIB_NEVER;
}

static void tell(void)
{
	static const char *const names[] = { "NEW",   "INCOMPLETE", "REACHABLE", "STALE",
					     "DELAY", "PROBE",	    "FAILED",	 "PERMANENT" };

	printf(" %s", names[play.n.state]);
	if (ipoib__neighbour_valid(&play.n))
		printf("@%c", port_of(&play.n.link_address));
}

/* The peer hears a question: by multicast, or by unicast if the port is the one that answers. */
static void ask(const struct ipoib_link_address *to)
{
	if (!play.answering || (to && port_of(to) != play.answering))
		return;
	play.answer_from = play.answering;
	play.answer_at = play.now + ANSWER_MS * MS;
}

static void step(enum ipoib__neighbour_event_type type, char port)
{
	struct ipoib_link_address address = address_of(port);
	const struct ipoib__neighbour_event event = {
		.type = type,
		.address = port ? &address : NULL,
		.claim = IPOIB_CLAIM_ARP_REPLY,
		.reachable = play.parameters.reachable,
	};
	unsigned actions = ipoib__neighbour_step(&play.n, &play.parameters, &event, play.now);

	if (actions & IPOIB__NEIGHBOUR_CHANGED)
		tell();
	if (actions & IPOIB__NEIGHBOUR_ASK_MULTICAST)
		ask(NULL);
	if (actions & (IPOIB__NEIGHBOUR_ASK_UNICAST | IPOIB__NEIGHBOUR_ASK_KNOWN))
		ask(&play.n.link_address);
	if (actions & IPOIB__NEIGHBOUR_ASK_CLAIMED)
		ask(&play.n.claimed);
	if (actions & IPOIB__NEIGHBOUR_UNREACHED)
		play.waits = false;
	if (actions & IPOIB__NEIGHBOUR_FORGET)
		take_out();
}

static void use(void)
{
	make();
	step(IPOIB__NEIGHBOUR_USE, 0);
	play.waits = !ipoib__neighbour_valid(&play.n);
	if (!play.waits)
		play.n.used = play.now;
}

/* What waited goes out as soon as there is a link address, and that is a use. */
static void step_and_send(enum ipoib__neighbour_event_type type, char port)
{
	step(type, port);
	if (play.waits && ipoib__neighbour_valid(&play.n))
		use();
}

/* Everything that happens by itself until then, each in its time. */
static void pass(uint64_t until)
{
	for (;;) {
		uint64_t deadline = play.there ? play.n.deadline : IPOIB_NEVER;
		bool answers = play.answer_at <= deadline;
		uint64_t next = answers ? play.answer_at : deadline;

		if (next > until)
			break;
		play.now = next;
		if (answers) {
			play.answer_at = IPOIB_NEVER;
			step_and_send(IPOIB__NEIGHBOUR_ANSWER, play.answer_from);
		} else {
			step_and_send(IPOIB__NEIGHBOUR_TIMER, 0);
		}
	}
	play.now = until;
}

/* By the solicited and override flags: RFC 4861 section 7.2.5. */
static enum ipoib__neighbour_event_type type_of(const char *advertisement)
{
	if (strcmp(advertisement, "advertise-so") == 0)
		return IPOIB__NEIGHBOUR_ANSWER;
	if (strcmp(advertisement, "advertise-s") == 0)
		return IPOIB__NEIGHBOUR_WEAK_ANSWER;
	if (strcmp(advertisement, "advertise-o") == 0)
		return IPOIB__NEIGHBOUR_HEARD;
	return IPOIB__NEIGHBOUR_WEAK_HEARD;
}

/* What was not asked for makes no entry, except that the peer asks us (I41). */
static void happen(const char *event, char port)
{
	if (strcmp(event, "answers") == 0) {
		play.answering = port == 'n' ? 0 : port; /* none */
	} else if (strcmp(event, "use") == 0) {
		use();
	} else if (strcmp(event, "announce") == 0) {
		if (play.there)
			step_and_send(IPOIB__NEIGHBOUR_HEARD, port);
	} else if (strcmp(event, "request") == 0 || strcmp(event, "solicit") == 0) {
		make();
		step_and_send(IPOIB__NEIGHBOUR_HEARD, port);
	} else if (strcmp(event, "reply") == 0) {
		if (play.there)
			step_and_send(IPOIB__NEIGHBOUR_ANSWER, port);
	} else if (strncmp(event, "advertise", strlen("advertise")) == 0) {
		if (play.there)
			step_and_send(type_of(event), port);
	} else if (strcmp(event, "static") == 0) {
		make();
		step_and_send(IPOIB__NEIGHBOUR_FIX, port);
	} else if (strcmp(event, "delete") == 0 || strcmp(event, "flush") == 0) {
		take_out();
	} else if (strcmp(event, "end") != 0) {
		fprintf(stderr, "unknown event %s\n", event);
		exit(1);
	}
}

static void begin(const char *name)
{
	static bool first = true;

	printf("%s%s:", first ? "" : "\n", name);
	first = false;
	memset(&play, 0, sizeof(play));
	play.parameters = defaults;
	play.answer_at = IPOIB_NEVER;
}

static void choose(const char *policy)
{
	static const char *const names[] = { "confirm", "accept", "pin", "hold" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(policy, names[i]) == 0)
			play.parameters.flux = (uint8_t)i;
}

int main(int argc, char **argv)
{
	char line[3 * TEXT], word[TEXT], event[TEXT], port[TEXT];
	FILE *cases = argc == 2 ? fopen(argv[1], "r") : NULL;
	unsigned ms;

	if (!cases) {
		fprintf(stderr, "usage: play CASES\n");
		return 1;
	}
	while (fgets(line, sizeof(line), cases)) {
		port[0] = '\0';
		if (sscanf(line, "case %99s", word) == 1) {
			begin(word);
		} else if (sscanf(line, "policy %99s", word) == 1) {
			choose(word);
		} else if (sscanf(line, "play %u %99s %99s", &ms, event, port) >= 2) {
			pass(ms * MS);
			happen(event, port[0]);
		}
	}
	printf("\n");
	fclose(cases);
	return 0;
}
