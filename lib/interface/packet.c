/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the caller puts packets into, and whether it has put one there.
 */
#include "interface/interface.h"

#include <errno.h>

#include "wire/ip.h"

/* Of headers: the total length, and the payload's. */
#define AT_IPV4_LENGTH 2
#define AT_IPV6_LENGTH 4

/* ---- buffers ---- */

/* The pool that the caller's buffers come from: in connected mode any of them may become large. */
static struct ipoib__share *callers_share(struct ipoib_interface *interface)
{
	return interface->config.mode == IPOIB_MODE_CONNECTED ? &interface->large_share :
								&interface->share;
}

static void want_buffers(struct ipoib_interface *interface, bool wants)
{
	if (interface->want_buffers == wants)
		return;
	interface->want_buffers = wants;
	callers_share(interface)->pool->wanted += wants ? 1 : UINT32_MAX; /* one less */
	if (wants) /* the turn finds out whether it is memory that is short */
		interface->context->again = true;
}

int ipoib_interface_buffer(struct ipoib_interface *interface, struct ipoib_buffer **out)
{
	struct ipoib_buffer *buffer;

	if (interface->closed)
		return -ENETDOWN;
	buffer = ipoib__pool_get(interface->transport, callers_share(interface),
				 IPOIB__POOL_CALLER);
	if (!buffer) {
		want_buffers(interface, true);
		return -ENOMEM;
	}
	*out = buffer;
	return 0;
}

/*
 * Tells a caller that was answered -ENOMEM when there are buffers for a burst, not for each one.
 * One that is given back brings a turn; memory that is there again does not.
 */
void ipoib__tell_buffers(struct ipoib_interface *interface, uint64_t now)
{
	const struct ipoib__share *share = callers_share(interface);
	uint32_t eighth = share->pool->limit / 8;
	uint32_t enough = eighth < IPOIB__BURST ? eighth : IPOIB__BURST;

	if (ipoib__pool_left(share) < enough)
		return;
	if (!ipoib__pool_has(interface->transport, share, IPOIB__POOL_CALLER))
		ipoib__receive_refill_later(interface);
	else if (ipoib__answer_wake(interface, IPOIB_EVENT_BUFFERS, now))
		want_buffers(interface, false);
}

void ipoib__forget_buffers(struct ipoib_interface *interface)
{
	want_buffers(interface, false);
}

/* ---- packets ---- */

static uint32_t be16(const uint8_t *octets)
{
	return (uint32_t)octets[0] << 8 | octets[1];
}

/*
 * The family of the packet in the buffer, if its header tells the buffer's length: to the octet,
 * for there is no link between the caller and us that could have padded it. A receiver would drop
 * it, or cut it short. The IPv4 header's checksum is the receiver's to check: it covers what
 * happens to the header on the way. 0: there is no packet.
 */
static unsigned family_of(const struct ipoib_buffer *buffer)
{
	const uint8_t *packet = buffer->memory + IPOIB__HEADROOM;
	uint32_t length = buffer->length, header;

	if (length < IPOIB__IPV4_HEADER_LENGTH)
		return 0;
	if (packet[0] >> 4 == 4) {
		header = (packet[0] & 0x0fu) * 4;
		if (header < IPOIB__IPV4_HEADER_LENGTH || header > length)
			return 0;
		return length == be16(packet + AT_IPV4_LENGTH) ? IPOIB_IPV4 : 0;
	}
	if (packet[0] >> 4 != 6 || length < IPOIB__IPV6_HEADER_LENGTH)
		return 0;
	header = IPOIB__IPV6_HEADER_LENGTH;
	return length == header + be16(packet + AT_IPV6_LENGTH) ? IPOIB_IPV6 : 0;
}

/* 0, or why it cannot be sent by any queue pair. */
int ipoib__packet_check(const struct ipoib_interface *interface, const struct ipoib_packet *packet)
{
	const struct ipoib_buffer *buffer = packet->buffer;
	unsigned family;

	if (!buffer || buffer->references == 0)
		return -EINVAL;
	if (buffer->transport != interface->transport)
		return -EXDEV;
	if (buffer->taken || ipoib__list_is_linked(&buffer->link))
		return -EBUSY;
	family = family_of(buffer);
	if (family == 0 || packet->next_hop.family != family)
		return -EINVAL;
	/* RFC 8200 section 5: no IPv6 on a link that carries less. */
	if (family == IPOIB_IPV6 && interface->up && interface->datagram_mtu < IPOIB__IPV6_MTU_MIN)
		return -EAFNOSUPPORT;
	return 0;
}

/* ---- refusals ---- */

static void count_refusal(struct ipoib_statistics *statistics, int status)
{
	switch (status) {
	case -EMSGSIZE:
		statistics->refused_too_big++;
		break;
	case -EAGAIN:
		statistics->refused_no_room++;
		break;
	case -ENETDOWN:
		statistics->refused_link_down++;
		break;
	case -EHOSTUNREACH:
		statistics->refused_unreachable++;
		break;
	default:
		statistics->refused_other++;
		break;
	}
}

/* A refusal is the caller's to know; where it asked for that, its IP stack hears of it as well. */
void ipoib__packet_refused(struct ipoib_interface *interface, const struct ipoib_packet *packet,
			   uint64_t now)
{
	count_refusal(&interface->statistics, packet->status);
	if (packet->status == -EHOSTUNREACH || packet->status == -EMSGSIZE)
		ipoib__answer_icmp(interface, packet->buffer, &packet->next_hop, packet->mtu, now);
}
