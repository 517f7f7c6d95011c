/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A port of a fabric in another process: its link is a local socket (ipoib-fabric(7)).
 *
 *	           ask()               the answer is good
 *	WAITING ----------> ASKING -----------------------> ATTACHED
 *	   ^                   |                               |
 *	   +-------------------+-------------------------------+
 *	     refused, no answer in time, or the socket has gone
 * While it is not attached the port is down, and keeps its queue pairs, address handles and memory.
 * After the return it tells its new attributes and asks to register.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "mock/attach.h"
#include "mock/hello.h"
#include "mock/port.h"
#include "mock/socket.h"

/* How long the first attaching may take, cut in slices so that signals do not prolong it much. */
#define SLICE_MS 50
#define SLICES	 20
/* How long a later one may take, and how long to wait before the next try: growing, jittered. */
#define ANSWER_NS      UINT64_C(1000000000)
#define RETRY_FIRST_NS UINT64_C(50000000)
#define RETRY_MAX_NS   UINT64_C(1000000000)
#define RETRY_JITTER   25 /* percent: many ports lose one fabric at once (I12) */
#define SEND_BUFFER    (1 << 20)
/* Frames read in one process(), fewer than a receive queue holds; the rest stays in the socket. */
#define READS_MAX 64

enum link_state {
	LINK_WAITING = 1,
	LINK_ASKING,
	LINK_ATTACHED,
};

struct connect_port {
	struct ipoib__port port;
	struct sockaddr_un address;
	struct ipoib__attach hello;
	enum link_state state;
	int fd; /* -1: none */
	short watched;
	uint8_t *message; /* IPOIB__FRAME_MAX octets, to receive into; most are never touched */
	uint64_t due; /* WAITING: when to ask; ASKING: until when to wait */
	uint64_t retry;
	uint64_t bad; /* messages that are neither frames nor attach messages */
};

static struct connect_port *connect_port_of(const struct ipoib__port *port)
{
	return ipoib__container_of((uintptr_t)port, struct connect_port, port);
}

/* ---- the socket ---- */

static int open_socket(void)
{
	int fd = ipoib__socket_open();

	if (fd >= 0)
		ipoib__socket_buffer(fd, SEND_BUFFER);
	return fd;
}

/* Tests have no context, and no one to watch for them. */
static int watch(struct connect_port *own, short events)
{
	int status;

	if (own->port.transport == NULL || own->fd < 0 || own->watched == events)
		return 0;
	status = ipoib_transport_watch(own->port.transport, own->fd, events);
	if (status == 0)
		own->watched = events;
	return status;
}

static void socket_close(struct connect_port *own)
{
	if (own->fd < 0)
		return;
	if (own->watched != 0)
		ipoib_transport_unwatch(own->port.transport, own->fd);
	own->watched = 0;
	close(own->fd);
	own->fd = -1;
}

/* ---- losing the fabric and finding it again ---- */

static void retry_later(struct connect_port *own, uint64_t now)
{
	socket_close(own);
	own->state = LINK_WAITING;
	own->due = now + ipoib__random_jitter(&own->port.random, own->retry, RETRY_JITTER);
	own->retry = own->retry * 2 < RETRY_MAX_NS ? own->retry * 2 : RETRY_MAX_NS;
}

static void lose(struct connect_port *own, uint64_t now)
{
	struct ipoib_port_attributes attributes = own->port.hca.port;

	own->retry = RETRY_FIRST_NS;
	retry_later(own, now);
	attributes.state = IPOIB_PORT_DOWN;
	ipoib__hca_set_port(&own->port.hca, &attributes);
}

static void ask(struct connect_port *own, uint64_t now)
{
	int status = -EAGAIN;

	own->fd = open_socket();
	if (own->fd >= 0)
		status = ipoib__socket_connect(own->fd, &own->address);
	if (status == 0)
		status = ipoib__hello_send(own->fd, &own->hello);
	if (status == 0)
		status = watch(own, POLLIN);
	if (status < 0) {
		retry_later(own, now);
		return;
	}
	own->state = LINK_ASKING;
	own->due = now + ANSWER_NS;
}

