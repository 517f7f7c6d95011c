/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The link of an interface: up when the port is active, its P_Key is there, and the broadcast
 * group is joined (RFC 4391 section 5); its MTU is that of the broadcast group less the IPoIB
 * header.
 *
 * What an event of the port leads to:
 *   port down       what waits is answered; groups and paths are forgotten, neighbours kept
 *   port active     groups are joined; when the broadcast group is, the link is up
 *   LID changed     connections are ended and paths forgotten: whoever gave us another LID gave
 *                   others one as well; what waits goes by the next record
 *   SM changed      paths are doubted and asked for again as they are used; the link stays up,
 *                   and packets go by the old records meanwhile (I12)
 *   register again  the same, and groups are joined again
 *   GID changed     the same, for our link address is another one; groups are joined again from
 *                   the new GID
 *   P_Keys changed  down when ours has gone, up when it has come back (I16); told when we have
 *                   become a limited member, or a full one again
 *   any of them     what was refused, a path or a join, is asked for again without waiting for the
 *                   end of its hold time
 *
 * A port that comes back, or has another LID, announces its addresses: neighbours then need no
 * timeout to find out. Addresses are not probed again.
 */
#include "interface/interface.h"

#include <errno.h>
#include <string.h>

#include "wire/mgid.h"

/* A port that could not be read after it changed is read again: nothing else would tell us. */
#define PORT_RETRY_NS UINT64_C(1000000000)

/* Where a table has the P_Key in both forms the full member's is used, by every transport. */
enum ipoib_pkey_membership ipoib__link_membership(const struct ipoib_interface *interface)
{
	const struct ipoib_port_attributes *port = &interface->port;
	enum ipoib_pkey_membership membership = IPOIB_PKEY_MEMBERSHIP_NONE;

	for (uint32_t i = 0; i < port->pkey_count && i < IPOIB_PKEYS_MAX; i++) {
		if (port->pkeys[i] == 0 || ((port->pkeys[i] ^ interface->config.pkey) & 0x7fff))
			continue;
		if (port->pkeys[i] & IPOIB__PKEY_FULL_MEMBER)
			return IPOIB_PKEY_MEMBERSHIP_FULL;
		membership = IPOIB_PKEY_MEMBERSHIP_LIMITED;
	}
	return membership;
}

/*
 * No join is sent with a P_Key that the port does not have (I16). A limited member may use the
 * link; the library asks for everything by the full member's form.
 */
static bool port_usable(const struct ipoib_interface *interface)
{
	return !interface->gone && interface->port.state == IPOIB_PORT_ACTIVE &&
	       ipoib__link_membership(interface) != IPOIB_PKEY_MEMBERSHIP_NONE;
}

/*
 * In connected mode the IP stack above counts with what connections carry; mtu.h knows about
 * the rest.
 */
static uint32_t mtu_now(const struct ipoib_interface *interface)
{
	uint32_t mtu = interface->datagram_mtu;

	if (interface->config.mode == IPOIB_MODE_CONNECTED)
		mtu = IPOIB_MTU_CONNECTED;
	if (interface->config.mtu != 0 && interface->config.mtu < mtu)
		mtu = interface->config.mtu;
	return mtu;
}

static void set_mtu(struct ipoib_interface *interface, uint64_t now)
{
	uint32_t of_group = interface->groups.broadcast->record.mtu;
	struct ipoib_event event = { .type = IPOIB_EVENT_MTU };
	uint32_t before = interface->mtu, before_datagram = interface->datagram_mtu;

	interface->payload_max = of_group < interface->port.mtu ? of_group : interface->port.mtu;
	interface->datagram_mtu = interface->payload_max - IPOIB__ENCAP_LENGTH;
	interface->mtu = mtu_now(interface);
	interface->datagram_limit = interface->mtu < interface->datagram_mtu ?
					    interface->mtu :
					    interface->datagram_mtu;
	if (interface->mtu != before || interface->datagram_mtu != before_datagram) {
		ipoib__peers_limit(interface, now);
		ipoib__groups_limit(interface);
	}
	if (interface->mtu == before)
		return;
	event.mtu = interface->mtu;
	ipoib__answer_event(interface, &event, now);
}

