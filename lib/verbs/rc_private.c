/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/rc_private.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

#define PORT_FIRST 1024
/* Linux gives out 32768 and above where no port is asked for. */
#define PORTS (32768 - PORT_FIRST)
/* The part of a service ID that is the number of a queue pair. */
#define QPN UINT64_C(0xffffff)
#define MARK 0x5269

uint16_t ipoib__rc_port(uint64_t service_id)
{
	return (uint16_t)(PORT_FIRST + (service_id & QPN) % PORTS);
}

size_t ipoib__rc_request_encode(uint8_t to[IPOIB__RC_REQ_ROOM], uint64_t service_id,
				const void *data, size_t length)
{
	struct ipoib__writer writer;

	ipoib__assert(length <= IPOIB__RC_REQ_USER);
	ipoib__writer_init(&writer, to, IPOIB__RC_REQ_ROOM);
	ipoib__write_u64(&writer, service_id);
	ipoib__write_bytes(&writer, data, length);
	return ipoib__write_length(&writer);
}

bool ipoib__rc_request_decode(const void *bytes, size_t length, uint64_t *service_id)
{
	struct ipoib__reader reader;

	if (length < IPOIB__RC_REQ_HEADER)
		return false;
	ipoib__reader_init(&reader, bytes, length);
	*service_id = ipoib__read_u64(&reader);
	return true;
}

size_t ipoib__rc_refusal_encode(uint8_t to[IPOIB__RC_REJ_ROOM], uint16_t reason, const void *data,
				size_t length)
{
	struct ipoib__writer writer;

	if (length > IPOIB__RC_REJ_ROOM - IPOIB__RC_REJ_HEADER)
		length = IPOIB__RC_REJ_ROOM - IPOIB__RC_REJ_HEADER;
	ipoib__writer_init(&writer, to, IPOIB__RC_REJ_ROOM);
	ipoib__write_u16(&writer, MARK);
	ipoib__write_u16(&writer, reason);
	ipoib__write_bytes(&writer, data, length);
	return ipoib__write_length(&writer);
}

bool ipoib__rc_refusal_decode(const void *bytes, size_t length, uint16_t *reason)
{
	struct ipoib__reader reader;

	if (length < IPOIB__RC_REJ_HEADER)
		return false;
	ipoib__reader_init(&reader, bytes, length);
	if (ipoib__read_u16(&reader) != MARK)
		return false;
	*reason = ipoib__read_u16(&reader);
	return true;
}

uint64_t ipoib__rc_be64(uint64_t value)
{
	uint8_t octets[sizeof(value)];
	struct ipoib__writer writer;

	ipoib__writer_init(&writer, octets, sizeof(octets));
	ipoib__write_u64(&writer, value);
	memcpy(&value, octets, sizeof(value));
	return value;
}