static void hear_answer(struct connect_port *own, uint64_t now)
{
	struct ipoib_port_attributes attributes = own->port.hca.port;
	int status = ipoib__hello_answer(own->fd, &attributes);

	if (status == -EAGAIN && now < own->due)
		return;
	if (status < 0) {
		retry_later(own, now);
		return;
	}
	own->state = LINK_ATTACHED;
	own->retry = RETRY_FIRST_NS;
	ipoib__hca_set_port(&own->port.hca, &attributes);
	ipoib__hca_reregister(&own->port.hca);
}

/* ---- frames ---- */

static void take_attach(struct connect_port *own, const uint8_t *message, size_t length)
{
	struct ipoib_port_attributes attributes = own->port.hca.port;
	struct ipoib__attach attach;

	if (ipoib__attach_decode(&attach, message, length) < 0 ||
	    ipoib__attach_attributes(&attributes, &attach) < 0) {
		own->bad++;
		return;
	}
	ipoib__hca_set_port(&own->port.hca, &attributes);
	if (attach.events & IPOIB__ATTACH_REREGISTER)
		ipoib__hca_reregister(&own->port.hca);
}

static void take_message(struct connect_port *own, const uint8_t *message, size_t length)
{
	struct ipoib__frame frame;
	int header;

	if (ipoib__attach_is_attach(message, length)) {
		take_attach(own, message, length);
		return;
	}
	header = ipoib__frame_decode(&frame, message, length);
	if (header < 0 || frame.length != length - (size_t)header)
		own->bad++;
	else
		ipoib__hca_receive(&own->port.hca, &frame, message + header);
}

static void read_some(struct connect_port *own, uint64_t now)
{
	for (unsigned i = 0; i < READS_MAX; i++) {
		int length = ipoib__socket_receive(own->fd, own->message, IPOIB__FRAME_MAX);

		if (length == -EAGAIN)
			return;
		if (length < 0) {
			lose(own, now);
			return;
		}
		if (length == 0)
			own->bad++;
		else
			take_message(own, own->message, (size_t)length);
	}
}

/* ---- the link's operations ---- */

static int connect_output(struct ipoib__port *port, const struct ipoib__frame *frame,
			  const void *payload)
{
	struct connect_port *own = connect_port_of(port);
	uint8_t header[IPOIB__FRAME_HEADER];
	int length = ipoib__frame_encode(header, sizeof(header), frame);

	ipoib__assert(length == IPOIB__FRAME_HEADER);
	ipoib__assert(own->state == LINK_ATTACHED); /* else the port is down */
	/* A socket that has gone loses what is written to it, like a cable; reading finds out. */
	if (ipoib__socket_send(own->fd, header, sizeof(header), payload, frame->length) != -EAGAIN)
		return 0;
	(void)watch(own, POLLIN | POLLOUT); /* watched already: no room is needed */
	return -EAGAIN;
}

static void connect_process(struct ipoib__port *port, uint64_t now)
{
	struct connect_port *own = connect_port_of(port);

	if (own->state == LINK_WAITING && now >= own->due)
		ask(own, now);
	if (own->state == LINK_ASKING)
		hear_answer(own, now);
	if (own->state == LINK_ATTACHED) {
		/* What still has no room asks for POLLOUT again when it is tried after this. */
		(void)watch(own, POLLIN);
		read_some(own, now);
	}
}

static uint64_t connect_deadline(const struct ipoib__port *port)
{
	const struct connect_port *own = connect_port_of(port);

	return own->state == LINK_ATTACHED ? IPOIB_NEVER : own->due;
}

static void connect_free(struct ipoib__memory *memory, struct connect_port *own)
{
	ipoib__memory_put(memory, own->message, IPOIB__FRAME_MAX);
	ipoib__memory_put(memory, own, sizeof(*own));
}

static void connect_destroy(struct ipoib__port *port)
{
	struct connect_port *own = connect_port_of(port);
	struct ipoib__memory memory;

	socket_close(own);
	ipoib__port_fini(port);
	memory = port->memory;
	connect_free(&memory, own);
}

