/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/attach.h"

#include <ipoib/transport.h>

#include "base/bytes.h"
#include "mock/frame.h"
#include "wire/ib_units.h"

/* Integers here are in the machine's own order, so they are copied and not put together. */
static void read_own(struct ipoib__reader *reader, void *out, size_t size)
{
	ipoib__read_bytes(reader, out, size);
}

static void write_own(struct ipoib__writer *writer, const void *in, size_t size)
{
	ipoib__write_bytes(writer, in, size);
}

int ipoib__attach_decode(struct ipoib__attach *out, const void *bytes, size_t length)
{
	uint8_t image[IPOIB__ATTACH_SIZE] = { 0 };
	struct ipoib__attach attach = { 0 };
	struct ipoib__reader reader;

	if (length < IPOIB__ATTACH_SIZE_FIRST || length > IPOIB__ATTACH_SIZE_MAX)
		return -EINVAL;
	memcpy(image, bytes, length < sizeof(image) ? length : sizeof(image));

	ipoib__reader_init(&reader, image, sizeof(image));
	read_own(&reader, &attach.size, sizeof(attach.size));
	read_own(&reader, &attach.lid, sizeof(attach.lid));
	read_own(&reader, &attach.sm_lid, sizeof(attach.sm_lid));
	attach.sm_sl = ipoib__read_u8(&reader);
	attach.lmc = ipoib__read_u8(&reader);
	attach.state = ipoib__read_u8(&reader);
	attach.mtu = ipoib__read_u8(&reader);
	ipoib__read_bytes(&reader, attach.guid, sizeof(attach.guid));
	ipoib__read_bytes(&reader, attach.prefix, sizeof(attach.prefix));
	ipoib__read_bytes(&reader, attach.device, IPOIB__ATTACH_DEVICE);
	attach.port = ipoib__read_u8(&reader);
	attach.pkey_count = ipoib__read_u8(&reader);
	read_own(&reader, attach.pkeys, sizeof(attach.pkeys));
	read_own(&reader, &attach.status, sizeof(attach.status));
	ipoib__read_bytes(&reader, attach.reason, IPOIB__ATTACH_REASON);
	read_own(&reader, &attach.events, sizeof(attach.events));
	ipoib__assert(!reader.failed && ipoib__read_left(&reader) == 0);

	if (attach.size != length || attach.pkey_count > IPOIB__ATTACH_PKEYS)
		return -EINVAL;
	*out = attach;
	return (int)length;
}

int ipoib__attach_encode(void *bytes, size_t room, const struct ipoib__attach *attach)
{
	uint8_t image[IPOIB__ATTACH_SIZE];
	struct ipoib__writer writer;
	uint32_t size = attach->size;

	ipoib__assert(size >= IPOIB__ATTACH_SIZE_FIRST);
	if (size > IPOIB__ATTACH_SIZE)
		size = IPOIB__ATTACH_SIZE;
	if (room < size)
		return -ENOBUFS;

	ipoib__writer_init(&writer, image, sizeof(image));
	write_own(&writer, &size, sizeof(size));
	write_own(&writer, &attach->lid, sizeof(attach->lid));
	write_own(&writer, &attach->sm_lid, sizeof(attach->sm_lid));
	ipoib__write_u8(&writer, attach->sm_sl);
	ipoib__write_u8(&writer, attach->lmc);
	ipoib__write_u8(&writer, attach->state);
	ipoib__write_u8(&writer, attach->mtu);
	ipoib__write_bytes(&writer, attach->guid, sizeof(attach->guid));
	ipoib__write_bytes(&writer, attach->prefix, sizeof(attach->prefix));
	ipoib__write_bytes(&writer, attach->device, IPOIB__ATTACH_DEVICE);
	ipoib__write_u8(&writer, attach->port);
	ipoib__write_u8(&writer, attach->pkey_count);
	write_own(&writer, attach->pkeys, sizeof(attach->pkeys));
	write_own(&writer, &attach->status, sizeof(attach->status));
	ipoib__write_bytes(&writer, attach->reason, IPOIB__ATTACH_REASON);
	write_own(&writer, &attach->events, sizeof(attach->events));
	ipoib__assert(ipoib__write_result(&writer) == IPOIB__ATTACH_SIZE);

	memcpy(bytes, image, size);
	return (int)size;
}

bool ipoib__attach_is_attach(const void *bytes, size_t length)
{
	struct ipoib__reader reader;

	ipoib__reader_init(&reader, bytes, length);
	return ipoib__read_u32(&reader) != IPOIB__FRAME_MAGIC && !reader.failed;
}

int ipoib__attach_attributes(struct ipoib_port_attributes *out, const struct ipoib__attach *attach)
{
	unsigned mtu = ipoib__mtu_to_octets(attach->mtu);

	/* A LID of a port is a unicast one; it has none (0) before a subnet manager has seen it. */
	if (mtu == 0 || ipoib__lid_is_multicast(attach->lid) ||
	    attach->lid == IPOIB__LID_PERMISSIVE ||
	    (attach->lid == 0 && attach->state == IPOIB__ATTACH_STATE_ACTIVE))
		return -EPROTO;

	memcpy(out->gid.raw, attach->prefix, sizeof(attach->prefix));
	memcpy(out->gid.raw + sizeof(attach->prefix), attach->guid, sizeof(attach->guid));
	out->mtu = mtu;
	out->lid = attach->lid;
	out->sm_lid = attach->sm_lid;
	out->sm_sl = attach->sm_sl & 0xf;
	out->lmc = attach->lmc & 7;
	out->state =
		attach->state == IPOIB__ATTACH_STATE_ACTIVE ? IPOIB_PORT_ACTIVE : IPOIB_PORT_DOWN;
	out->pkey_count = attach->pkey_count;
	memset(out->pkeys, 0, sizeof(out->pkeys));
	memcpy(out->pkeys, attach->pkeys, attach->pkey_count * sizeof(attach->pkeys[0]));
	return 0;
}