static void tell_link(struct ipoib_interface *interface, uint32_t type, int status, uint64_t now)
{
	const struct ipoib_event event = { .type = type,
					   .status = status,
					   .mtu = interface->mtu,
					   .lid = interface->port.lid,
					   .sm_lid = interface->port.sm_lid,
					   .gid = interface->port.gid };

	ipoib__answer_event(interface, &event, now);
}

/*
 * Told once, and again when it has changed. Only of an active port: before, the SM has not written
 * its table. One that has lost the P_Key meanwhile has been told to be down.
 */
static void tell_membership(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib_event event = { .type = IPOIB_EVENT_MEMBERSHIP,
				     .membership = ipoib__link_membership(interface) };
	bool limited = event.membership == IPOIB_PKEY_MEMBERSHIP_LIMITED;

	if (!port_usable(interface) || limited == interface->told_limited)
		return;
	interface->told_limited = limited;
	ipoib__log_write(&interface->context->log, limited ? IPOIB_LOG_WARNING : IPOIB_LOG_INFO,
			 "%s: %s member of partition 0x%04x", interface->port.name,
			 limited ? "limited" : "full", (unsigned)interface->config.pkey);
	ipoib__answer_event(interface, &event, now);
}

static void go_up(struct ipoib_interface *interface, uint64_t now)
{
	interface->up = true;
	ipoib__handles_look(interface);
	interface->same_link_count = 0;
	interface->statistics.link_ups++;
	ipoib__log_write(&interface->context->log, IPOIB_LOG_INFO, "%s: up, MTU %u",
			 interface->port.name, (unsigned)interface->mtu);
	tell_link(interface, IPOIB_EVENT_UP, 0, now);
	/* in this turn still, when the broadcast group is fit for use in every respect */
	interface->addresses_changed = true;
	interface->context->again = true;
}

static void go_down(struct ipoib_interface *interface, uint64_t now)
{
	interface->up = false;
	ipoib__handles_look(interface);
	ipoib__addresses_update(interface, now);
	ipoib__waiting_drop_all(interface, IPOIB_SEND_DROP_LINK_DOWN);
	ipoib__log_write(&interface->context->log, IPOIB_LOG_WARNING, "%s: down",
			 interface->port.name);
	tell_link(interface, IPOIB_EVENT_DOWN, interface->gone ? -ENODEV : -ENETDOWN, now);
}

/*
 * Holds the link's state against what it depends on. Called whenever any of that may have changed.
 */
static void link_update(struct ipoib_interface *interface, uint64_t now)
{
	bool up = port_usable(interface) && interface->groups.broadcast->usable;

	interface->link_changed = false;
	if (up)
		set_mtu(interface, now);
	if (up && !interface->up)
		go_up(interface, now);
	else if (!up && interface->up)
		go_down(interface, now);
}

/* What a group has left to be looked at. */
void ipoib__link_run(struct ipoib_interface *interface, uint64_t now)
{
	if (interface->link_changed)
		link_update(interface, now);
}

static bool same_place(const struct ipoib_port_attributes *a,
		       const struct ipoib_port_attributes *b)
{
	return a->lid == b->lid && a->sm_lid == b->sm_lid && a->mtu == b->mtu &&
	       memcmp(&a->gid, &b->gid, sizeof(a->gid)) == 0;
}

/* The attributes of the port; those of before where it cannot tell them now. */
static int read_port(struct ipoib_interface *interface)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };
	int status = ipoib_transport_port(interface->transport, &port);

	if (status < 0)
		return status;
	interface->port = port;
	ipoib__neighbours_prefix(&interface->neighbours, port.gid.raw);
	return 0;
}

/* What followed from the LIDs and the GID of before. */
static void place_changed(struct ipoib_interface *interface,
			  const struct ipoib_port_attributes *before, uint64_t now)
{
	bool other_lid = before->lid != interface->port.lid;
	bool other_gid = memcmp(&before->gid, &interface->port.gid, sizeof(before->gid)) != 0;

	if (other_gid)
		ipoib__groups_again(&interface->groups, now);
	/*
	 * Connections were made by those paths. The paths go first: what waited for room on a
	 * connection finds no record then, and waits for the next one.
	 */
	if (other_lid || other_gid) {
		ipoib__paths_flush(&interface->paths, now);
		ipoib__backlog_again(interface, NULL);
		ipoib__connections_drop_all(&interface->connections, now);
	}
	ipoib__paths_doubt_all(&interface->paths);
	tell_link(interface, IPOIB_EVENT_PORT, 0, now);
	if (interface->up && (other_lid || other_gid))
		ipoib__addresses_announce(interface, now);
}