static const struct ipoib__port_link connect_link = {
	.output = connect_output,
	.process = connect_process,
	.deadline = connect_deadline,
	.destroy = connect_destroy,
};

/* ---- the first time, with the caller waiting ---- */

static int wait_connect(int fd, const struct sockaddr_un *address, unsigned *slices)
{
	int status;

	while ((status = ipoib__socket_connect(fd, address)) == -EAGAIN) {
		if ((*slices)-- == 0)
			return -ETIMEDOUT;
		(void)poll(NULL, 0, SLICE_MS);
	}
	return status;
}

static int wait_answer(int fd, struct ipoib_port_attributes *attributes, unsigned *slices)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int status;

	while ((status = ipoib__hello_answer(fd, attributes)) == -EAGAIN) {
		if ((*slices)-- == 0)
			return -ETIMEDOUT;
		(void)poll(&wait, 1, SLICE_MS);
	}
	return status;
}

static int first_attach(struct connect_port *own, struct ipoib_port_attributes *attributes)
{
	unsigned slices = SLICES;
	int status;

	own->fd = open_socket();
	if (own->fd < 0)
		return own->fd;
	status = wait_connect(own->fd, &own->address, &slices);
	if (status == 0)
		status = ipoib__hello_send(own->fd, &own->hello);
	if (status == 0)
		status = wait_answer(own->fd, attributes, &slices);
	if (status < 0)
		close(own->fd);
	return status == -EPIPE ? -EPROTO : status;
}

static struct connect_port *connect_new(struct ipoib__memory *memory)
{
	struct connect_port *own = ipoib__memory_get(memory, sizeof(*own));

	if (own == NULL)
		return NULL;
	own->message = ipoib__memory_get_array_uncleared(memory, 1, IPOIB__FRAME_MAX);
	if (own->message == NULL) {
		ipoib__memory_put(memory, own, sizeof(*own));
		return NULL;
	}
	return own;
}

static uint64_t seed_of(const struct ipoib_port_attributes *attributes, uint64_t seed)
{
	uint64_t guid;

	memcpy(&guid, attributes->gid.raw + 8, sizeof(guid));
	return guid ^ seed;
}

int ipoib__port_connect(struct ipoib__port **out, struct ipoib__memory memory,
			const char *socket_path, const char *name, uint64_t seed)
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };
	struct connect_port *own;
	int status;

	own = connect_new(&memory);
	if (own == NULL)
		return -ENOMEM;
	status = ipoib__socket_address(&own->address, socket_path);
	if (status == 0)
		status = ipoib__hello_init(&own->hello, name);
	if (status == 0)
		status = first_attach(own, &attributes);
	if (status < 0) {
		connect_free(&memory, own);
		return status;
	}
	snprintf(attributes.name, sizeof(attributes.name), "%s", name);
	own->state = LINK_ATTACHED;
	own->retry = RETRY_FIRST_NS;
	own->port.memory = memory;
	status = ipoib__port_init(&own->port, &connect_link, &attributes,
				  seed_of(&attributes, seed));
	if (status < 0) {
		memory = own->port.memory;
		socket_close(own);
		connect_free(&memory, own);
		return status;
	}
	*out = &own->port;
	return 0;
}

/* The context lends its allocator; the transport keeps the context alive. */
static void *context_allocate(size_t size, void *context)
{
	return ipoib_context_allocate(context, size);
}

static void context_release(void *pointer, size_t size, void *context)
{
	ipoib_context_free(context, pointer, size);
}

int ipoib_mock_connect(struct ipoib_transport **out, struct ipoib_context *context,
		       const char *socket_path, const char *name)
{
	struct ipoib__memory memory;
	struct ipoib__port *port;
	int status;

	ipoib__memory_init(&memory, context_allocate, context_release, context);
	status = ipoib__port_connect(&port, memory, socket_path, name, ipoib_context_now(context));
	if (!status)
		status = ipoib__port_transport(out, context, port);
	if (status < 0)
		return status;
	status = watch(connect_port_of(port), POLLIN);
	if (status < 0) {
		ipoib_transport_unref(*out);
		*out = NULL;
	}
	return status;
}
