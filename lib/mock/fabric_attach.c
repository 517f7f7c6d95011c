/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A process at the socket: how it becomes a port, and what it is sent. */
#include "mock/fabric_peer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "mock/attach.h"
#include "mock/fabric_endnode.h"
#include "mock/fabric_manager.h"
#include "mock/socket.h"
#include "wire/ib_units.h"

/* ---- refusing ---- */

/* An older peer has no place for a reason: it sees the connection end, and nothing else. */
static void refuse(struct ipoib_fabric *fabric, struct ipoib__peer *peer,
		   const struct ipoib__attach *asked, int status, const char *reason)
{
	uint8_t message[IPOIB__ATTACH_SIZE];
	struct ipoib__attach attach = { .size = IPOIB__ATTACH_SIZE, .status = status };
	int length;

	memcpy(attach.device, asked->device, sizeof(attach.device));
	attach.port = asked->port;
	snprintf(attach.reason, sizeof(attach.reason), "%s", reason);
	ipoib__log_write(&fabric->log, IPOIB_LOG_WARNING, "a process was not attached: %s", reason);
	length = ipoib__attach_encode(message, sizeof(message), &attach);
	if (asked->size == 0 || asked->size >= IPOIB__ATTACH_SIZE)
		(void)send(peer->fd, message, (size_t)length, MSG_NOSIGNAL);
	peer->broken = true;
}

/* ---- which port ---- */

struct choice {
	struct ipoib__fabric_port *port;
	int status;
	char reason[IPOIB__ATTACH_REASON + 1];
};

static void choice_fail(struct choice *choice, int status, const char *format, ...)
	IPOIB__PRINTF(3, 4);

static void choice_fail(struct choice *choice, int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(choice->reason, sizeof(choice->reason), format, arguments);
	va_end(arguments);
	choice->status = status;
}

static void choose_named(struct ipoib_fabric *fabric, const struct ipoib__attach *asked,
			 struct choice *choice)
{
	char name[IPOIB__ATTACH_DEVICE + 8];

	snprintf(name, sizeof(name), "%s/%u", asked->device, (unsigned)asked->port);
	choice->port = ipoib__fabric_port_by_name(fabric, name);
	if (choice->port == NULL)
		choice_fail(choice, -ENOENT, "no port %s: they are host1/1 to %s", name,
			    fabric->ports[fabric->named - 1].name);
	else if (ipoib__fabric_port_attached(choice->port))
		choice_fail(choice, -EBUSY, "%s is attached already", name);
}

/* A process without the name of a port brings its own GUID, and gets a port of its own. */
static void choose_anonymous(struct ipoib_fabric *fabric, const struct ipoib__attach *asked,
			     struct choice *choice)
{
	static const uint8_t no_guid[8];
	struct ipoib__fabric_port *unused = NULL;
	uint32_t i = fabric->port_count;

	while (i-- > 0) {
		struct ipoib__fabric_port *port = &fabric->ports[i];
		bool anonymous = i >= fabric->named;

		if (anonymous && !ipoib__fabric_port_attached(port))
			unused = port;
		else if (memcmp(port->gid.raw + 8, asked->guid, sizeof(asked->guid)) == 0)
			break;
	}
	if (memcmp(asked->guid, no_guid, sizeof(no_guid)) == 0)
		choice_fail(choice, -EINVAL, "neither a device nor a GUID is given");
	else if (i != UINT32_MAX)
		choice_fail(choice, -EBUSY, "the GUID is that of %s", fabric->ports[i].name);
	else if (unused == NULL)
		choice_fail(choice, -EBUSY, "%d processes without a port's name are enough",
			    IPOIB__FABRIC_ANONYMOUS_MAX);
	else
		memcpy(unused->gid.raw + 8, asked->guid, sizeof(asked->guid));
	choice->port = unused;
}

static void choose(struct ipoib_fabric *fabric, const struct ipoib__attach *asked,
		   struct choice *choice)
{
	unsigned mtu = ipoib__mtu_to_octets(asked->mtu);

	if (asked->mtu != 0 && (mtu == 0 || mtu > fabric->config.mtu))
		choice_fail(choice, -EINVAL, "MTU code %u: links here carry %u octets",
			    (unsigned)asked->mtu, (unsigned)fabric->config.mtu);
	else if (asked->device[0] != '\0')
		choose_named(fabric, asked, choice);
	else
		choose_anonymous(fabric, asked, choice);
}

