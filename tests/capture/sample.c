/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes a capture of what happens when one host first pings another; tshark.sh lets tshark read
 * it. Host 1 has LID 4 and 10.10.1.1, host 2 has LID 7 and 10.10.1.2, the subnet administrator has
 * LID 1.
 *
 *	sample FILE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/capture.h>

#include "wire/arp.h"
#include "wire/encap.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/mgid.h"
#include "wire/sa.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

#define PKEY 0xffff
#define QKEY 0x0b1b
/* The queue pair of management, and its well-known Q_Key (InfiniBand 1.4, section 10.2.4). */
#define GSI_QPN 1
#define GSI_QKEY 0x80010000u
/* 2026-01-01; each packet comes a millisecond and a nanosecond after the one before. */
#define EPOCH_NS (INT64_C(1767225600) * 1000000000)
#define STEP_NS 1000001

struct host {
	uint16_t lid;
	uint32_t qpn;
	struct ipoib_gid gid;
	uint8_t ip[4];
};

static const struct host sa = { 1, GSI_QPN, { { 0xfe, 0x80, [15] = 0x01 } }, { 0 } };
static const struct host one = { 4, 0x48, { { 0xfe, 0x80, [15] = 0x11 } }, { 10, 10, 1, 1 } };
static const struct host two = { 7, 0x49, { { 0xfe, 0x80, [15] = 0x22 } }, { 10, 10, 1, 2 } };

static struct ipoib_capture *capture;
static uint64_t now;
static uint8_t bytes[4096];

/* A failed step ends the program: what tshark would say of half a capture is no use. */
static size_t good(int length)
{
	if (length < 0) {
		fprintf(stderr, "sample: %s\n", strerror(-length));
		exit(1);
	}
	return (size_t)length;
}

static int write_to_file(const void *octets, size_t length, void *user)
{
	return fwrite(octets, 1, length, user) == length ? 0 : -EIO;
}

static void record(const struct ipoib_capture_packet *packet)
{
	now += STEP_NS;
	(void)good(ipoib_capture_packet(capture, now, packet));
}

/* The length octets of bytes from one host to another, with its packet number. */
static struct ipoib_capture_packet datagram(const struct host *from, const struct host *to,
					    size_t length)
{
	static uint32_t psn;
	struct ipoib_capture_packet packet = {
		.size = sizeof(packet),
		.slid = from->lid,
		.dlid = to->lid,
		.pkey = PKEY,
		.source_qpn = from->qpn,
		.dest_qpn = to->qpn,
		.qkey = QKEY,
		.psn = psn++,
		.payload = bytes,
		.length = length,
	};

	return packet;
}

static void add_grh(struct ipoib_capture_packet *packet, const struct host *from,
		    const struct ipoib_gid *dgid)
{
	packet->has_grh = 1;
	packet->hop_limit = 1;
	packet->sgid = from->gid;
	packet->dgid = *dgid;
}

static struct ipoib_capture_packet to_group(const struct host *from, const struct ipoib_gid *mgid,
					    uint16_t mlid, size_t length)
{
	struct host group = { .lid = mlid, .qpn = IPOIB_QPN_MULTICAST };
	struct ipoib_capture_packet packet = datagram(from, &group, length);

	add_grh(&packet, from, mgid);
	return packet;
}

static void record_mad(const struct host *from, const struct host *to, uint8_t method,
		       uint16_t attribute, uint64_t mask, const void *data, size_t length)
{
	const struct host from_gsi = { from->lid, GSI_QPN, from->gid, { 0 } };
	const struct host to_gsi = { to->lid, GSI_QPN, to->gid, { 0 } };
	const struct ipoib__sa mad = {
		.mad = {
			.method = method,
			.transaction = 0x1122334455667788,
			.attribute = attribute,
		},
		.component_mask = mask,
	};
	int written = ipoib__sa_encode(bytes, sizeof(bytes), &mad, data, length);
	struct ipoib_capture_packet packet = datagram(&from_gsi, &to_gsi, good(written));

	packet.qkey = GSI_QKEY;
	record(&packet);
}

