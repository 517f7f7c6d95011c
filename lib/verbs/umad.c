/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/umad.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "verbs/umad_channel.h"

/*
 * Taken in one call of process(): every answer that can be awaited, as many MADs that came back,
 * and some that nobody asked for.
 */
#define RECEIVES_MAX 256
/* Between two looks at a descriptor that cannot be watched. */
#define POLL_INTERVAL UINT64_C(1000000)
/* Room for the path of a module's folder. */
#define PATH_ROOM 256

struct ipoib__umad {
	struct ipoib__memory *memory;
	struct ipoib__umad_channel channel;
	struct ipoib__umad_port port;
	struct ipoib__sa_client sa;
	struct ipoib__umad_counters counters; /* without sa's */
	const char *modules;
	uint64_t now; /* of the last process() */
	bool polled;
	bool more; /* the last process() did not take all there was */
	bool broken;
};

/* ---- sending ---- */

/*
 * How long the kernel waits for the answer. It hands an answer on only while it does; and as long
 * it refuses the same transaction ID, so that a repetition must find the earlier sending given up.
 */
static unsigned answer_milliseconds(const uint8_t mad[IPOIB__MAD_LENGTH])
{
	struct ipoib__mad header;
	uint64_t spacing = IPOIB__SA_JOIN_LIMIT / IPOIB__SA_SENDS;

	if (ipoib__mad_decode(&header, mad, IPOIB__MAD_LENGTH) > 0 &&
	    header.method == IPOIB__MAD_GET)
		spacing = IPOIB__SA_PATH_LIMIT / IPOIB__SA_SENDS;
	spacing -= spacing * IPOIB__SA_JITTER / 100; /* the shortest that it may be */
	return (unsigned)((spacing - spacing / 8) / 1000000);
}

/* What cannot be sent is as good as lost: the client repeats it, and gives it up. */
static void emit(void *owner, const uint8_t mad[IPOIB__MAD_LENGTH])
{
	struct ipoib__umad *umad = owner;

	if (umad->broken || umad->port.sm_lid == 0 ||
	    ipoib__umad_channel_send(&umad->channel, &umad->port, mad, answer_milliseconds(mad)) <
		    0)
		umad->counters.unsent++;
}

/* ---- receiving ---- */

/* false: there was nothing. */
static bool receive_one(struct ipoib__umad *umad)
{
	struct ipoib__umad_arrival arrival;
	int status = ipoib__umad_channel_receive(&umad->channel, &arrival);

	if (status < 0)
		umad->broken = true;
	if (status <= 0)
		return false;
	/* It is our own question then; whatever its status says, the SA did not say it. */
	if (arrival.unanswered)
		umad->counters.unanswered++;
	else if (arrival.lid != umad->port.sm_lid)
		umad->counters.foreign++;
	else
		ipoib__sa_receive(&umad->sa, arrival.mad, arrival.length);
	return true;
}

void ipoib__umad_process(struct ipoib__umad *umad, uint64_t now)
{
	unsigned count = 0;

	umad->now = now;
	while (count < RECEIVES_MAX && !umad->broken && receive_one(umad))
		count++;
	umad->more = count == RECEIVES_MAX;
	ipoib__sa_expire(&umad->sa, now);
}

uint64_t ipoib__umad_deadline(const struct ipoib__umad *umad)
{
	uint64_t deadline = ipoib__sa_deadline(&umad->sa);

	if (umad->more || ipoib__sa_answered(&umad->sa))
		return 0;
	if (umad->polled && umad->sa.in_flight > 0 && deadline > umad->now + POLL_INTERVAL)
		return umad->now + POLL_INTERVAL;
	return deadline;
}

/* ---- life ---- */

int ipoib__umad_open(struct ipoib__umad **out, const struct ipoib__umad_config *config)
{
	struct ipoib__umad *umad = ipoib__memory_get(config->memory, sizeof(*umad));

	if (umad == NULL)
		return -ENOMEM;
	umad->memory = config->memory;
	umad->modules = config->modules != NULL ? config->modules : "/sys/module";
	int status = ipoib__umad_read_port(&umad->port, config->device, config->port);
	if (status == 0)
		status = ipoib__umad_channel_open(&umad->channel, config->memory, config->device,
						  config->port);
	if (status < 0) {
		ipoib__memory_put(config->memory, umad, sizeof(*umad));
		return status;
	}
	ipoib__sa_init(&umad->sa, config->memory, config->random, emit, umad);
	*out = umad;
	return 0;
}

void ipoib__umad_close(struct ipoib__umad *umad)
{
	if (umad == NULL)
		return;
	ipoib__sa_farewell(&umad->sa);
	ipoib__umad_channel_close(&umad->channel);
	ipoib__memory_put(umad->memory, umad, sizeof(*umad));
}

int ipoib__umad_read_port(struct ipoib__umad_port *out, const char *device, unsigned port)
{
	return ipoib__umad_channel_port(out, device, port);
}

const struct ipoib__umad_port *ipoib__umad_port(const struct ipoib__umad *umad)
{
	return &umad->port;
}

void ipoib__umad_set_port(struct ipoib__umad *umad, const struct ipoib__umad_port *port)
{
	umad->port = *port;
}

int ipoib__umad_fd(const struct ipoib__umad *umad)
{
	return umad->channel.fd;
}

bool ipoib__umad_is_broken(const struct ipoib__umad *umad)
{
	return umad->broken;
}

void ipoib__umad_set_polled(struct ipoib__umad *umad)
{
	umad->polled = true;
}

/* ---- the operations ---- */

int ipoib__umad_path(struct ipoib__umad *umad, uint64_t id, const struct ipoib_gid *dgid,
		     uint16_t pkey)
{
	return ipoib__sa_path(&umad->sa, id, dgid, &umad->port.gid, pkey);
}

int ipoib__umad_join(struct ipoib__umad *umad, uint64_t id,
		     const struct ipoib_multicast_record *wanted)
{
	return ipoib__sa_join(&umad->sa, id, wanted, &umad->port.gid);
}

/*
 * A module has its folder while it is loaded, and one that is built in has it for ever. Who cannot
 * look must not act as if there were none.
 */
static bool may_leave(const struct ipoib__umad *umad)
{
	char path[PATH_ROOM];
	struct stat status;
	int length = snprintf(path, sizeof(path), "%s/ib_ipoib", umad->modules);

	return length > 0 && (size_t)length < sizeof(path) && stat(umad->modules, &status) == 0 &&
	       stat(path, &status) < 0 && errno == ENOENT;
}

void ipoib__umad_leave(struct ipoib__umad *umad, const struct ipoib_multicast_record *group)
{
	if (may_leave(umad))
		ipoib__sa_leave(&umad->sa, group, &umad->port.gid);
	else
		umad->counters.kept++;
}

void ipoib__umad_cancel(struct ipoib__umad *umad, uint64_t id)
{
	ipoib__sa_cancel(&umad->sa, id);
}

bool ipoib__umad_next_event(struct ipoib__umad *umad, struct ipoib_transport_event *event)
{
	return ipoib__sa_next(&umad->sa, event);
}

unsigned ipoib__umad_in_flight(const struct ipoib__umad *umad)
{
	return umad->sa.in_flight;
}

struct ipoib__umad_counters ipoib__umad_counters(const struct ipoib__umad *umad)
{
	struct ipoib__umad_counters counters = umad->counters;

	counters.sa = umad->sa.counters;
	return counters;
}
