/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/umad_channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>

#include <infiniband/umad.h>

#include "base/bytes.h"
#include "wire/sa.h"

/* Where the services of a port are, and with which Q_Key (IBA 3.5.10, 10.2.5). */
#define SERVICES_QPN  1
#define SERVICES_QKEY 0x80010000
/* The GUID under which every port finds the SA of its subnet (IBA 14.4, as the kernel asks). */
#define SA_WELL_KNOWN_GUID UINT64_C(0x0200000000000002)
/* A P_Key without its membership bit, and the default partition, where every SA is. */
#define PKEY_PARTITION 0x7fff
/* link_layer as the kernel writes it, and as libibumad does when an old kernel writes none. */
static const char *const link_layers[] = { "InfiniBand", "IB" };

/* ---- the port ---- */

static bool is_infiniband(const umad_port_t *port)
{
	for (size_t i = 0; i < sizeof(link_layers) / sizeof(link_layers[0]); i++)
		if (strcmp(port->link_layer, link_layers[i]) == 0)
			return true;
	return false;
}

/* Where the default partition stands in the table, its full member's form preferred; else 0. */
static uint16_t default_pkey_index(const umad_port_t *port)
{
	uint16_t index = 0;
	bool found = false;

	for (unsigned i = 0; i < port->pkeys_size; i++) {
		uint16_t pkey = port->pkeys[i];

		if ((pkey & PKEY_PARTITION) != PKEY_PARTITION)
			continue;
		if (!found || pkey != PKEY_PARTITION)
			index = (uint16_t)i;
		if (pkey != PKEY_PARTITION)
			break;
		found = true;
	}
	return index;
}

int ipoib__umad_channel_port(struct ipoib__umad_port *out, const char *device, unsigned port)
{
	umad_port_t system = { .portnum = 0 };
	int status = 0;

	/* A name that is longer than libibumad's is no device of it; port 0 would mean any. */
	if (strlen(device) >= UMAD_CA_NAME_LEN || port == 0 || port >= UMAD_CA_MAX_PORTS)
		return -ENODEV;
	if (umad_init() < 0 || umad_get_port(device, (int)port, &system) < 0)
		return -ENODEV;
	*out = (struct ipoib__umad_port){
		.lid = (uint16_t)system.base_lid,
		.sm_lid = (uint16_t)system.sm_lid,
		.sm_sl = (uint8_t)system.sm_sl,
		.pkey_index = default_pkey_index(&system),
	};
	memcpy(out->gid.raw, &system.gid_prefix, 8);
	memcpy(out->gid.raw + 8, &system.port_guid, 8);
	if (!is_infiniband(&system))
		status = -ENOTSUP;
	(void)umad_release_port(&system);
	return status;
}

/* ---- life ---- */

/* libibumad says -EIO to every reason why the device file does not open, and leaves it in errno. */
static int open_port(const char *device, unsigned port)
{
	errno = 0;
	int fd = umad_open_port(device, (int)port);

	if (fd >= 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		return -EACCES;
	return fd == -EIO && errno != 0 && errno != ENOENT ? -EIO : -ENODEV;
}

int ipoib__umad_channel_open(struct ipoib__umad_channel *channel, struct ipoib__memory *memory,
			     const char *device, unsigned port)
{
	int fd = open_port(device, port);

	if (fd < 0)
		return fd;
	/* A simulator's descriptor is none of the system's, and inherits nothing either. */
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	*channel = (struct ipoib__umad_channel){ .memory = memory, .fd = fd };
	/* No methods: nothing is asked of us. No RMPP: every answer to us is one MAD. */
	channel->agent = umad_register(fd, IPOIB__MAD_CLASS_SA, IPOIB__SA_CLASS_VERSION, 0, NULL);
	/* How long libibumad's header is, it knows only after opening: the kernel tells it. */
	channel->buffer_size = umad_size() + IPOIB__MAD_LENGTH;
	channel->buffer = ipoib__memory_get(memory, channel->buffer_size);
	if (channel->agent < 0 || channel->buffer == NULL) {
		int status = channel->buffer == NULL ? -ENOMEM : -EIO;

		ipoib__umad_channel_close(channel);
		return status;
	}
	return 0;
}

/*
 * Closing unregisters, as the kernel sees it. ibsim's library must not be asked to do so before: an
 * answer to an agent that is gone ends the process there.
 */
void ipoib__umad_channel_close(struct ipoib__umad_channel *channel)
{
	(void)umad_close_port(channel->fd);
	ipoib__memory_put(channel->memory, channel->buffer, channel->buffer_size);
}

/* ---- MADs ---- */

static void set_grh(struct ipoib__umad_channel *channel, const struct ipoib__umad_port *port)
{
	ib_mad_addr_t to;
	struct ipoib__writer w;

	memset(&to, 0, sizeof(to));
	ipoib__writer_init(&w, to.gid, sizeof(to.gid));
	ipoib__write_bytes(&w, port->gid.raw, 8);
	ipoib__write_u64(&w, SA_WELL_KNOWN_GUID);
	(void)umad_set_grh(channel->buffer, &to);
}

int ipoib__umad_channel_send(struct ipoib__umad_channel *channel,
			     const struct ipoib__umad_port *port,
			     const uint8_t mad[IPOIB__MAD_LENGTH], unsigned milliseconds)
{
	memset(channel->buffer, 0, channel->buffer_size);
	memcpy(umad_get_mad(channel->buffer), mad, IPOIB__MAD_LENGTH);
	/* This call takes host order, whatever is read back from a buffer is big-endian. */
	(void)umad_set_addr(channel->buffer, port->sm_lid, SERVICES_QPN, port->sm_sl,
			    (int)SERVICES_QKEY);
	(void)umad_set_pkey(channel->buffer, port->pkey_index);
	if (port->global)
		set_grh(channel, port);
	/* No repetitions of its own: the client has its own, and counts them. */
	return umad_send(channel->fd, channel->agent, channel->buffer, IPOIB__MAD_LENGTH,
			 (int)milliseconds, 0) < 0
		       ? -EIO
		       : 0;
}

int ipoib__umad_channel_receive(struct ipoib__umad_channel *channel,
				struct ipoib__umad_arrival *arrival)
{
	int length = IPOIB__MAD_LENGTH;

	/* Reading a simulator's descriptor waits, whatever its flags are: look before. */
	if (umad_poll(channel->fd, 0) < 0)
		return 0;
	int agent = umad_recv(channel->fd, channel->buffer, &length, 0);
	if (agent < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -EIO;
	/* It may be shorter than a MAD: a simulator carries 224 octets, a MAD come back has 24. */
	arrival->mad = umad_get_mad(channel->buffer);
	arrival->length = length < 0 ? 0 : (size_t)length;
	arrival->lid = ntohs(umad_get_mad_addr(channel->buffer)->lid);
	/* Before all else: what came back must not be read as an answer. */
	arrival->unanswered = umad_status(channel->buffer) != 0;
	return 1;
}
