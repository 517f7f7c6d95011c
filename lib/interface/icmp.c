/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ICMP errors for packets that cannot be sent, built from the packet itself and nothing else. */
#include "interface/interface.h"

#include <errno.h>

#include "wire/icmp.h"
#include "wire/icmpv6.h"
#include "wire/ip.h"

/*
 * ICMP errors: a hundred a second, fifty at once. A flood to a dead host must not become a
 * flood upward (I6).
 */
#define ICMP_COST_NS UINT64_C(10000000)
#define ICMP_BURST_NS (50 * ICMP_COST_NS)

static bool icmp_allowed(struct ipoib_interface *interface, uint64_t now)
{
	/* A send in a callback is later than the dispatch around it. */
	uint64_t passed = now > interface->icmp_last ? now - interface->icmp_last : 0;

	if (passed > 0)
		interface->icmp_last = now;
	interface->icmp_debt -= passed < interface->icmp_debt ? passed : interface->icmp_debt;
	if (interface->icmp_debt + ICMP_COST_NS > ICMP_BURST_NS)
		return false;
	interface->icmp_debt += ICMP_COST_NS;
	return true;
}

/*
 * Host unreachable, or too big, built from the packet alone. It comes from the packet's
 * destination, not from our own address: a stack takes a packet from itself, arriving from
 * outside, for a forged one.
 */
static int build_icmp4(struct ipoib_buffer *out, struct ipoib_buffer *packet, uint32_t mtu)
{
	const uint8_t *data = ipoib_buffer_data(packet);
	struct ipoib__ipv4 header;

	if (ipoib__ipv4_decode(&header, data, packet->length) < 0)
		return -EINVAL;
	return ipoib__icmp_error_build(ipoib_buffer_data(out), ipoib_buffer_room(out), data,
				       packet->length, IPOIB__ICMP_UNREACHABLE,
				       mtu != 0 ? IPOIB__ICMP_FRAGMENTATION_NEEDED :
						  IPOIB__ICMP_HOST_UNREACHABLE,
				       (uint16_t)mtu, header.destination);
}

static int build_icmp6(struct ipoib_buffer *out, struct ipoib_buffer *packet, uint32_t mtu)
{
	const uint8_t *data = ipoib_buffer_data(packet);
	struct ipoib__ipv6 header;

	if (ipoib__ipv6_decode(&header, data, packet->length) < 0)
		return -EINVAL;
	return ipoib__icmpv6_error_build(ipoib_buffer_data(out), ipoib_buffer_room(out), data,
					 packet->length,
					 mtu != 0 ? IPOIB__ICMPV6_PACKET_TOO_BIG :
						    IPOIB__ICMPV6_UNREACHABLE,
					 mtu != 0 ? 0 : IPOIB__ICMPV6_ADDRESS_UNREACHABLE, mtu,
					 header.destination);
}

/*
 * Makes the ICMP error for a packet, if errors are wanted and this one may have one, and keeps it
 * until the receive callback is called. mtu: what would have fitted; 0: the host is unreachable.
 */
void ipoib__answer_icmp(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			const struct ipoib_ip *next_hop, uint32_t mtu, uint64_t now)
{
	struct ipoib_buffer *error;
	int length;

	if (!interface->config.icmp_errors || !interface->config.receive || interface->closed ||
	    ipoib__bindings_is_broadcast(&interface->bindings, next_hop))
		return;
	if (interface->errors.count >= IPOIB__BURST || !icmp_allowed(interface, now)) {
		interface->statistics.icmp_errors_limited++;
		return;
	}
	error = ipoib__pool_get(interface->transport, &interface->share,
				IPOIB__POOL_CALLER);
	if (!error)
		return;
	length = next_hop->family == IPOIB_IPV6 ? build_icmp6(error, packet, mtu) :
						  build_icmp4(error, packet, mtu);
	if (length <= 0) {
		ipoib_buffer_unref(error);
		return;
	}
	error->length = (uint32_t)length;
	error->cast = IPOIB_UNICAST;
	ipoib__list_push_back(&interface->errors.packets, &error->link);
	interface->errors.count++;
	interface->context->again = true;
}
