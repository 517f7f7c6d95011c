/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a packet costs in the library alone, over a port that costs nothing (null.h):
 *
 *	bench send|held|receive NEIGHBOURS BURST PACKETS
 *
 *   send     a burst of buffers is taken, filled and sent to neighbours drawn at random; its
 *            completions are polled
 *   held     the same to neighbours that the program holds, without a look-up
 *   receive  a burst arrives from the neighbours in turn, is handed up, and the receives are posted
 *            again
 *
 * Prints nanoseconds of processor time a packet, and octets of the allocator a neighbour. counts.py
 * counts instructions. The clock is the bench's own: no timer of a neighbour goes off meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ipoib/ipoib.h>

#include "null.h"

#define BURST_MAX 64
#define QUEUE_DEPTH 1024
#define PACKET_LENGTH 92
/* Turns in which joins, addresses and paths settle, and what passes in each. */
#define SETTLE_TURNS 40
#define SETTLE_NS UINT64_C(10000000)

struct bench {
	struct ipoib_context *context;
	struct ipoib_transport *transport;
	struct ipoib_interface *interface;
	struct ipoib_binding *binding;
	struct null_port *port;
	uint64_t now;
	size_t allocated;
	uint64_t random;
	uint32_t neighbours, burst;
	uint64_t packets, delivered;
	struct ipoib_neighbour **held;
};

static void die(const char *what, int status)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-status));
	exit(1);
}

static uint64_t bench_clock(void *user)
{
	return ((const struct bench *)user)->now;
}

static int bench_random(void *octets, size_t length, void *user)
{
	(void)user;
	memset(octets, 7, length);
	return 0;
}

static void *allocate(size_t size, void *user)
{
	((struct bench *)user)->allocated += size;
	return malloc(size);
}

static void release(void *pointer, size_t size, void *user)
{
	((struct bench *)user)->allocated -= size;
	free(pointer);
}

static void receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
		    size_t count, void *user)
{
	(void)interface;
	(void)packets;
	((struct bench *)user)->delivered += count;
}

static void settle(struct bench *bench)
{
	for (unsigned i = 0; i < SETTLE_TURNS; i++) {
		ipoib_context_dispatch(bench->context);
		bench->now += SETTLE_NS;
	}
}

static void open_interface(struct bench *bench)
{
	struct ipoib_context_config context = IPOIB_CONTEXT_CONFIG_INIT;
	struct ipoib_interface_config interface = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_ip address;
	int status;

	context.clock = bench_clock;
	context.clock_user = bench;
	context.random = bench_random;
	context.allocate = allocate;
	context.release = release;
	context.allocator_user = bench;
	status = ipoib_context_new(&bench->context, &context);
	if (status < 0)
		die("context", status);
	bench->port = null_port_new(bench->context, &bench->transport);
	if (!bench->port)
		die("transport", -ENOMEM);
	interface.receive = receive;
	interface.user = bench;
	interface.neighbours_max = bench->neighbours * 2 + 1024; /* half of it can be held */
	interface.acd = IPOIB_ACD_OFF;
	interface.receive_depth = interface.send_depth = QUEUE_DEPTH;
	status = ipoib_interface_open(&bench->interface, bench->transport, &interface);
	if (status < 0)
		die("interface", status);
	settle(bench);
	ipoib_ip_parse(&address, "10.0.0.1");
	status = ipoib_binding_open(&bench->binding, bench->interface, &address, 8);
	if (status < 0)
		die("address", status);
	settle(bench);
}

/* ---- sending ---- */