/* ---- attaching ---- */

void ipoib__fabric_attach_info(const struct ipoib_fabric *fabric, const struct ipoib__peer *peer,
			       struct ipoib__attach *attach)
{
	const struct ipoib__fabric_port *port = &fabric->ports[peer->index];
	const char *slash = strchr(port->name, '/');
	struct ipoib_port_attributes now;

	ipoib__fabric_port_attributes(fabric, port, &now);
	*attach = (struct ipoib__attach){
		.size = peer->size,
		.lid = now.lid,
		.sm_lid = now.sm_lid,
		.sm_sl = now.sm_sl,
		.state = now.state == IPOIB_PORT_ACTIVE ? IPOIB__ATTACH_STATE_ACTIVE
							: IPOIB__ATTACH_STATE_DOWN,
		.mtu = ipoib__mtu_from_octets(port->mtu),
		.port = 1,
		.pkey_count = (uint8_t)port->pkey_count,
		.events = peer->events,
	};
	memcpy(attach->prefix, port->gid.raw, sizeof(attach->prefix));
	memcpy(attach->guid, port->gid.raw + sizeof(attach->prefix), sizeof(attach->guid));
	memcpy(attach->pkeys, port->pkeys, sizeof(attach->pkeys));
	if (slash != NULL) {
		memcpy(attach->device, port->name, (size_t)(slash - port->name));
		attach->port = (uint8_t)strtoul(slash + 1, NULL, 10);
	}
}

static const struct ipoib__endnode endnode_process = {
	.outside = true,
	.tell = ipoib__fabric_peer_tell,
	.unicast = ipoib__fabric_peer_unicast,
	.multicast = ipoib__fabric_peer_multicast,
};

/* The first message. */
static void process_greet(struct ipoib_fabric *fabric, struct ipoib__peer *peer, const void *bytes,
			  size_t length)
{
	struct ipoib__attach asked = { .size = 0 };
	struct choice choice = { .port = NULL };

	if (ipoib__attach_decode(&asked, bytes, length) < 0) {
		refuse(fabric, peer, &asked, -EPROTO, "this is no attach message");
		return;
	}
	choose(fabric, &asked, &choice);
	if (choice.status < 0) {
		refuse(fabric, peer, &asked, choice.status, choice.reason);
		return;
	}
	peer->attached = true;
	peer->index = ipoib__fabric_port_index(fabric, choice.port);
	peer->size = asked.size < IPOIB__ATTACH_SIZE ? asked.size : IPOIB__ATTACH_SIZE;
	choice.port->endnode = &endnode_process;
	choice.port->peer = peer;
	if (asked.mtu != 0)
		choice.port->mtu = ipoib__mtu_to_octets(asked.mtu);
	fabric->manager->attached(fabric, choice.port);
	ipoib__log_write(&fabric->log, IPOIB_LOG_INFO, "%s: attached, LID %u", choice.port->name,
			 (unsigned)choice.port->lid);
	ipoib__fabric_port_tell(fabric, choice.port, 0);
}

/* ---- messages ---- */

static int process_write(struct ipoib_fabric *fabric, const struct ipoib__peer *peer,
			 const uint8_t *header, const void *payload, size_t length)
{
	(void)fabric;
	return ipoib__socket_send(peer->fd, header, IPOIB__FRAME_HEADER, payload, length);
}

static int process_tell(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	uint8_t message[IPOIB__ATTACH_SIZE];
	struct ipoib__attach attach;
	int length;

	ipoib__fabric_attach_info(fabric, peer, &attach);
	length = ipoib__attach_encode(message, sizeof(message), &attach);
	ipoib__assert(length > 0);
	return ipoib__socket_send(peer->fd, message, (size_t)length, NULL, 0);
}

static int process_read(struct ipoib_fabric *fabric, const struct ipoib__peer *peer)
{
	return ipoib__socket_receive(peer->fd, fabric->buffer, IPOIB__FRAME_MAX);
}

const struct ipoib__peer_ops ipoib__peer_process = {
	.write = process_write,
	.tell = process_tell,
	.read = process_read,
	.greet = process_greet,
};