static void join_broadcast_group(void)
{
	const uint64_t asked = IPOIB__MCMEMBER_MGID | IPOIB__MCMEMBER_PORT_GID |
			       IPOIB__MCMEMBER_PKEY | IPOIB__MCMEMBER_JOIN_STATE;
	struct ipoib__sa_mcmember member = {
		.mgid = ipoib__mgid_broadcast(IPOIB__SCOPE_LINK_LOCAL, PKEY),
		.port_gid = one.gid,
		.pkey = PKEY,
		.join_state = IPOIB__JOIN_FULL_MEMBER,
	};
	uint8_t data[IPOIB__SA_MCMEMBER_LENGTH];

	size_t length = good(ipoib__sa_mcmember_encode(data, sizeof(data), &member));

	record_mad(&one, &sa, IPOIB__MAD_SET, IPOIB__SA_MCMEMBER_RECORD, asked, data, length);
	member.qkey = QKEY;
	member.mlid = 0xc000;
	member.mtu_selector = IPOIB__SA_EXACTLY;
	member.mtu = 4;
	member.rate_selector = IPOIB__SA_EXACTLY;
	member.rate = 3;
	member.life_selector = IPOIB__SA_EXACTLY;
	member.life = 18;
	member.scope = IPOIB__SCOPE_LINK_LOCAL;
	length = good(ipoib__sa_mcmember_encode(data, sizeof(data), &member));
	record_mad(&sa, &one, IPOIB__MAD_GET_RESPONSE, IPOIB__SA_MCMEMBER_RECORD, asked, data,
		   length);
}

static void ask_for_path(void)
{
	const uint64_t asked = IPOIB__PATH_DGID | IPOIB__PATH_SGID | IPOIB__PATH_NUMB_PATH |
			       IPOIB__PATH_TRAFFIC_CLASS | IPOIB__PATH_PKEY;
	struct ipoib__sa_path path = {
		.dgid = one.gid,
		.sgid = two.gid,
		.numb_path = 1,
		.pkey = PKEY,
	};
	uint8_t data[IPOIB__SA_PATH_LENGTH];

	size_t length = good(ipoib__sa_path_encode(data, sizeof(data), &path));

	record_mad(&two, &sa, IPOIB__MAD_GET, IPOIB__SA_PATH_RECORD, asked, data, length);
	path.dlid = one.lid;
	path.slid = two.lid;
	path.reversible = true;
	path.mtu_selector = IPOIB__SA_EXACTLY;
	path.mtu = 5;
	path.rate_selector = IPOIB__SA_EXACTLY;
	path.rate = 7;
	path.life_selector = IPOIB__SA_EXACTLY;
	path.life = 18;
	length = good(ipoib__sa_path_encode(data, sizeof(data), &path));
	record_mad(&sa, &two, IPOIB__MAD_GET_RESPONSE, IPOIB__SA_PATH_RECORD, asked, data, length);
}

static size_t put_arp(uint16_t operation, const struct host *from, const struct host *target)
{
	const struct ipoib__encap encap = { IPOIB__TYPE_ARP };
	struct ipoib__arp arp = {
		.operation = operation,
		.sender_link = ipoib_link_address_make(0, from->qpn, &from->gid),
	};

	memcpy(arp.sender_ip, from->ip, 4);
	memcpy(arp.target_ip, target->ip, 4);
	if (operation == IPOIB__ARP_REPLY)
		arp.target_link = ipoib_link_address_make(0, target->qpn, &target->gid);
	size_t length = good(ipoib__encap_encode(bytes, sizeof(bytes), &encap));

	return length + good(ipoib__arp_encode(bytes + length, sizeof(bytes) - length, &arp));
}

