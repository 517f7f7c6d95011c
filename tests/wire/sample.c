/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes a capture of each IPv6 packet that is made here; tshark.sh lets tshark read it. The link
 * type is 242, IPoIB: tshark wants 40 octets in front of the encapsulation, of which the last 20
 * are the link address that the packet goes to.
 *
 *	sample FILE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/encap.h"
#include "wire/icmpv6.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define PCAP_MAGIC 0xa1b2c3d4u
#define LINK_TYPE 242
#define SNAP_LENGTH 65535
#define PSEUDO_LENGTH 40
#define FRAME_MAX 2048
/* What the offending packet has, and what a queue pair takes. */
#define LARGE 4188
#define UD_MTU 2044

static FILE *file;
static const struct ipoib_gid gid_one = { { 0xfe, 0x80, [8] = 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12,
					    0xab, 0x01 } };
static const struct ipoib_gid gid_two = { { 0xfe, 0x80, [8] = 0xf4, 0x52, 0x14, 0x03, 0x00, 0x12,
					    0xab, 0x02 } };

/* A failed step ends the program: what tshark would say of half a capture is no use. */
static size_t good(int result)
{
	if (result < 0) {
		fprintf(stderr, "sample: %s\n", strerror(-result));
		exit(1);
	}
	return (size_t)result;
}

static void put(const struct ipoib__writer *w)
{
	size_t length = good(ipoib__write_result(w));

	if (fwrite(w->start, 1, length, file) != length)
		good(-EIO);
}

static void begin(void)
{
	uint8_t header[24];
	struct ipoib__writer w;

	ipoib__writer_init(&w, header, sizeof(header));
	ipoib__write_u32(&w, PCAP_MAGIC);
	ipoib__write_u16(&w, 2);
	ipoib__write_u16(&w, 4);
	ipoib__write_zero(&w, 8);
	ipoib__write_u32(&w, SNAP_LENGTH);
	ipoib__write_u32(&w, LINK_TYPE);
	put(&w);
}

/* A packet to whoever has the link address. */
static void record(const struct ipoib_link_address *to, const uint8_t *packet, size_t length)
{
	const struct ipoib__encap encap = { .type = IPOIB__TYPE_IPV6 };
	uint8_t frame[FRAME_MAX], bytes[IPOIB__ENCAP_LENGTH];
	uint32_t whole = (uint32_t)(PSEUDO_LENGTH + sizeof(bytes) + length);
	struct ipoib__writer w;

	good(ipoib__encap_encode(bytes, sizeof(bytes), &encap));
	ipoib__writer_init(&w, frame, sizeof(frame));
	ipoib__write_zero(&w, 8);
	ipoib__write_u32(&w, whole);
	ipoib__write_u32(&w, whole);
	ipoib__write_zero(&w, PSEUDO_LENGTH - sizeof(to->raw));
	ipoib__write_bytes(&w, to->raw, sizeof(to->raw));
	ipoib__write_bytes(&w, bytes, sizeof(bytes));
	ipoib__write_bytes(&w, packet, length);
	put(&w);
}

static void record_discovery(const struct ipoib_link_address *to, const struct ipoib__nd *nd)
{
	uint8_t packet[IPOIB__ND_LENGTH_MAX];

	record(to, packet, good(ipoib__nd_encode(packet, sizeof(packet), nd)));
}

/* A question, its answer, and the question of one that would like the same address. */
static void discover(const struct ipoib_link_address *one, const struct ipoib_link_address *two,
		     const struct ipoib_link_address *all)
{
	struct ipoib__nd ask = { .type = IPOIB__ND_SOLICITATION, .has_link = true, .link = *one };
	struct ipoib__nd answer = {
		.type = IPOIB__ND_ADVERTISEMENT,
		.flags = IPOIB__ND_SOLICITED | IPOIB__ND_OVERRIDE,
		.has_link = true,
		.link = *two,
	};

	ipoib__ipv6_link_local(ask.source, gid_one.raw + 8, IPOIB__IDENTIFIER_AUTO);
	ipoib__ipv6_link_local(ask.target, gid_two.raw + 8, IPOIB__IDENTIFIER_AUTO);
	ipoib__ipv6_solicited_node(ask.destination, ask.target);
	record_discovery(all, &ask);

	memcpy(answer.source, ask.target, sizeof(answer.source));
	memcpy(answer.target, ask.target, sizeof(answer.target));
	memcpy(answer.destination, ask.source, sizeof(answer.destination));
	record_discovery(one, &answer);

	memset(ask.source, 0, sizeof(ask.source));
	record_discovery(all, &ask);
}

/* Both errors, in answer to a UDP packet of the first to the second. */
static void refuse(const struct ipoib_link_address *one)
{
	static uint8_t large[LARGE];
	struct ipoib__ipv6 ip = {
		.payload_length = LARGE - IPOIB__IPV6_HEADER_LENGTH,
		.next_header = IPOIB__IP_PROTOCOL_UDP,
		.hop_limit = 64,
	};
	uint8_t packet[IPOIB__ICMPV6_ERROR_MAX];

	ipoib__ipv6_link_local(ip.source, gid_one.raw + 8, IPOIB__IDENTIFIER_AUTO);
	ipoib__ipv6_link_local(ip.destination, gid_two.raw + 8, IPOIB__IDENTIFIER_AUTO);
	good(ipoib__ipv6_encode(large, sizeof(large), &ip));
	large[44] = (LARGE - 40) >> 8; /* the UDP length, so that tshark is content */
	large[45] = (LARGE - 40) & 0xff;
	record(one, packet, good(ipoib__icmpv6_error_build(packet, sizeof(packet), large, LARGE,
							   IPOIB__ICMPV6_PACKET_TOO_BIG, 0, UD_MTU,
							   ip.destination)));
	record(one, packet, good(ipoib__icmpv6_error_build(packet, sizeof(packet), large, LARGE,
							   IPOIB__ICMPV6_UNREACHABLE,
							   IPOIB__ICMPV6_ADDRESS_UNREACHABLE, 0,
							   ip.destination)));
}

int main(int argc, char **argv)
{
	const struct ipoib_gid mgid = { { 0xff, 0x12, 0x60, 0x1b, 0xff, 0xff, [11] = 1, 0xff, 0x12,
					  0xab, 2 } };
	struct ipoib_link_address one = ipoib_link_address_make(0x80, 0x48, &gid_one);
	struct ipoib_link_address two = ipoib_link_address_make(0x80, 0x49, &gid_two);
	struct ipoib_link_address all = ipoib_link_address_make(0, IPOIB_QPN_MULTICAST, &mgid);

	if (argc != 2) {
		fprintf(stderr, "usage: sample FILE\n");
		return 1;
	}
	file = fopen(argv[1], "wb");
	if (file == NULL)
		good(-EIO);
	begin();
	discover(&one, &two, &all);
	refuse(&one);
	return fclose(file) == 0 ? 0 : 1;
}
