/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Streams of the control socket. What waits for a client stands in a buffer of its own,
 *
 *      | sent already | answer_sent ... answer_length | room |
 *
 * whole lines only, so that what does not fit can be left out and its number told.
 */
#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* {"lost":N} and a line's end. */
#define LOST_TEXT 40

static bool append(struct control_client *client, const char *text, size_t length)
{
	if (client->answer_sent > 0) {
		client->answer_length -= client->answer_sent;
		memmove(client->answer, client->answer + client->answer_sent,
			client->answer_length);
		client->answer_sent = 0;
	}
	if (length > CONTROL_STREAM_ROOM - client->answer_length)
		return false;
	memcpy(client->answer + client->answer_length, text, length);
	client->answer_length += length;
	return true;
}

/* What was left out is told where it is missing: before the next line, or when all was read. */
static bool tell_lost(struct control_client *client)
{
	char text[LOST_TEXT];
	int length = snprintf(text, sizeof(text), "{\"lost\":%" PRIu64 "}\n", client->lost);

	if (client->lost > 0 && !append(client, text, (size_t)length))
		return false;
	client->lost = 0;
	return true;
}

static void watch(struct control_client *client)
{
	struct ev_loop *loop = client->control->loop;
	int events = client->answer_sent < client->answer_length ? EV_READ | EV_WRITE : EV_READ;

	if (ev_is_active(&client->io) && (client->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop, &client->io);
	ev_io_set(&client->io, client->fd, events);
	ev_io_start(loop, &client->io);
}

bool control_stream_send(struct control_client *client)
{
	do {
		while (client->answer_sent < client->answer_length) {
			ssize_t count = send(client->fd, client->answer + client->answer_sent,
					     client->answer_length - client->answer_sent,
					     MSG_NOSIGNAL);

			if (count < 0 && errno != EAGAIN && errno != EINTR)
				return false;
			if (count < 0) {
				watch(client); /* the loop calls again when there is room */
				return true;
			}
			client->answer_sent += (size_t)count;
		}
	} while (client->lost > 0 && tell_lost(client));
	watch(client);
	return true;
}

/*
 * Only the loop sends: a stream that fails is closed from there, and not while others are told, and
 * a burst of events is one send.
 */
static void add_line(struct control_client *client, const char *text, size_t length)
{
	if (!tell_lost(client) || text == NULL || !append(client, text, length))
		client->lost++;
	watch(client);
}

static char *line_of(json_t *document, size_t *length)
{
	char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;

	json_decref(document);
	if (text == NULL)
		return NULL;
	*length = strlen(text) + 1;
	text[*length - 1] = '\n'; /* the length is known: no zero is needed */
	return text;
}

bool control_stream_begin(struct control_client *client, unsigned topics)
{
	size_t length = 0;
	char *first = line_of(json_pack("{s:s}", "stream", client->request), &length);

	client->answer = first ? malloc(CONTROL_STREAM_ROOM) : NULL;
	client->answer_length = 0;
	client->answer_sent = 0;
	client->lost = 0;
	client->topics = topics;
	if (client->answer)
		add_line(client, first, length);
	free(first);
	return client->answer != NULL;
}

bool control_wanted(const struct control *control, unsigned topic)
{
	for (size_t i = 0; control->fd >= 0 && i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && (control->clients[i].topics & topic))
			return true;
	return false;
}

void control_publish(struct control *control, unsigned topic, json_t *event)
{
	size_t length = 0;
	char *line = line_of(event, &length);

	for (size_t i = 0; control->fd >= 0 && i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && (control->clients[i].topics & topic))
			add_line(&control->clients[i], line, length);
	free(line);
}