/* An echo of so many octets of data, in IPv4, in IPoIB. */
static size_t put_echo(uint8_t type, const struct host *from, const uint8_t to[4], size_t data)
{
	static const uint8_t zeros[4096];
	const struct ipoib__encap encap = { IPOIB__TYPE_IPV4 };
	const struct ipoib__icmp_echo echo = { type, 0x1234, 1, zeros, data };
	struct ipoib__ipv4 ip = {
		.header_length = IPOIB__IPV4_HEADER_LENGTH,
		.total_length = (uint16_t)(IPOIB__IPV4_HEADER_LENGTH + IPOIB__ICMP_HEADER_LENGTH +
					   data),
		.dont_fragment = true,
		.ttl = 64,
		.protocol = IPOIB__IP_PROTOCOL_ICMP,
	};

	memcpy(ip.source, from->ip, 4);
	memcpy(ip.destination, to, 4);
	size_t at = good(ipoib__encap_encode(bytes, sizeof(bytes), &encap));

	at += good(ipoib__ipv4_encode(bytes + at, sizeof(bytes) - at, &ip));
	return at + good(ipoib__icmp_echo_encode(bytes + at, sizeof(bytes) - at, &echo));
}

static void resolve(void)
{
	const struct ipoib_gid broadcast = ipoib__mgid_broadcast(IPOIB__SCOPE_LINK_LOCAL, PKEY);
	struct ipoib_capture_packet packet = to_group(&one, &broadcast, 0xc000,
						      put_arp(IPOIB__ARP_REQUEST, &one, &two));

	record(&packet);
	ask_for_path();
	packet = datagram(&two, &one, put_arp(IPOIB__ARP_REPLY, &two, &one));
	record(&packet);
}

static void ping(size_t data)
{
	struct ipoib_capture_packet packet =
		datagram(&one, &two, put_echo(IPOIB__ICMP_ECHO_REQUEST, &one, two.ip, data));

	record(&packet);
	packet = datagram(&two, &one, put_echo(IPOIB__ICMP_ECHO_REPLY, &two, one.ip, data));
	add_grh(&packet, &two, &one.gid);
	record(&packet);
}

static void ping_group(void)
{
	static const uint8_t group[4] = { 239, 1, 2, 3 };
	const struct ipoib_gid mgid = ipoib__mgid_ipv4(IPOIB__SCOPE_LINK_LOCAL, PKEY, group);
	struct ipoib_capture_packet packet =
		to_group(&one, &mgid, 0xc001, put_echo(IPOIB__ICMP_ECHO_REQUEST, &one, group, 56));

	record(&packet);
}

/* A message of three packets, two of one, the second of which finds no receive posted. */
static void talk_on_a_connection(void)
{
	static const uint8_t data[5000];
	struct ipoib_capture_packet message = datagram(&one, &two, 0);
	struct ipoib_capture_packet answer = datagram(&two, &one, 0);

	message.kind = IPOIB_CAPTURE_RC_SEND;
	message.mtu = 2048;
	message.payload = data;
	message.length = sizeof(data);
	message.psn = 0x100;
	record(&message);
	answer.kind = IPOIB_CAPTURE_RC_ACKNOWLEDGE;
	answer.psn = 0x102;
	answer.msn = 1;
	answer.syndrome = 0x1f;
	record(&answer);
	message.length = 2048;
	message.psn = 0x103;
	record(&message);
	message.payload = bytes;
	message.length = put_echo(IPOIB__ICMP_ECHO_REQUEST, &one, two.ip, 3);
	message.psn = 0x104;
	record(&message);
	answer.psn = 0x104;
	answer.syndrome = 0x20 | 14;
	record(&answer);
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
	const struct ipoib_capture_config config = {
		.size = sizeof(config),
		.write = write_to_file,
		.user = file,
		.epoch_offset_ns = EPOCH_NS,
	};

	if (!file) {
		fprintf(stderr, "usage: sample FILE\n");
		return 2;
	}
	(void)good(ipoib_capture_new(&capture, &config));
	join_broadcast_group();
	resolve();
	ping(56);
	/* A payload that needs padding, and the longest there is: 4096 with all headers. */
	ping(1);
	ping(4096 - IPOIB__ENCAP_LENGTH - IPOIB__IPV4_HEADER_LENGTH - IPOIB__ICMP_HEADER_LENGTH);
	ping_group();
	talk_on_a_connection();
	ipoib_capture_close(capture);
	return fclose(file) == 0 ? 0 : 1;
}
