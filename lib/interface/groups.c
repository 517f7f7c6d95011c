/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Multicast groups between the module that decides about them, the transport, and the caller's
 * handles.
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

#include "wire/ip.h"
#include "wire/ip6.h"
#include "wire/mgid.h"

/*
 * The broadcast group must exist; any other is created with the attributes of that (RFC 4391
 * section 10).
 */
static struct ipoib_multicast_record wanted(const struct ipoib_interface *interface,
					    const struct ipoib__group *group, uint8_t join_state)
{
	struct ipoib_multicast_record record = { .mgid = group->mgid };

	if (!group->broadcast) {
		record = interface->groups.broadcast->record;
		record.mgid = group->mgid;
		record.mlid = 0;
		record.create = 1;
	}
	record.pkey = interface->config.pkey;
	record.scope = interface->config.scope;
	record.join_state = join_state;
	return record;
}

static int group_join(void *owner, struct ipoib__group *group, uint64_t question)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_multicast_record record = wanted(interface, group, group->asked_as);
	int status;

	if (!ipoib__ask_turn(interface))
		return -EAGAIN;
	status = transport->ops->multicast_join(
		transport->self, ipoib__question_id(interface, true, question), &record);
	interface->statistics.joins += status != -EAGAIN;
	return ipoib__ask_result(interface, status);
}

static void group_leave(void *owner, struct ipoib__group *group)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;
	struct ipoib_multicast_record record = { .mgid = group->mgid,
						 .pkey = interface->config.pkey,
						 .scope = interface->config.scope,
						 .join_state = group->joined_as };

	transport->ops->multicast_leave(transport->self, &record);
}

static void group_cancel(void *owner, uint64_t question)
{
	struct ipoib_interface *interface = owner;
	struct ipoib_transport *transport = interface->transport;

	transport->ops->cancel(transport->self, ipoib__question_id(interface, true, question));
}

/* ---- from a record to something to send and receive by ---- */

static void detach(struct ipoib_interface *interface, struct ipoib__cast_group *group)
{
	struct ipoib_transport *transport = interface->transport;

	if (group->attached != 0)
		transport->ops->ud_detach(transport->self, interface->ud, &group->group.mgid,
					  group->attached);
	group->attached = 0;
}

/* Who only sends does not listen. A group that was created anew may have another MLID. */
static int attach(struct ipoib_interface *interface, struct ipoib__cast_group *group)
{
	struct ipoib_transport *transport = interface->transport;
	const struct ipoib_multicast_record *record = &group->group.record;
	int status;

	if (group->attached == record->mlid || !(group->group.joined_as & IPOIB_JOIN_FULL_MEMBER))
		return 0;
	detach(interface, group);
	status = transport->ops->ud_attach(transport->self, interface->ud, &record->mgid,
					   record->mlid);
	if (status == 0)
		group->attached = record->mlid;
	return status;
}

/* A GRH goes with every multicast packet: its destination is the MGID. */
static struct ipoib__ah *make_ah(struct ipoib_interface *interface,
				 const struct ipoib_multicast_record *record)
{
	const struct ipoib_ah_attributes attributes = {
		.dlid = record->mlid,
		.sl = record->sl,
		.rate = record->rate,
		.global = 1,
		.hop_limit = record->hop_limit,
		.traffic_class = record->traffic_class,
		.flow_label = record->flow_label,
		.dgid = record->mgid,
	};

	return ipoib__ah_new(interface, &attributes);
}

static void set_limit(const struct ipoib_interface *interface, struct ipoib__cast_group *group)
{
	uint32_t of_group = group->group.record.mtu - IPOIB__ENCAP_LENGTH;

	group->limit = of_group < interface->datagram_mtu ? of_group : interface->datagram_mtu;
	if (group->limit > interface->mtu)
		group->limit = interface->mtu;
}

/* The link depends on the broadcast group. It is looked at after the event, or in the next turn. */
static void note_link(struct ipoib_interface *interface)
{
	interface->link_changed = true;
	interface->context->again = true;
}

static void make_unusable(struct ipoib_interface *interface, struct ipoib__cast_group *group,
			  enum ipoib_send_drop reason)
{
	ipoib__ah_unref(interface, group->ah);
	group->ah = NULL;
	detach(interface, group);
	ipoib__queue_drop(interface, &group->waiting, reason);
}

