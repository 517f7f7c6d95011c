/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A bench: one context, fake transports, and interfaces ("rails") on them, under the clock of the
 * test. The peers 10.0.0.2 ... 10.0.0.99 exist: they answer ARP by themselves while the bench says
 * so. After every step the counters of every rail are held against the conservation law.
 */
#ifndef IPOIB_TESTS_INTERFACE_BENCH_H
#define IPOIB_TESTS_INTERFACE_BENCH_H

#include <ipoib/context.h>
#include <ipoib/interface.h>
#include <ipoib/multicast.h>
#include <ipoib/neighbour.h>
#include <ipoib/path.h>

#include "interface/fake.h"

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)
#define BENCH_FAKES 2
#define BENCH_RAILS 3
#define BENCH_EVENTS 512
/* Numbers of received packets that are remembered, to see their order. */
#define BENCH_NUMBERS 1024
/* Octets of the least packet: an IPv4 header and a number. */
#define PACKET_LEAST 24

struct rail {
	struct bench *bench;
	struct fake *fake;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	uint64_t received, undelivered[IPOIB_SEND_DROPS];
	uint64_t told;           /* calls of any callback */
	uint32_t undelivered_mtu;
	uint64_t icmp[2];        /* host unreachable, fragmentation needed */
	uint32_t icmp_mtu;
	int last_cast;
	size_t last_length;
	struct ipoib_event events[BENCH_EVENTS];
	size_t event_count;
	void (*on_receive)(struct rail *rail, struct ipoib_buffer *packet);
	void (*on_undelivered)(struct rail *rail, struct ipoib_buffer *packet);
	void (*on_event)(struct rail *rail, const struct ipoib_event *event);
};

struct bench {
	struct ipoib_context *context;
	struct fake fakes[BENCH_FAKES];
	size_t fake_count;
	struct rail rails[BENCH_RAILS];
	bool silent;  /* peers do not answer */
	/* addresses are probed and announced as the configuration says; else used at once */
	bool probed;
	uint8_t flags; /* of the link addresses that peers announce */
	uint64_t steps;
};

/* One bench for all tests of a file: it is large. */
extern struct bench bench;

/* A context and one transport without interfaces. */
void bench_open(void);
/* The same, and the first rail open, bound to 10.0.0.1/24, and up. NULL: the defaults. */
void bench_up(const struct ipoib_interface_config *config);
/* Connected mode with small queues, so that a test can fill them. */
struct ipoib_interface_config bench_connected(void);
void bench_close(void);
/* For tests that let single pieces fail: a negative errno instead of a failed test. */
int bench_try_open(void);
int bench_try_fake(void);
int rail_try_open(struct rail *rail, struct fake *fake,
		  const struct ipoib_interface_config *config);
void rail_open(struct rail *rail, struct fake *fake, const struct ipoib_interface_config *config);
void rail_bind(struct rail *rail, const char *text);
void rail_close(struct rail *rail);

/* Dispatches while something is due, and moves the clock on. */
void bench_run(uint64_t nanoseconds);
/* The same without moving the clock. */
void bench_settle(void);
void bench_check(void);

/* A packet with a number in it; returns its status. */
int rail_send(struct rail *rail, const char *to, size_t length, uint32_t number);
int rail_send_via(struct rail *rail, const struct ipoib_ip *next_hop, size_t length,
		  uint32_t number, uint32_t *mtu);
struct ipoib_buffer *rail_packet(struct rail *rail, const struct ipoib_ip *to, size_t length,
				 uint32_t number);
struct ipoib_statistics rail_statistics(const struct rail *rail);
bool rail_is_up(const struct rail *rail);
uint32_t rail_mtu(const struct rail *rail);
size_t rail_events(const struct rail *rail, uint32_t type);
uint32_t rail_neighbour(const struct rail *rail, const char *ip);
size_t rail_numbers(const struct rail *rail, const struct ipoib_gid *to, uint32_t *numbers,
		    size_t count);

/* An IPv4 packet to the rail from a peer. */
bool rail_hear(struct rail *rail, uint16_t peer, size_t length);
bool rail_hear_octets(struct rail *rail, uint16_t peer, const void *octets, size_t length);
/* ARP behind its IPoIB header, 60 octets. */
size_t arp_octets(uint8_t *to, uint16_t operation, uint16_t peer, const char *sender,
		  const char *target);
bool rail_hear_arp(struct rail *rail, uint16_t operation, uint16_t peer, const char *sender,
		   const char *target);
/* Adapter's sends that were ARP. */
size_t arp_sent(const struct fake *fake, uint16_t operation);

struct ipoib_ip ip(const char *text);
size_t ip_octets(uint8_t *to, const char *source, const char *destination, size_t length,
		 uint32_t number);

#endif
