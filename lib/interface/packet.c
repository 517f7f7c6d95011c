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

	if (!interface->want_buffers || ipoib__pool_left(share) < enough)
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

/*
 * Whether the header tells the length of the packet that is in the buffer: to the octet, for there
 * is no link between the caller and us that could have padded it. A receiver would drop it, or cut
 * it short. The IPv4 header's checksum is the receiver's to check: it covers what happens to the
 * header on the way.
 */
static bool header_agrees(const struct ipoib_buffer *buffer, unsigned version)
{
	const uint8_t *packet = buffer->memory + IPOIB__HEADROOM;
	uint32_t length = buffer->length, header;

	if (version == 6)
		return length >= IPOIB__IPV6_HEADER_LENGTH &&
		       length == IPOIB__IPV6_HEADER_LENGTH +
					 ((uint32_t)packet[AT_IPV6_LENGTH] << 8 |
					  packet[AT_IPV6_LENGTH + 1]);
	if (length < IPOIB__IPV4_HEADER_LENGTH)
		return false;
	header = (packet[0] & 0x0fu) * 4;
	return header >= IPOIB__IPV4_HEADER_LENGTH && header <= length &&
	       length == ((uint32_t)packet[AT_IPV4_LENGTH] << 8 | packet[AT_IPV4_LENGTH + 1]);
}

/* 0, or why it cannot be sent by any queue pair. */
int ipoib__packet_check(const struct ipoib_interface *interface, const struct ipoib_packet *packet)
{
	const struct ipoib_buffer *buffer = packet->buffer;
	unsigned version;

	if (!buffer || buffer->references == 0)
		return -EINVAL;
	if (buffer->transport != interface->transport)
		return -EXDEV;
	if (buffer->taken || ipoib__list_is_linked(&buffer->link))
		return -EBUSY;
	version = ipoib__ip_version(buffer->memory + IPOIB__HEADROOM, buffer->length);
	if (version != 4 && version != 6)
		return -EINVAL;
	if (packet->next_hop.family != (version == 4 ? IPOIB_IPV4 : IPOIB_IPV6))
		return -EINVAL;
	if (!header_agrees(buffer, version))
		return -EINVAL;
	/* RFC 8200 section 5: no IPv6 on a link that carries less. */
	if (version == 6 && interface->up && interface->datagram_mtu < IPOIB__IPV6_MTU_MIN)
		return -EAFNOSUPPORT;
	return 0;
}
