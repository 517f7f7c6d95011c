/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A world of one thread: a simulated fabric, hosts with a port each, and one virtual clock that
 * jumps from deadline to deadline. Everything comes from the seed, so a run repeats. After
 * every step every host's counters are held against the conservation law: a test of anything is
 * a test of that.
 */
#ifndef IPOIB_TESTS_WORLD_H
#define IPOIB_TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/ipoib.h>
#include <ipoib/mock.h>
#include <ipoib/transport.h>

#define WORLD_HOSTS 8
#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)
/* What a host remembers of what it was told. */
#define HOST_EVENTS 256

struct host {
	struct world *world;
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	struct ipoib_binding *second; /* of a host that answers for an address of its other port */
	struct ipoib_ip address;
	bool dont_fragment;       /* of the packets that it sends */
	uint64_t received;        /* packets */
	uint64_t received_octets;
	uint64_t unreachable;     /* ICMP host unreachable */
	uint64_t undelivered[IPOIB_SEND_DROPS];
	uint32_t undelivered_mtu; /* with the last one that was too big */
	uint8_t last[64];         /* the first octets of the last packet */
	int last_cast;
	struct ipoib_event events[HOST_EVENTS];
	size_t event_count;
	/*
	 * Called after the world's own handling of a packet, event or fate; a test's way into
	 * callbacks.
	 */
	void (*on_packet)(struct host *host, struct ipoib_buffer *packet);
	void (*on_event)(struct host *host, const struct ipoib_event *event);
	void (*on_undelivered)(struct host *host, struct ipoib_buffer *packet);
};

struct world {
	struct ipoib_fabric *fabric;
	struct host hosts[WORLD_HOSTS];
	size_t count;
	uint64_t steps;
	bool unchecked; /* a host is in a state of which the law does not speak */
};

/* What a world is made with; zero members get defaults. */
struct world_options {
	uint32_t mtu;
	uint32_t ports; /* of each host of the fabric */
	uint64_t delay_ns;
	/* addresses are probed and announced as the configuration says; else used at once */
	bool probed;
	struct ipoib_interface_config config; /* size 0: the defaults */
};

/* A fabric and so many hosts, their interfaces open and bound to 10.0.0.1, 10.0.0.2, ... /24. */
void world_make(struct world *world, size_t hosts, const struct world_options *options);
/* Ends everything that a test has not ended itself. */
void world_end(struct world *world);

/* The pieces, for tests that let single ones fail: a negative errno instead of a failed test. */
int world_try_make(struct world *world, size_t hosts, const struct world_options *options);
int host_open(struct host *host, const struct world_options *options, size_t number);
/* The same at any port, with any address. */
int host_open_at(struct host *host, const struct world_options *options, const char *port,
		 const char *address);
/* The same as a second port of a machine that is open already: both are in one context. */
int host_open_beside(struct host *host, struct host *first, const struct world_options *options,
		     const char *port, const char *address);
/* The interface, which was closed, and its address again, on the same transport. */
int host_reopen(struct host *host, const struct world_options *options);
/* The fabric alone; its hosts are opened by the test, and counted in world::count. */
void world_make_fabric(struct world *world, size_t hosts, const struct world_options *options);
void host_close(struct host *host);

/* Goes on until the clock has advanced by so much. */
void world_run(struct world *world, uint64_t nanoseconds);
/* Goes on until all interfaces are up; fails the test when they are not within 30 s. */
void world_up(struct world *world);
/*
 * One step: the clock jumps to the next deadline if that is not after `end`. Whether there was one.
 */
bool world_step(struct world *world, uint64_t end);
/* A number from the environment, or the default. */
unsigned world_number(const char *variable, unsigned by_default);
/* How often stories are told: IPOIB_TEST_STORIES, or by default so often. */
int world_stories(int by_default);
/* Holds the counters of a host, or of all, against the conservation law. */
void host_check(const struct host *host);
void world_check(const struct world *world);

/* host.c: what a host does and sees. */

/*
 * An IPv4 packet of so many octets to an address; returns ipoib_packet::status, or the error of
 * the buffer.
 */
int host_send(struct host *host, const struct ipoib_ip *to, size_t length);
/* The same through any next hop. */
int host_send_via(struct host *host, const struct ipoib_ip *to, const struct ipoib_ip *next_hop,
		  size_t length, uint32_t *mtu);
/* The same from any source, of either version. */
int host_send_from(struct host *host, const struct ipoib_ip *from, const struct ipoib_ip *to,
		   const struct ipoib_ip *next_hop, size_t length, uint32_t *mtu);
struct ipoib_ip ip_of(const char *text);
struct ipoib_statistics host_statistics(const struct host *host);
/* The state of a neighbour, 0 when there is none. */
uint32_t host_neighbour(const struct host *host, const struct ipoib_ip *ip);
bool host_is_up(const struct host *host);
/* How many events of a type were told. */
size_t host_events(const struct host *host, uint32_t type);

#endif
