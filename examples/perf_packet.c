/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_packet.h"

#include <string.h>

#include <ipoib/interface.h>

#include "ip_checksum.h"

#define IP_PROTOCOL_UDP 17
#define IP_DONT_FRAGMENT 0x4000
#define UDP_HEADER (PERF_IP_HEADERS - IP_HEADER)
#define TTL 64

#define TERMS_LENGTH 32
#define REFUSAL_LENGTH 8
#define ACK_LENGTH 16
#define RESULT_LENGTH 32

#define TERMS_LATENCY 1
#define TERMS_BOTH 2
#define TERMS_EVENT 4

/* ---- integers ---- */

static void put32(uint8_t *at, uint32_t value)
{
	ip_put16(at, (uint16_t)(value >> 16));
	ip_put16(at + 2, (uint16_t)value);
}

static void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)(value >> 32));
	put32(at + 4, (uint32_t)value);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)ip_get16(at) << 16 | ip_get16(at + 2);
}

static uint64_t get64(const uint8_t *at)
{
	return (uint64_t)get32(at) << 32 | get32(at + 4);
}

/* ---- out ---- */

/* Never to be cut on its way: a fragment would be measured as if it were a packet. */
static void write_ip(uint8_t *ip, const struct perf_ends *ends, size_t size)
{
	uint8_t *udp = ip + IP_HEADER;

	memset(ip, 0, PERF_IP_HEADERS);
	ip[0] = 4 << 4 | IP_HEADER / 4;
	ip_put16(ip + 2, (uint16_t)(PERF_IP_HEADERS + size));
	ip_put16(ip + 6, IP_DONT_FRAGMENT);
	ip[8] = TTL;
	ip[9] = IP_PROTOCOL_UDP;
	memcpy(ip + 12, ends->own.raw, 4);
	memcpy(ip + 16, ends->peer.raw, 4);
	ip_put16(ip + 10, ip_checksum(ip, IP_HEADER));
	/* No checksum of UDP (RFC 768): InfiniBand has one of its own over every packet. */
	ip_put16(udp, PERF_UDP_PORT);
	ip_put16(udp + 2, PERF_UDP_PORT);
	ip_put16(udp + 4, (uint16_t)(UDP_HEADER + size));
}

static void write_terms(uint8_t *at, const struct perf_terms *terms)
{
	at[0] = terms->mode;
	at[1] = (uint8_t)((terms->latency ? TERMS_LATENCY : 0) | (terms->both ? TERMS_BOTH : 0) |
			  (terms->event ? TERMS_EVENT : 0));
	ip_put16(at + 2, 0);
	put32(at + 4, terms->size);
	put64(at + 8, terms->count);
	put64(at + 16, terms->duration_ns);
	put32(at + 24, terms->window);
	put32(at + 28, terms->batch);
}

static void write_body(uint8_t *at, const struct perf_message *message)
{
	switch (message->type) {
	case PERF_HELLO:
	case PERF_ACCEPT:
		write_terms(at, &message->terms);
		return;
	case PERF_REFUSE:
		put32(at, message->reason);
		put32(at + 4, message->number);
		return;
	case PERF_ACK:
		put64(at, message->through);
		put64(at + 8, message->received);
		return;
	case PERF_RESULT:
		put64(at, message->received);
		put64(at + 8, message->duplicates);
		put64(at + 16, message->sent);
		put64(at + 24, message->finished);
		return;
	default:
		return;
	}
}

size_t perf_packet_size(uint8_t type)
{
	switch (type) {
	case PERF_HELLO:
	case PERF_ACCEPT:
		return PERF_HEADER + TERMS_LENGTH;
	case PERF_REFUSE:
		return PERF_HEADER + REFUSAL_LENGTH;
	case PERF_ACK:
		return PERF_HEADER + ACK_LENGTH;
	case PERF_RESULT:
		return PERF_HEADER + RESULT_LENGTH;
	default:
		return PERF_HEADER;
	}
}

size_t perf_packet_write(uint8_t *packet, const struct perf_message *message,
			 const struct perf_ends *ends, size_t size)
{
	uint8_t *own = packet + PERF_IP_HEADERS;
	size_t least = perf_packet_size(message->type);

	if (size < least)
		size = least;
	write_ip(packet, ends, size);
	own[0] = 'I';
	own[1] = 'P';
	own[2] = message->version;
	own[3] = message->type;
	put32(own + 4, message->run);
	put64(own + 8, message->sequence);
	put64(own + 16, message->time);
	write_body(own + PERF_HEADER, message);
	return PERF_IP_HEADERS + size;
}

/* ---- in ---- */

/* The payload of a whole UDP packet to our port: its first octet and its length, or NULL. */
static const uint8_t *find_payload(const uint8_t *ip, size_t length, size_t *size)
{
	if (length < PERF_IP_HEADERS || ip[0] >> 4 != 4)
		return NULL;

	size_t header = (size_t)(ip[0] & 0x0f) * 4;
	size_t total = ip_get16(ip + 2);

	if (header < IP_HEADER || total > length || total < header + UDP_HEADER ||
	    ip[9] != IP_PROTOCOL_UDP || (ip_get16(ip + 6) & ~IP_DONT_FRAGMENT) != 0 ||
	    ip_checksum(ip, header) != 0)
		return NULL;

	const uint8_t *udp = ip + header;
	size_t udp_length = ip_get16(udp + 4);

	if (ip_get16(udp + 2) != PERF_UDP_PORT || udp_length != total - header ||
	    udp_length < UDP_HEADER)
		return NULL;
	*size = udp_length - UDP_HEADER;
	return udp + UDP_HEADER;
}

static void parse_terms(const uint8_t *at, struct perf_terms *terms)
{
	*terms = (struct perf_terms){
		.mode = at[0],
		.latency = at[1] & TERMS_LATENCY,
		.both = at[1] & TERMS_BOTH,
		.event = at[1] & TERMS_EVENT,
		.size = get32(at + 4),
		.count = get64(at + 8),
		.duration_ns = get64(at + 16),
		.window = get32(at + 24),
		.batch = get32(at + 28),
	};
}

static void parse_body(const uint8_t *at, struct perf_message *message)
{
	switch (message->type) {
	case PERF_HELLO:
	case PERF_ACCEPT:
		parse_terms(at, &message->terms);
		return;
	case PERF_REFUSE:
		message->reason = get32(at);
		message->number = get32(at + 4);
		return;
	case PERF_ACK:
		message->through = get64(at);
		message->received = get64(at + 8);
		return;
	case PERF_RESULT:
		message->received = get64(at);
		message->duplicates = get64(at + 8);
		message->sent = get64(at + 16);
		message->finished = get64(at + 24) == 1;
		return;
	default:
		return;
	}
}

bool perf_packet_parse(const uint8_t *packet, size_t length, struct perf_message *message)
{
	size_t size;
	const uint8_t *own = find_payload(packet, length, &size);

	if (own == NULL || size < 8 || own[0] != 'I' || own[1] != 'P')
		return false;
	*message = (struct perf_message){
		.version = own[2],
		.type = own[3],
		.run = get32(own + 4),
		.size = size,
		.source = ipoib_ip_from_ipv4(packet + 12),
		.destination = ipoib_ip_from_ipv4(packet + 16),
	};
	if (message->version != PERF_VERSION)
		return true;
	if (message->type < PERF_HELLO || message->type > PERF_BYE ||
	    size < perf_packet_size(message->type))
		return false;
	message->sequence = get64(own + 8);
	message->time = get64(own + 16);
	parse_body(own + PERF_HEADER, message);
	return true;
}