static void port_changed(struct ipoib_interface *interface, uint64_t now)
{
	struct ipoib_port_attributes before = interface->port;
	bool was = port_usable(interface);

	if (read_port(interface) < 0) {
		ipoib__wheel_arm(&interface->context->wheel, &interface->port_timer,
				 now + PORT_RETRY_NS);
		return;
	}
	if (was && !port_usable(interface)) {
		ipoib__connections_drop_all(&interface->connections, now);
		ipoib__groups_stop(&interface->groups, now);
		ipoib__paths_flush(&interface->paths, now);
	} else if (!was && port_usable(interface)) {
		ipoib__groups_start(&interface->groups, now);
	} else {
		ipoib__groups_retry(&interface->groups, now);
	}
	ipoib__paths_news(&interface->paths, now);
	ipoib__connections_news(&interface->connections, now);
	tell_membership(interface, now);
	if (!same_place(&before, &interface->port))
		place_changed(interface, &before, now);
	link_update(interface, now);
}

void ipoib__link_port_due(struct ipoib__timer *timer, uint64_t now)
{
	struct ipoib_interface *interface =
		ipoib__container_of(timer, struct ipoib_interface, port_timer);

	if (!interface->closed)
		port_changed(interface, now);
}

static void device_gone(struct ipoib_interface *interface, uint64_t now)
{
	if (interface->gone)
		return;
	interface->gone = true;
	ipoib__connections_drop_all(&interface->connections, now);
	ipoib__groups_stop(&interface->groups, now);
	ipoib__paths_flush(&interface->paths, now);
	link_update(interface, now);
	tell_link(interface, IPOIB_EVENT_DEVICE_GONE, -ENODEV, now);
}

static void take_event(struct ipoib_interface *interface, const struct ipoib_transport_event *event,
		       uint64_t now)
{
	uint64_t question;
	bool ours = ipoib__question_ours(interface, event->id, &question);

	/* Before the start no receive is posted, and the start reads the port anyway. */
	if (!interface->started && event->type != IPOIB_TRANSPORT_GONE)
		return;
	switch (event->type) {
	case IPOIB_TRANSPORT_PORT:
		port_changed(interface, now);
		break;
	case IPOIB_TRANSPORT_REREGISTER:
		ipoib__paths_doubt_all(&interface->paths);
		ipoib__paths_news(&interface->paths, now);
		ipoib__connections_news(&interface->connections, now);
		ipoib__groups_again(&interface->groups, now);
		break;
	case IPOIB_TRANSPORT_PATH:
		if (ours)
			ipoib__interface_path_answer(interface, question, event, now);
		break;
	case IPOIB_TRANSPORT_JOIN:
		if (ours)
			ipoib__interface_joined(interface, question, event, now);
		break;
	case IPOIB_TRANSPORT_GONE:
		device_gone(interface, now);
		break;
	case IPOIB_TRANSPORT_RC_REQUEST:
	case IPOIB_TRANSPORT_RC_UP:
	case IPOIB_TRANSPORT_RC_REFUSED:
	case IPOIB_TRANSPORT_RC_DOWN:
		ipoib__channel_event(interface, event, now);
		break;
	default:
		break; /* of a newer transport */
	}
}

/* Every interface of the transport is shown every event; an answer is for the one that asked. */
void ipoib__link_event(struct ipoib_interface *interface,
		       const struct ipoib_transport_event *event, uint64_t now)
{
	take_event(interface, event, now);
	ipoib__link_run(interface, now);
}

/* The port is read again: what happened between the opening and now had nobody to tell (I18). */
void ipoib__link_start(struct ipoib_interface *interface, uint64_t now)
{
	read_port(interface);
	tell_membership(interface, now);
	if (port_usable(interface))
		ipoib__groups_start(&interface->groups, now);
}
