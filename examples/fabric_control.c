/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fabric_control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fabric_apply.h"
#include "report.h"

/* Connections that the system holds until we look; one wake-up takes one of them. */
#define BACKLOG 16
/* From connecting to the last octet of the answer; ipoib-ctl needs milliseconds. */
#define LIMIT_NS UINT64_C(5000000000)
/* The same on the spare descriptor, for which others wait. */
#define LIMIT_ON_SPARE_NS UINT64_C(1000000000)
/* Without a descriptor: a connection that cannot be taken keeps the listener readable. */
#define PAUSE_NS UINT64_C(1000000000)

/* ---- connections ---- */

static void client_close(struct fabric_control *control, struct fabric_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->answer);
	*client = (struct fabric_client){ .fd = -1 };
	local_spare_keep(&control->spare, control->fd);
}

/* A free place, or that of the oldest: an honest client is done long before it is that. */
static struct fabric_client *make_place(struct fabric_control *control)
{
	struct fabric_client *oldest = &control->clients[0];

	for (size_t i = 0; i < FABRIC_CLIENTS_MAX; i++) {
		struct fabric_client *client = &control->clients[i];

		if (client->fd < 0)
			return client;
		if (client->until < oldest->until)
			oldest = client;
	}
	client_close(control, oldest);
	return oldest;
}

static void take_connection(struct fabric_control *control, uint64_t now)
{
	bool on_spare;
	int fd = local_accept(&control->spare, control->fd, &on_spare);
	struct fabric_client *client;

	control->resume = fd == -EMFILE ? now + PAUSE_NS : 0;
	if (fd < 0)
		return;
	client = make_place(control);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	client->fd = fd;
	client->until = now + (on_spare ? LIMIT_ON_SPARE_NS : LIMIT_NS);
}

/* ---- answers ---- */

/* What a client wrote comes back in it, and need not be UTF-8. */
static json_t *error_document(char error[FABRIC_ERROR_ROOM])
{
	json_t *document = json_pack("{s:s}", "error", error);

	for (char *octet = error; document == NULL && *octet != '\0'; octet++)
		if ((unsigned char)*octet >= 0x80)
			*octet = '?';
	return document ? document : json_pack("{s:s}", "error", error);
}

static json_t *document_of(struct fabric_control *control, const char *line)
{
	struct fabric_command command;
	char error[FABRIC_ERROR_ROOM];

	if (!fabric_command_read(&command, line, error))
		return error_document(error);
	if (command.verb == FABRIC_STATUS)
		return fabric_status(control->fabric, control->external_sm);
	if (control->external_sm && !fabric_apply_external(&command, error))
		return error_document(error);
	if (!fabric_apply(control->fabric, &command, error))
		return error_document(error);
	return json_pack("{s:b}", "ok", 1);
}

/* Closes the connection once everything is sent, or when that cannot be. */
static void send_answer(struct fabric_control *control, struct fabric_client *client)
{
	while (client->answer_sent < client->answer_length) {
		ssize_t count = send(client->fd, client->answer + client->answer_sent,
				     client->answer_length - client->answer_sent, MSG_NOSIGNAL);

		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return; /* poll(2) says when there is room */
		if (count < 0)
			break;
		client->answer_sent += (size_t)count;
	}
	client_close(control, client);
}

static void answer(struct fabric_control *control, struct fabric_client *client)
{
	json_t *document = document_of(control, client->line);

	client->answer = document ? json_dumps(document, JSON_COMPACT) : NULL;
	json_decref(document);
	if (client->answer == NULL) {
		client_close(control, client);
		return;
	}
	client->answer_length = strlen(client->answer) + 1;
	client->answer[client->answer_length - 1] = '\n'; /* the length is known */
	send_answer(control, client);
}

static void read_line(struct fabric_control *control, struct fabric_client *client)
{
	ssize_t count = recv(client->fd, client->line + client->line_length,
			     sizeof(client->line) - client->line_length, 0);
	char *end;

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		client_close(control, client);
		return;
	}
	client->line_length += (size_t)count;
	end = memchr(client->line, '\n', client->line_length);
	if (end) {
		*end = '\0';
		answer(control, client);
	} else if (client->line_length == sizeof(client->line)) {
		client->line[0] = '\0'; /* no command is as long as that */
		answer(control, client);
	}
}

/* ---- the socket ---- */

int fabric_control_open(struct fabric_control *control, struct ipoib_fabric *fabric,
			const char *fabric_socket)
{
	int fd;

	*control = (struct fabric_control){ .fabric = fabric, .fd = -1,
					    .spare = LOCAL_SPARE_NONE };
	for (size_t i = 0; i < FABRIC_CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	if (!fabric_control_path(control->path, fabric_socket)) {
		report("--socket %s: the name is too long for a socket with \".control\" behind "
		       "it; choose a shorter one",
		       fabric_socket);
		return -ENAMETOOLONG;
	}
	fd = local_listen(control->path, BACKLOG);
	if (fd == -EADDRINUSE)
		report("the control socket %s: somebody listens there already; choose another "
		       "name for --socket",
		       control->path);
	else if (fd == -ENOTSOCK)
		report("the control socket %s: a file of this name is there and is no socket; "
		       "choose another name for --socket",
		       control->path);
	else if (fd < 0)
		report("the control socket %s: %s", control->path, error_text(fd));
	if (fd < 0)
		return fd;
	control->fd = fd;
	local_spare_keep(&control->spare, fd);
	return 0;
}

void fabric_control_close(struct fabric_control *control)
{
	if (control->fd < 0)
		return;
	for (size_t i = 0; i < FABRIC_CLIENTS_MAX; i++)
		client_close(control, &control->clients[i]);
	local_spare_close(&control->spare);
	unlink(control->path);
	close(control->fd);
	control->fd = -1;
}

/* ---- the loop ---- */

void fabric_control_pollfds(const struct fabric_control *control,
			    struct pollfd fds[FABRIC_CONTROL_POLLFDS])
{
	fds[0] = (struct pollfd){ .fd = control->resume == 0 ? control->fd : -1,
				  .events = POLLIN };
	for (size_t i = 0; i < FABRIC_CLIENTS_MAX; i++) {
		const struct fabric_client *client = &control->clients[i];

		fds[1 + i] = (struct pollfd){ .fd = client->fd,
					      .events = client->answer ? POLLOUT : POLLIN };
	}
}

void fabric_control_dispatch(struct fabric_control *control,
			     const struct pollfd fds[FABRIC_CONTROL_POLLFDS], uint64_t now)
{
	for (size_t i = 0; i < FABRIC_CLIENTS_MAX; i++) {
		struct fabric_client *client = &control->clients[i];

		if (client->fd < 0)
			continue;
		if (fds[1 + i].revents && client->answer)
			send_answer(control, client);
		else if (fds[1 + i].revents)
			read_line(control, client);
		if (client->fd >= 0 && now >= client->until)
			client_close(control, client);
	}
	if (control->fd >= 0 &&
	    (fds[0].revents || (control->resume != 0 && now >= control->resume)))
		take_connection(control, now);
}

uint64_t fabric_control_deadline(const struct fabric_control *control)
{
	uint64_t deadline = control->resume != 0 ? control->resume : UINT64_MAX;

	for (size_t i = 0; i < FABRIC_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && control->clients[i].until < deadline)
			deadline = control->clients[i].until;
	return deadline;
}
