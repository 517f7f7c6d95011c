/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_send.h"

#include <errno.h>
#include <string.h>

#include <ipoib/ipoib.h>

#include "ip_checksum.h"
#include "ping_packet.h"

/* In one piece; the library cuts it where that is due. */
static int send_buffer(struct ipoib_interface *interface, const struct ipoib_ip *to,
		       struct ipoib_buffer *buffer, uint32_t *mtu)
{
	struct ipoib_packet out = { .buffer = buffer, .next_hop = *to };

	if (ipoib_interface_send(interface, &out, 1) == 1)
		return 0;
	if (out.status == -EMSGSIZE)
		*mtu = out.mtu;
	ipoib_buffer_unref(buffer);
	return out.status;
}

/* One fragment of the packet in this buffer, which is at least as large as the MTU. */
static void fill_fragment(struct ipoib_buffer *buffer, const uint8_t *packet,
			  const struct ping_fragment *fragment)
{
	uint8_t *data = ipoib_buffer_data(buffer);

	memcpy(data, packet, IP_HEADER);
	memcpy(data + IP_HEADER, packet + IP_HEADER + fragment->offset, fragment->length);
	ping_fragment_write(data, fragment);
	ipoib_buffer_set_length(buffer, IP_HEADER + fragment->length);
}

/*
 * A packet that is longer than any buffer. When there is no room half way, the whole of it is sent
 * once more, and who receives it knows the first fragments by their identification.
 */
static int send_fragments(struct ipoib_interface *interface, const struct ipoib_ip *to,
			  const uint8_t *packet, size_t length, uint32_t *mtu)
{
	size_t most = (*mtu - IP_HEADER) / 8 * 8;
	size_t payload = length - IP_HEADER;
	struct ping_fragment fragment = { .offset = 0 };

	while (fragment.offset < payload) {
		struct ipoib_buffer *buffer;
		size_t left = payload - fragment.offset;

		fragment.more = left > most;
		fragment.length = fragment.more ? most : left;
		if (ipoib_interface_buffer(interface, &buffer) != 0)
			return -EAGAIN;
		fill_fragment(buffer, packet, &fragment);

		int error = send_buffer(interface, to, buffer, mtu);

		if (error)
			return error;
		fragment.offset += fragment.length;
	}
	return 0;
}

int ping_send(struct ipoib_interface *interface, const struct ipoib_ip *to, const uint8_t *packet,
	      size_t length, uint32_t *mtu)
{
	struct ping_fragment whole;
	struct ipoib_buffer *buffer;

	if (ipoib_interface_buffer(interface, &buffer) != 0)
		return -EAGAIN; /* packets on their way hold the pool; they come back */
	if (ipoib_buffer_set_length(buffer, length) == 0) {
		memcpy(ipoib_buffer_data(buffer), packet, length);
		return send_buffer(interface, to, buffer, mtu);
	}

	size_t room = ipoib_buffer_room(buffer);
	int error = ipoib_neighbour_mtu(interface, to, mtu);

	ipoib_buffer_unref(buffer);
	if (error)
		return error;
	if (!ping_fragment_parse(packet, length, &whole) || whole.dont_fragment)
		return -EMSGSIZE;
	if (*mtu > room)
		*mtu = (uint32_t)room;
	return send_fragments(interface, to, packet, length, mtu);
}