/* Who hears nothing without the Q_Key of the link is not on it. */
static int set_qkey(struct ipoib_interface *interface, const struct ipoib__group *group)
{
	struct ipoib_transport *transport = interface->transport;
	int status;

	if (!group->broadcast)
		return 0;
	status = transport->ops->ud_set_qkey(transport->self, interface->ud, group->record.qkey);
	if (status == 0)
		interface->qkey = group->record.qkey;
	return status;
}

/* Joined, but of no use: the same as a join that failed, and tried again like one. */
static void cannot_use(struct ipoib_interface *interface, struct ipoib__cast_group *group,
		       uint64_t now)
{
	ipoib__log_write(&interface->context->log, IPOIB_LOG_ERROR,
			 "no resources of the adapter left for a multicast group");
	group->group.usable = false;
	make_unusable(interface, group, IPOIB_SEND_DROP_NO_MEMORY);
	interface->join_status = -ENOMEM;
	ipoib__groups_useless(&interface->groups, &group->group, now);
	if (group->group.broadcast)
		note_link(interface);
}

static void make_usable(struct ipoib_interface *interface, struct ipoib__cast_group *group,
			uint64_t now)
{
	const struct ipoib_multicast_record *record = &group->group.record;
	struct ipoib__ah *ah = make_ah(interface, record);

	if (!ah || set_qkey(interface, &group->group) < 0 || attach(interface, group) < 0) {
		ipoib__ah_unref(interface, ah);
		cannot_use(interface, group, now);
		return;
	}
	ipoib__ah_unref(interface, group->ah);
	group->ah = ah;
	if (group->group.broadcast)
		note_link(interface);
	else if (group->group.members > 0) /* an IPv6 address may have waited for it */
		interface->addresses_changed = interface->context->again = true;
	set_limit(interface, group);
	ipoib__flush(interface, &group->waiting, group->ah, IPOIB_QPN_MULTICAST, group->limit, now);
}

static void join_failed(struct ipoib_interface *interface, struct ipoib__cast_group *group,
			uint64_t now)
{
	const struct ipoib_event event = { .type = IPOIB_EVENT_JOIN_FAILED,
					   .status = interface->join_status,
					   .gid = group->group.mgid };

	interface->statistics.join_failures++;
	if (!group->group.usable)
		ipoib__queue_drop(interface, &group->waiting, IPOIB_SEND_DROP_NO_GROUP);
	ipoib__answer_event(interface, &event, now);
}

static void group_act(void *owner, struct ipoib__group *group, unsigned actions, uint64_t now)
{
	struct ipoib_interface *interface = owner;

	if (actions & IPOIB__GROUP_USABLE)
		make_usable(interface, ipoib__cast_of(group), now);
	if (actions & IPOIB__GROUP_LOST) {
		make_unusable(interface, ipoib__cast_of(group), IPOIB_SEND_DROP_LINK_DOWN);
		if (group->broadcast)
			note_link(interface);
	}
	if (actions & IPOIB__GROUP_FAILED)
		join_failed(interface, ipoib__cast_of(group), now);
}

static void group_end(void *owner, struct ipoib__group *group)
{
	struct ipoib_interface *interface = owner;
	struct ipoib__cast_group *cast = ipoib__cast_of(group);
	struct ipoib__list *first;

	if (!cast->members.next) /* never set up */
		return;
	while ((first = ipoib__list_pop_front(&cast->members)) != NULL)
		ipoib__container_of(first, struct ipoib_multicast, link)->group = NULL;
	ipoib__list_remove(&cast->use);
	make_unusable(interface, cast,
		      interface->closed ? IPOIB_SEND_DROP_CLOSED : IPOIB_SEND_DROP_NO_GROUP);
}

const struct ipoib__groups_hooks ipoib__interface_groups_hooks = {
	.group_size = sizeof(struct ipoib__cast_group),
	.join = group_join,
	.leave = group_leave,
	.cancel = group_cancel,
	.act = group_act,
	.end = group_end,
};