/* Steele, Lea and Flood's SplitMix64: the same neighbours in every run. */
static uint64_t drawn(struct bench *bench)
{
	uint64_t z = bench->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void fill(struct bench *bench, struct ipoib_packet *packet, uint32_t neighbour)
{
	static const uint8_t header[20] = { 0x45, 0, 0, PACKET_LENGTH, 0, 0, 0x40, 0, 64, 17,
					    0, 0, 10, 0, 0, 1 };
	int status = ipoib_interface_buffer(bench->interface, &packet->buffer);

	if (status < 0)
		die("buffer", status);
	memcpy(ipoib_buffer_data(packet->buffer), header, sizeof(header));
	ipoib_buffer_set_length(packet->buffer, PACKET_LENGTH);
	packet->next_hop = null_ip(neighbour);
}

static void finish_burst(struct bench *bench, const struct ipoib_packet *packets, int sent,
			 uint32_t count)
{
	if (sent != (int)count)
		die("send", packets[0].status);
	while (ipoib_interface_poll(bench->interface, BURST_MAX) == BURST_MAX)
		;
}

static void send_burst(struct bench *bench, struct ipoib_packet *packets, uint32_t count)
{
	int sent = ipoib_interface_send(bench->interface, packets, count);

	finish_burst(bench, packets, sent, count);
}

/* Every neighbour is entered, and resolved by a first packet. */
static void resolve(struct bench *bench)
{
	struct ipoib_packet packet = { .status = 0 };
	int status;

	for (uint32_t k = 0; k < bench->neighbours; k++) {
		struct ipoib_ip ip = null_ip(k);
		struct ipoib_link_address link_address = null_link_address(k);

		status = ipoib_neighbour_add(bench->interface, &ip, &link_address);
		if (status < 0)
			die("neighbour", status);
		fill(bench, &packet, k);
		send_burst(bench, &packet, 1);
		ipoib_context_dispatch(bench->context);
	}
	settle(bench);
}

static void bench_send(struct bench *bench)
{
	struct ipoib_packet packets[BURST_MAX];

	for (uint64_t done = 0; done < bench->packets; done += bench->burst) {
		for (uint32_t i = 0; i < bench->burst; i++)
			fill(bench, &packets[i], (uint32_t)(drawn(bench) % bench->neighbours));
		send_burst(bench, packets, bench->burst);
	}
}

static void hold(struct bench *bench)
{
	bench->held = calloc(bench->neighbours, sizeof(struct ipoib_neighbour *));
	if (!bench->held)
		die("handles", -ENOMEM);
	for (uint32_t k = 0; k < bench->neighbours; k++) {
		struct ipoib_ip ip = null_ip(k);
		int status = ipoib_neighbour_get(&bench->held[k], bench->interface, &ip, NULL,
						 NULL);

		if (status < 0)
			die("handle", status);
	}
	for (uint32_t k = 0; k < bench->neighbours; k += BURST_MAX)
		ipoib_context_dispatch(bench->context);
}

static void let_go(struct bench *bench)
{
	for (uint32_t k = 0; bench->held && k < bench->neighbours; k++)
		ipoib_neighbour_unref(bench->held[k]);
	free(bench->held);
}

static void bench_held(struct bench *bench)
{
	struct ipoib_neighbour *neighbours[BURST_MAX];
	struct ipoib_packet packets[BURST_MAX];

	for (uint64_t done = 0; done < bench->packets; done += bench->burst) {
		for (uint32_t i = 0; i < bench->burst; i++) {
			uint32_t k = (uint32_t)(drawn(bench) % bench->neighbours);

			fill(bench, &packets[i], k);
			neighbours[i] = bench->held[k];
		}
		finish_burst(bench, packets,
			     ipoib_interface_send_to(bench->interface, neighbours, packets,
						     bench->burst),
			     bench->burst);
	}
}

static void bench_receive(struct bench *bench)
{
	for (uint64_t done = 0; done < bench->packets; done += bench->burst) {
		null_port_arrive(bench->port, bench->burst, bench->neighbours);
		ipoib_interface_poll(bench->interface, bench->burst);
	}
	if (bench->delivered != bench->packets)
		die("not all was received", -EIO);
}

/* ---- what is said ---- */

static double processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void check_all_sent(const struct bench *bench, uint64_t wanted)
{
	struct ipoib_statistics statistics = { .size = sizeof(statistics) };

	ipoib_interface_statistics(bench->interface, &statistics);
	if (statistics.sent != wanted || statistics.queued != 0)
		die("not all was sent", -EIO);
}

static void close_all(struct bench *bench)
{
	let_go(bench);
	ipoib_binding_close(bench->binding);
	ipoib_interface_close(bench->interface);
	ipoib_transport_unref(bench->transport);
	ipoib_context_unref(bench->context);
	if (bench->allocated != 0)
		die("memory is left", -EIO);
}

static uint64_t number(const char *text, uint64_t most)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*end != '\0' || value == 0 || value > most) {
		fprintf(stderr, "bench: a number from 1 to %llu, not '%s'\n",
			(unsigned long long)most, text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	struct bench bench = { .now = UINT64_C(1000000000), .random = 1 };
	bool held = argc == 5 && strcmp(argv[1], "held") == 0;
	bool sends = held || (argc == 5 && strcmp(argv[1], "send") == 0);
	size_t before;
	double begun;

	if (!sends && !(argc == 5 && strcmp(argv[1], "receive") == 0)) {
		fprintf(stderr, "usage: bench send|held|receive NEIGHBOURS BURST PACKETS\n");
		return 2;
	}
	bench.neighbours = (uint32_t)number(argv[2], 1u << 22);
	bench.burst = (uint32_t)number(argv[3], BURST_MAX);
	bench.packets = number(argv[4], UINT64_MAX / 2) / bench.burst * bench.burst;
	open_interface(&bench);
	before = bench.allocated;
	resolve(&bench);
	before = bench.allocated - before;
	if (held)
		hold(&bench);
	begun = processor_seconds();
	(held ? bench_held : sends ? bench_send : bench_receive)(&bench);
	begun = processor_seconds() - begun;
	check_all_sent(&bench, bench.neighbours + (sends ? bench.packets : 0));
	printf("%s neighbours %u burst %u: %.1f ns a packet, %zu octets a neighbour\n", argv[1],
	       bench.neighbours, bench.burst, begun * 1e9 / (double)bench.packets,
	       before / bench.neighbours);
	close_all(&bench);
	return 0;
}
