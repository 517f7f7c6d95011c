/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The packets of ipoib-perf: UDP (RFC 768) in IPv4, and in it
 *
 *      0         1         2         3         4
 *      +---------+---------+---------+---------+
 *      |   'I'   |   'P'   | version |  type   |
 *      |                  run                  |
 *      |          sequence (8 octets)          |
 *      |            time (8 octets)            |
 *      +---------+---------+---------+---------+
 *      |  what the type needs; then anything   |
 *
 * Integers stand in network order. The first eight octets are the same in every version, so that
 * two versions can tell each other that they do not understand.
 */
#ifndef EXAMPLES_PERF_PACKET_H
#define EXAMPLES_PERF_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

#define PERF_VERSION 1
/* Both ends of every packet: the number that perftest listens at, which is TCP's there. */
#define PERF_UDP_PORT 18515

/* Octets: of the headers of IPv4 and UDP, and of ours, which is the least that a packet carries. */
#define PERF_IP_HEADERS 28
#define PERF_HEADER 24
/* The longest control packet. */
#define PERF_CONTROL_MOST (PERF_HEADER + 32)
/* The most that UDP carries in IPv4. */
#define PERF_SIZE_MOST 65507

enum perf_type {
	PERF_HELLO = 1, /* client: here is what I want (struct perf_terms) */
	PERF_ACCEPT,    /* server: agreed, and these are the terms that hold */
	PERF_REFUSE,    /* server: no; a reason, and a number that belongs to it */
	PERF_WARM,      /* of full size, until its answer says that the way is ready */
	PERF_WARMED,    /* of full size; sequence: 1 when the sender's side is ready */
	PERF_DATA,      /* of full size; sequence: 0, 1, 2, ... */
	PERF_ACK,       /* what has become of data, so far */
	PERF_PROBE,     /* sequence: so many were sent; what has become of them? */
	PERF_PING,      /* of full size, like its answer, which has its sequence and time */
	PERF_PONG,
	PERF_DONE,      /* client: I have sent all */
	PERF_RESULT,    /* server: and this is what has come of it */
	PERF_BYE,       /* client: that was all; server: farewell */
};

enum perf_refusal {
	PERF_REFUSED_VERSION = 1, /* number: the server's version */
	PERF_REFUSED_BUSY,        /* another client is being served */
	PERF_REFUSED_MODE,        /* number: the server's mode, enum ipoib_mode */
	PERF_REFUSED_SIZE,        /* number: the server's MTU */
	PERF_REFUSED_TERMS,       /* they make no sense */
};

/* What a run is about. */
struct perf_terms {
	uint8_t mode;       /* enum ipoib_mode */
	bool latency;       /* ping-pong, instead of a stream */
	bool both;          /* the server sends as well */
	bool event;         /* sleep until something comes; else poll */
	uint32_t size;      /* octets of UDP payload in each packet */
	uint64_t count;     /* packets; 0: by time */
	uint64_t duration_ns;
	uint32_t window;    /* packets under way at most */
	uint32_t batch;     /* packets handed over at a time */
};

/* A packet, decoded. What its type does not have is zero. */
struct perf_message {
	uint8_t version;
	uint8_t type; /* enum perf_type */
	uint32_t run;
	uint64_t sequence;
	uint64_t time;
	struct perf_terms terms; /* HELLO, ACCEPT */
	uint32_t reason;         /* REFUSE: enum perf_refusal */
	uint32_t number;         /* REFUSE */
	uint64_t through;        /* ACK: every sequence below it has come, or never will */
	uint64_t received;       /* ACK, RESULT: packets that came, each counted once */
	uint64_t duplicates;     /* RESULT: packets that came again */
	uint64_t sent;           /* RESULT: packets that the server itself has sent */
	bool finished;           /* RESULT: and will send no more */
	struct ipoib_ip source;  /* decoding only */
	struct ipoib_ip destination;
	size_t size;             /* octets of UDP payload; decoding only */
};

/* Where the packets of a run go, and where they come from. */
struct perf_ends {
	struct ipoib_ip own;
	struct ipoib_ip peer;
};

/*
 * Writes the headers and what the type has, PERF_IP_HEADERS + PERF_CONTROL_MOST octets at most.
 * Returns the length of the packet, whose UDP payload has `size` octets, or as many as the type
 * needs when that is more. What lies behind the headers is left as it is.
 */
size_t perf_packet_write(uint8_t *packet, const struct perf_message *message,
			 const struct perf_ends *ends, size_t size);

/* Whether these octets are a packet of ours; of another version the start is decoded alone. */
bool perf_packet_parse(const uint8_t *packet, size_t length, struct perf_message *message);

/* Octets of UDP payload that a control packet of this type has. */
size_t perf_packet_size(uint8_t type);

#endif