/* A record that does not fit what was asked, or that no IP packet fits into, is no answer. */
static bool plausible(const struct ipoib_interface *interface, const struct ipoib__group *group,
		      const struct ipoib_multicast_record *record)
{
	return memcmp(&record->mgid, &group->mgid, sizeof(record->mgid)) == 0 &&
	       ((record->pkey ^ interface->config.pkey) & ~IPOIB__PKEY_FULL_MEMBER & 0xffff) == 0 &&
	       record->mlid != 0 && record->mtu >= 256 && record->mtu <= IPOIB__PAYLOAD_MAX;
}

void ipoib__interface_joined(struct ipoib_interface *interface, uint64_t question,
			     const struct ipoib_transport_event *event, uint64_t now)
{
	struct ipoib__group *group = ipoib__groups_by_question(&interface->groups, question);
	bool good;

	if (!group)
		return; /* taken back meanwhile */
	good = event->status == 0 && plausible(interface, group, &event->multicast);
	interface->join_status = event->status < 0 ? event->status : -EPROTO;
	ipoib__groups_answer(&interface->groups, group, good ? &event->multicast : NULL, now);
}

static void set_up(struct ipoib__group *group)
{
	struct ipoib__cast_group *cast = ipoib__cast_of(group);

	if (cast->members.next) /* no zeroed memory: it has been set up */
		return;
	ipoib__list_init(&cast->members);
	ipoib__list_init(&cast->use);
	ipoib__queue_init(&cast->waiting);
}

/* The group of an MGID, for a member of it. */
int ipoib__interface_group(struct ipoib_interface *interface, const struct ipoib_gid *mgid,
			   uint64_t now, struct ipoib__group **out)
{
	int status = ipoib__groups_get(&interface->groups, mgid, now, out);

	if (status == 0)
		set_up(*out);
	return status;
}

/* Refused or unanswered a moment ago: nothing goes there before the next try. */
static bool is_shut(const struct ipoib__group *group)
{
	return !group->usable && group->state == IPOIB_MULTICAST_BACKOFF && group->failures > 0;
}

/*
 * The group by which packets to an MGID go. That is another one for a solicited-node group that
 * cannot be had, for want of room or because the SA refuses it: all nodes. Every IPv6 host is in
 * that group (RFC 4291 section 2.8) and takes what comes by it for its IP destination, as the
 * multicast address inside is one of its own.
 */
int ipoib__group_to_send(struct ipoib_interface *interface, const struct ipoib_gid *mgid,
			 uint64_t now, struct ipoib__group **out)
{
	const struct ipoib_interface_config *config = &interface->config;
	bool solicited = ipoib__mgid_is_solicited_node(mgid);
	struct ipoib_gid all_nodes;
	int status = ipoib__groups_lend(&interface->groups, mgid,
					solicited ? IPOIB__GROUP_SOLICITED : IPOIB__GROUP_SENT,
					now, out);

	if (solicited && (status == -ENOSPC || (status == 0 && is_shut(*out)))) {
		all_nodes = ipoib__mgid_ipv6(config->scope, config->pkey, ipoib__ipv6_all_nodes);
		status = ipoib__groups_lend(&interface->groups, &all_nodes, IPOIB__GROUP_SENT, now,
					    out);
	}
	if (status < 0)
		return status;
	set_up(*out);
	ipoib__groups_use(&interface->groups, *out, now);
	return 0;
}

void ipoib__group_uses(struct ipoib_interface *interface, unsigned budget, uint64_t now)
{
	struct ipoib__list *first;

	while (budget-- > 0 && (first = ipoib__list_pop_front(&interface->group_uses)) != NULL)
		ipoib__groups_settle(
			&interface->groups,
			&ipoib__container_of(first, struct ipoib__cast_group, use)->group, now);
	if (!ipoib__list_empty(&interface->group_uses))
		interface->context->again = true;
}

void ipoib__groups_limit(struct ipoib_interface *interface)
{
	struct ipoib__group *group;
	uint64_t cursor = 0;

	while ((group = ipoib__groups_next(&interface->groups, &cursor)) != NULL)
		if (ipoib__cast_of(group)->ah)
			set_limit(interface, ipoib__cast_of(group));
}
