/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ARP on an IPoIB link (RFC 826, RFC 4391 section 9.2). A packet that arrives is read in the
 * order in which it could do harm:
 *
 *  1. What another interface of ours has sent is only noted (own.c).
 *  2. A sender, or somebody who probes, with an address of ours is a conflict (defend.c), and
 *     never a neighbour.
 *  3. What it says of the sender is told to the neighbour table (resolve.c), which has its own
 *     mind about what to believe.
 *  4. A request is answered as arp_ignore says (lib/binding), with the link address of this
 *     interface and no other.
 */
#include "interface/interface.h"

#include <string.h>

#include "wire/arp.h"
#include "wire/mgid.h"

/* A packet as it is talked about here. */
struct heard {
	struct ipoib__arp arp;
	struct ipoib_ip sender; /* family 0: a probe's */
	struct ipoib_ip target;
	bool request;
};

static void understand(struct heard *heard)
{
	static const uint8_t nobody[4];

	heard->request = heard->arp.operation == IPOIB__ARP_REQUEST;
	heard->target = ipoib_ip_from_ipv4(heard->arp.target_ip);
	heard->sender = (struct ipoib_ip){ .family = 0 };
	if (memcmp(heard->arp.sender_ip, nobody, sizeof(nobody)) != 0)
		heard->sender = ipoib_ip_from_ipv4(heard->arp.sender_ip);
}

static uint8_t claim_of(const struct heard *heard)
{
	if (heard->sender.family != 0 && ipoib_ip_equal(&heard->sender, &heard->target))
		return IPOIB_CLAIM_ARP_ANNOUNCEMENT;
	return heard->request ? IPOIB_CLAIM_ARP_REQUEST : IPOIB_CLAIM_ARP_REPLY;
}

/* Who cannot be a neighbour: nobody (a probe), everybody, ourselves on any interface. */
static bool believable(const struct ipoib_interface *interface, const struct ipoib_ip *sender)
{
	return sender->family != 0 && ipoib__binding_check(sender, 32) == 0 &&
	       !ipoib__bindings_is_broadcast(&interface->bindings, sender) &&
	       !ipoib__bindings_find(&interface->bindings, sender) &&
	       !ipoib__own_address(interface, sender);
}

/* Whether the sender uses the address by itself; an answer is no more than the question wanted. */
static bool is_own_word(const struct ipoib_interface *interface, const struct heard *heard)
{
	return claim_of(heard) == IPOIB_CLAIM_ARP_ANNOUNCEMENT ||
	       (heard->request &&
		ipoib__first_own_question(interface, &heard->sender, &heard->target));
}

/* RFC 5227 section 2.1.1: it will be the prober's, if nobody objects. */
static void hear_probe(struct ipoib_interface *interface, const struct heard *heard,
		       const struct ipoib_buffer *packet, uint64_t now)
{
	const struct ipoib__word word = { .ip = heard->target,
					  .by = heard->arp.sender_link,
					  .at = now,
					  .claim = IPOIB_CLAIM_ARP_REQUEST };

	if (heard->request && heard->sender.family == 0 && believable(interface, &heard->target))
		ipoib__first_word(interface, &word, packet, now);
}

static void dispute(struct ipoib_interface *interface, const struct heard *heard, uint64_t now)
{
	if (heard->sender.family != 0)
		ipoib__address_used(interface, &heard->sender, &heard->arp.sender_link, now);
	else if (heard->request)
		ipoib__address_wanted(interface, &heard->target, &heard->arp.sender_link, now);
}

static bool is_answered(struct ipoib_interface *interface, const struct heard *heard)
{
	const struct ipoib__bindings *others[IPOIB__OTHERS_MAX];
	uint8_t level = interface->config.arp_ignore;
	size_t count = 0;

	/* Only these two levels look beyond this interface: a flood costs no walk at the others. */
	if (level == IPOIB_ARP_IGNORE_NONE || level == IPOIB_ARP_IGNORE_HOST)
		count = ipoib__own_others(interface, others);
	if (ipoib__policy_answer(level, &interface->bindings, others, count,
				 &heard->target, &heard->sender))
		return true;
	if (heard->sender.family != 0 && ipoib__bindings_find(&interface->bindings, &heard->sender))
		return false; /* whoever claims our address is not answered but defended against */
	if (ipoib__bindings_find(&interface->bindings, &heard->target) ||
	    ipoib__own_address(interface, &heard->target))
		interface->statistics.arp_ignored++;
	return false;
}

static void count(struct ipoib_interface *interface, bool request)
{
	if (request)
		interface->statistics.arp_requests_received++;
	else
		interface->statistics.arp_replies_received++;
}

/* RFC 826: what is known is brought up to date, and made only when it was said to us (I41). */
static void learn(struct ipoib_interface *interface, const struct heard *heard,
		  const struct ipoib_buffer *packet, uint64_t now)
{
	const struct ipoib__binding *binding =
		ipoib__bindings_find(&interface->bindings, &heard->target);
	bool for_us = binding && binding->probe.state == IPOIB_BINDING_READY;
	const struct ipoib__told told = {
		.ip = &heard->sender,
		.link_address = &heard->arp.sender_link,
		.claim = claim_of(heard),
		.answer = !heard->request,
		.for_us = for_us,
		.create = for_us && heard->request,
		.own_word = is_own_word(interface, heard),
		.packet = packet,
	};

	hear_probe(interface, heard, packet, now);
	if (believable(interface, &heard->sender))
		ipoib__resolve_told(interface, &told, now);
}

void ipoib__arp_received(struct ipoib_interface *interface, const struct ipoib_buffer *buffer,
			 const uint8_t *bytes, size_t length, uint64_t now)
{
	struct ipoib_gid gid;
	struct heard heard;

	if (ipoib__arp_decode(&heard.arp, bytes, length) < 0) {
		interface->statistics.arp_malformed++;
		return;
	}
	understand(&heard);
	count(interface, heard.request);
	if (ipoib__link_address_is_multicast(&heard.arp.sender_link))
		return; /* a group is nobody's GID */
	if (ipoib__own_link(interface, &heard.arp.sender_link)) {
		ipoib__own_heard(interface, &heard.arp.sender_link, now);
		return;
	}
	gid = ipoib_link_address_gid(&heard.arp.sender_link);
	ipoib__lid_from(interface, &gid, buffer, now);
	dispute(interface, &heard, now);
	learn(interface, &heard, buffer, now);
	if (heard.request && is_answered(interface, &heard))
		ipoib__arp_reply(interface, &heard.arp, now);
}
