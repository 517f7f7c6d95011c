/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bound addresses between the machine that decides about them (lib/binding) and the link: probed
 * before their use, announced, defended (RFC 5227; RFC 4862 for IPv6).
 *
 * The link is up for an address when the interface is, and for an IPv6 one when both groups are
 * joined that RFC 4862 section 5.4.2 asks for: who else probes is heard in that of its
 * solicited-node address, who has the address already in that of all nodes. Who does not hear the
 * answers must not take silence for consent.
 */
#include "interface/interface.h"

#include <errno.h>

#include "wire/ip6.h"
#include "wire/mgid.h"

static void send_probe(struct ipoib_interface *interface, const struct ipoib_ip *address,
		       uint64_t now)
{
	interface->statistics.address_probes_sent++;
	if (address->family == IPOIB_IPV6)
		ipoib__nd_probe(interface, address, now);
	else
		ipoib__arp_probe(interface, address, now);
}

static void send_announcement(struct ipoib_interface *interface, const struct ipoib_ip *address,
			      uint64_t now)
{
	interface->statistics.announcements_sent++;
	if (address->family == IPOIB_IPV6)
		ipoib__nd_announce(interface, address, now);
	else
		ipoib__arp_announce(interface, address, now);
}

/* A flood of conflicts is told once a second; the loss of an address always. */
static void tell_conflict(struct ipoib_interface *interface, struct ipoib_binding *binding,
			  uint64_t now)
{
	const struct ipoib__probe *probe = &binding->binding.probe;
	bool lost = probe->state != IPOIB_BINDING_READY;
	const struct ipoib_event event = { .type = IPOIB_EVENT_ADDRESS_CONFLICT,
					   .status = lost ? -EADDRINUSE : 0,
					   .ip = binding->binding.address,
					   .link_address = binding->conflicting,
					   .count = probe->conflicts };

	if (!lost && binding->told != 0 && now - binding->told < IPOIB__TELL_NS)
		return;
	binding->told = now;
	ipoib__answer_event(interface, &event, now);
}

static void tell_ready(struct ipoib_interface *interface, const struct ipoib_binding *binding,
		       uint64_t now)
{
	const struct ipoib_event event = { .type = IPOIB_EVENT_ADDRESS_READY,
					   .ip = binding->binding.address };

	ipoib__answer_event(interface, &event, now);
}

static void step(struct ipoib_interface *interface, struct ipoib_binding *binding,
		 enum ipoib__probe_event event, uint64_t now)
{
	struct ipoib_context *context = interface->context;
	struct ipoib__probe *probe = &binding->binding.probe;
	const struct ipoib_ip *address = &binding->binding.address;
	unsigned actions =
		ipoib__probe_step(probe, &binding->parameters, event, &context->random, now);

	ipoib__wheel_arm(&context->wheel, &binding->timer, probe->deadline);
	if (actions & IPOIB__PROBE_SEND_PROBE)
		send_probe(interface, address, now);
	if (actions & IPOIB__PROBE_SEND_ANNOUNCEMENT)
		send_announcement(interface, address, now);
	if (actions & IPOIB__PROBE_READY) {
		tell_ready(interface, binding, now);
		ipoib__source_ready(interface);
	}
	if (actions & (IPOIB__PROBE_CONFLICT | IPOIB__PROBE_LOST))
		tell_conflict(interface, binding, now);
}

void ipoib__address_timer(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_binding *binding = ipoib__container_of(timer, struct ipoib_binding, timer);

	if (binding->interface && !binding->interface->closed)
		step(binding->interface, binding, IPOIB__PROBE_TIMER, now);
}

static bool hears(const struct ipoib_interface *interface, const uint8_t address[16])
{
	struct ipoib_gid mgid =
		ipoib__mgid_ipv6(interface->config.scope, interface->config.pkey, address);
	const struct ipoib__group *group = ipoib__groups_find(&interface->groups, &mgid);

	return group && group->usable && (group->joined_as & IPOIB_JOIN_FULL_MEMBER);
}

static bool link_is_up_for(const struct ipoib_interface *interface,
			   const struct ipoib_binding *binding)
{
	const struct ipoib_ip *address = &binding->binding.address;
	uint8_t solicited[16];

	if (!interface->up || address->family == IPOIB_IPV4)
		return interface->up;
	ipoib__ipv6_solicited_node(solicited, address->raw);
	return hears(interface, solicited) && hears(interface, ipoib__ipv6_all_nodes);
}

/* Holds every address against the state of its link. Called whenever that may have changed. */
void ipoib__addresses_update(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib__list *at, *head = &interface->bindings.list;

	interface->addresses_changed = false;
	for (at = head->next; at != head; at = at->next) {
		struct ipoib_binding *binding =
			ipoib__binding_of(ipoib__container_of(at, struct ipoib__binding, link));
		bool up = link_is_up_for(interface, binding);

		/* A group that is lost for a moment, with the link up, takes no address away. */
		if (up != binding->binding.probe.up && (up || !interface->up))
			step(interface, binding, up ? IPOIB__PROBE_UP : IPOIB__PROBE_DOWN, now);
		if (binding->announce)
			step(interface, binding, IPOIB__PROBE_ANNOUNCE, now);
		binding->announce = false;
	}
}

void ipoib__addresses_run(struct ipoib_interface *interface, uint64_t now)
{
	if (interface->addresses_changed)
		ipoib__addresses_update(interface, now);
}

/* Our link address has changed: whoever holds the old one is told. */
void ipoib__addresses_announce(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib__list *at, *head = &interface->bindings.list;

	for (at = head->next; at != head; at = at->next)
		step(interface,
		     ipoib__binding_of(ipoib__container_of(at, struct ipoib__binding, link)),
		     IPOIB__PROBE_ANNOUNCE, now);
}

static void disputed(struct ipoib_interface *interface, const struct ipoib_ip *address,
		     const struct ipoib_link_address *by, enum ipoib__probe_event event,
		     uint64_t now)
{
	struct ipoib__binding *binding = ipoib__bindings_find(&interface->bindings, address);

	if (!binding)
		return;
	if (event == IPOIB__PROBE_USED || binding->probe.state == IPOIB_BINDING_PROBING) {
		interface->statistics.address_conflicts++;
		ipoib__binding_of(binding)->conflicting = *by;
	}
	step(interface, ipoib__binding_of(binding), event, now);
}

/* Somebody who is not us uses an address: a conflict if it is bound here. */
void ipoib__address_used(struct ipoib_interface *interface, const struct ipoib_ip *address,
			 const struct ipoib_link_address *by, uint64_t now)
{
	disputed(interface, address, by, IPOIB__PROBE_USED, now);
}

/* Somebody who is not us probes for an address. */
void ipoib__address_wanted(struct ipoib_interface *interface, const struct ipoib_ip *address,
			   const struct ipoib_link_address *by, uint64_t now)
{
	disputed(interface, address, by, IPOIB__PROBE_WANTED, now);
}
