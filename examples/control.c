/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "report.h"

/* Connections that the system holds until we look; one wake-up takes one of them. */
#define BACKLOG 16
/* From connecting to the last octet of the answer; ipoib-ctl needs milliseconds. */
#define LIMIT_SECONDS 5.
/* The same on the spare descriptor, for which others wait. */
#define LIMIT_ON_SPARE_SECONDS 1.
/* Without a descriptor: a connection that cannot be taken keeps the listener readable. */
#define PAUSE_SECONDS 1.

static void close_client(struct control_client *client)
{
	struct ev_loop *loop = client->control->loop;

	if (client->fd < 0)
		return;
	ev_io_stop(loop, &client->io);
	ev_timer_stop(loop, &client->limit);
	close(client->fd);
	client->fd = -1;
	free(client->answer);
	client->answer = NULL;
	client->topics = 0;
	client->on_spare = false;
	local_spare_keep(&client->control->spare, client->control->fd);
}

/* Closes the connection once everything is sent, or when that cannot be. */
static void send_answer(struct control_client *client)
{
	while (client->answer_sent < client->answer_length) {
		ssize_t count = send(client->fd, client->answer + client->answer_sent,
				     client->answer_length - client->answer_sent, MSG_NOSIGNAL);

		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return; /* the loop calls again when there is room */
		if (count < 0)
			break;
		client->answer_sent += (size_t)count;
	}
	close_client(client);
}

/* The document as text with a line's end, in memory that free() takes; NULL without memory. */
static char *text_of(json_t *document, size_t *length)
{
	char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;

	json_decref(document);
	if (text == NULL)
		return NULL;
	*length = strlen(text) + 1;
	text[*length - 1] = '\n'; /* the length is known: no zero is needed */
	return text;
}

static void begin_stream(struct control_client *client, unsigned topics)
{
	ev_timer_stop(client->control->loop, &client->limit);
	if (!control_stream_begin(client, topics))
		close_client(client);
}

/* A stream would keep the spare descriptor for itself. */
static json_t *document_of(struct control_client *client, unsigned topics)
{
	struct control *control = client->control;

	if (topics)
		return json_pack("{s:s}", "error", "no descriptor is left for a stream");

	json_t *document = control->answer(client->request, control->user);

	if (document == NULL)
		document = json_pack("{s:s}", "error",
				     "unknown request: it is neigh [add, del, flush or monitor], "
				     "address, conn, flux, interface, monitor, multicast, path or "
				     "stats");
	return document;
}

static void answer(struct control_client *client)
{
	struct control *control = client->control;
	unsigned topics = control->topics(client->request, control->user);

	if (topics && !client->on_spare) {
		begin_stream(client, topics);
		return;
	}
	client->answer = text_of(document_of(client, topics), &client->answer_length);
	client->answer_sent = 0;
	if (client->answer == NULL) {
		close_client(client);
		return;
	}
	ev_io_stop(control->loop, &client->io);
	ev_io_set(&client->io, client->fd, EV_WRITE);
	ev_io_start(control->loop, &client->io);
	send_answer(client);
}

static void read_request(struct control_client *client)
{
	size_t room = sizeof(client->request) - client->request_length;
	ssize_t count = recv(client->fd, client->request + client->request_length, room, 0);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		close_client(client);
		return;
	}
	client->request_length += (size_t)count;

	char *end = memchr(client->request, '\n', client->request_length);

	if (end) {
		*end = '\0';
		answer(client);
	} else if (client->request_length == sizeof(client->request)) {
		client->request[0] = '\0'; /* no request is as long as that */
		answer(client);
	}
}

/* Who has asked for a stream has nothing more to say: this is about the end of the connection. */
static bool is_gone(const struct control_client *client)
{
	char ignored[CONTROL_REQUEST_ROOM];
	ssize_t count = recv(client->fd, ignored, sizeof(ignored), 0);

	return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

static void on_stream(struct control_client *client, int events)
{
	bool over = (events & EV_READ) && is_gone(client);

	if (over || ((events & EV_WRITE) && !control_stream_send(client)))
		close_client(client);
}

static void on_client(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct control_client *client = io->data;

	(void)loop;
	if (client->topics)
		on_stream(client, events);
	else if (events & EV_WRITE)
		send_answer(client);
	else
		read_request(client);
}

static void on_limit(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	close_client(timer->data);
}

static bool gives_way_before(const struct control_client *a, const struct control_client *b)
{
	if ((a->topics == 0) != (b->topics == 0))
		return a->topics == 0;
	return a->number < b->number;
}

/*
 * A free place, or that of the oldest that only asks: an honest client is done long before it is
 * that. A stream gives way when there are streams only.
 */
static struct control_client *make_place(struct control *control)
{
	struct control_client *oldest = &control->clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0)
			return client;
		if (gives_way_before(client, oldest))
			oldest = client;
	}
	close_client(oldest);
	return oldest;
}

static void begin_client(struct control_client *client, int fd, bool on_spare)
{
	struct ev_loop *loop = client->control->loop;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	client->fd = fd;
	client->number = client->control->connections++;
	client->request_length = 0;
	ev_io_init(&client->io, on_client, fd, EV_READ);
	client->on_spare = on_spare;
	ev_timer_init(&client->limit, on_limit, on_spare ? LIMIT_ON_SPARE_SECONDS : LIMIT_SECONDS,
		      0.);
	client->io.data = client;
	client->limit.data = client;
	ev_io_start(loop, &client->io);
	ev_timer_start(loop, &client->limit);
}

static void on_pause_over(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)events;
	ev_io_start(loop, &control->io);
}

static void on_connection(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct control *control = io->data;
	bool on_spare;
	int fd = local_accept(&control->spare, control->fd, &on_spare);

	(void)events;
	if (fd >= 0) {
		begin_client(make_place(control), fd, on_spare);
	} else if (fd == -EMFILE) {
		ev_io_stop(loop, io);
		ev_timer_set(&control->pause, PAUSE_SECONDS, 0.);
		ev_timer_start(loop, &control->pause);
	}
}

int control_open(struct control *control, struct ev_loop *loop, const char *path,
		 control_answer *answer_to, control_topics *topics_of, void *user)
{
	*control = (struct control){ .loop = loop, .answer = answer_to, .topics = topics_of,
				     .user = user, .path = path, .fd = -1,
				     .spare = LOCAL_SPARE_NONE };
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i] = (struct control_client){ .control = control, .fd = -1 };
	if (path == NULL)
		return 0;

	int fd = local_listen(path, BACKLOG);

	if (fd == -EADDRINUSE)
		report("--control %s: somebody listens there already; choose another name", path);
	else if (fd == -ENOTSOCK)
		report("--control %s: a file of this name is there and is no socket; choose "
		       "another name",
		       path);
	else if (fd < 0)
		report("--control %s: %s", path, error_text(fd));
	if (fd < 0)
		return fd;
	control->fd = fd;
	local_spare_keep(&control->spare, fd);
	ev_io_init(&control->io, on_connection, fd, EV_READ);
	ev_timer_init(&control->pause, on_pause_over, PAUSE_SECONDS, 0.);
	control->io.data = control;
	control->pause.data = control;
	ev_io_start(loop, &control->io);
	return 0;
}

void control_close(struct control *control)
{
	if (control->fd < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close_client(&control->clients[i]);
	ev_io_stop(control->loop, &control->io);
	ev_timer_stop(control->loop, &control->pause);
	local_spare_close(&control->spare);
	unlink(control->path);
	close(control->fd);
	control->fd = -1;
}
