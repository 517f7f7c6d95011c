/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a packet costs in lwIP from its buffer to the driver, beside "bench send 10":
 *
 *	resolve PACKETS ROUNDS
 *
 * A buffer is taken, its header filled in, its next hop drawn from ten that are in the ARP table
 * (as many as it has room for); etharp_output() finds the entry, writes the Ethernet header and
 * hands the frame to a driver that has sent it when it returns; the buffer is given back. Prints
 * "resolve lwIP 10 1 NANOSECONDS", a packet, of processor time, median of the rounds.
 *
 * Measured is lwIP as it is packaged: built for several threads, with its buffers from malloc.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <netif/ethernet.h>

#include "measure.h"

#define NEIGHBOURS 10
#define PACKETS_MAX 100000000
#define ROUNDS_MAX 99
#define PACKET_LENGTH 92
#define FIRST_NEIGHBOUR 2 /* 10.0.0.2 and those behind it; we are 10.0.0.1 */
#define ARP_REQUEST 1

static uint64_t sent;

static void die(const char *what)
{
	fprintf(stderr, "resolve: %s\n", what);
	exit(1);
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
	(void)netif;
	(void)frame;
	sent++;
	return ERR_OK;
}

static err_t begin_netif(struct netif *netif)
{
	netif->name[0] = 'b';
	netif->name[1] = 'n';
	netif->hwaddr_len = ETH_HWADDR_LEN;
	netif->hwaddr[0] = 2;
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = etharp_output;
	netif->linkoutput = transmit;
	return ERR_OK;
}

static ip4_addr_t address(unsigned last)
{
	ip4_addr_t ip;

	IP4_ADDR(&ip, 10, 0, 0, last);
	return ip;
}

/* A neighbour is learnt from the request that it sends us. */
static void learn(struct netif *netif, unsigned last)
{
	struct pbuf *frame = pbuf_alloc(PBUF_LINK, SIZEOF_ETHARP_HDR, PBUF_RAM);
	ip4_addr_t from = address(last), to = address(1);
	struct etharp_hdr *arp;

	if (!frame)
		die("no memory");
	arp = frame->payload;
	memset(arp, 0, SIZEOF_ETHARP_HDR);
	arp->hwtype = lwip_htons(1);
	arp->proto = lwip_htons(ETHTYPE_IP);
	arp->hwlen = ETH_HWADDR_LEN;
	arp->protolen = sizeof(from);
	arp->opcode = lwip_htons(ARP_REQUEST);
	arp->shwaddr.addr[0] = 2;
	arp->shwaddr.addr[5] = (u8_t)last;
	memcpy(&arp->sipaddr, &from, sizeof(from));
	memcpy(&arp->dipaddr, &to, sizeof(to));
	etharp_input(frame, netif);
}

static void begin(struct netif *netif)
{
	ip4_addr_t own = address(1), mask, none = { 0 };

	IP4_ADDR(&mask, 255, 255, 255, 0);
	lwip_init();
	if (!netif_add(netif, &own, &mask, &none, NULL, begin_netif, netif_input))
		die("no interface");
	netif_set_link_up(netif);
	netif_set_up(netif);
	for (unsigned i = 0; i < NEIGHBOURS; i++)
		learn(netif, FIRST_NEIGHBOUR + i);
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		ip4_addr_t ip = address(FIRST_NEIGHBOUR + i);
		const ip4_addr_t *found;
		struct eth_addr *mac;

		if (etharp_find_addr(netif, &ip, &mac, &found) < 0)
			die("a neighbour is not in the table");
	}
}

static void send_one(struct netif *netif, unsigned neighbour)
{
	static const u8_t header[20] = { 0x45, 0, 0, PACKET_LENGTH, 0, 0, 0x40, 0, 64, 17,
					 0, 0, 10, 0, 0, 1 };
	struct pbuf *packet = pbuf_alloc(PBUF_LINK, PACKET_LENGTH, PBUF_RAM);
	ip4_addr_t next_hop = address(FIRST_NEIGHBOUR + neighbour);

	if (!packet)
		die("no memory");
	memcpy(packet->payload, header, sizeof(header));
	if (etharp_output(netif, packet, &next_hop) != ERR_OK)
		die("a packet was refused");
	pbuf_free(packet);
}

int main(int argc, char **argv)
{
	static struct netif netif;
	double times[ROUNDS_MAX];
	uint64_t state = 1, begun;
	uint32_t packets, rounds;

	if (argc != 3) {
		fprintf(stderr, "usage: resolve PACKETS ROUNDS\n");
		return 2;
	}
	packets = measure_number("resolve", argv[1], PACKETS_MAX);
	rounds = measure_number("resolve", argv[2], ROUNDS_MAX);
	begin(&netif);
	for (uint32_t round = 0; round < rounds; round++) {
		sent = 0;
		begun = measure_clock();
		for (uint32_t i = 0; i < packets; i++)
			send_one(&netif, (unsigned)(measure_drawn(&state) % NEIGHBOURS));
		times[round] = (double)(measure_clock() - begun) / packets;
		if (sent != packets)
			die("not all was sent");
	}
	printf("resolve lwIP %d 1 %.2f\n", NEIGHBOURS, measure_median(times, rounds));
	return 0;
}
