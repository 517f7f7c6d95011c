/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The message by which a process becomes a port of a fabric, and by which the fabric tells it
 * what the port is (ipoib-fabric(7)). It is the port structure of the virtual HCA, with members
 * appended. Both ends are on one machine, so integers are in its own byte order.
 *
 *	octet  0  size (4): octets of this message; the first word of a frame is its magic instead
 *	       4  LID (2)
 *	       6  LID of the subnet manager (2)
 *	       8  service level to it (1), LMC (1)
 *	      10  state (1): 1 down, 4 active
 *	      11  MTU (1): 1 is 256, ... 5 is 4096
 *	      12  port GUID (8), wire order
 *	      20  subnet prefix (8), wire order
 *	      28  device (16): "host1", filled up with zeros
 *	      44  port number (1)
 *	      45  P_Keys that count (1)
 *	      46  P_Keys (15 times 2)
 *	      76  ---- the older form ends here
 *	      76  status (4): 0 or a negative errno
 *	      80  reason (60): text, filled up with zeros
 *	     140  events (4): 1 is "register with the SA again"
 *	     144  ---- the end of this version
 *
 * A shorter message comes from an older side: what it lacks counts as zero. Of a longer one
 * the rest is ignored. The fabric answers with no more octets than it was sent.
 */
#ifndef IPOIB__MOCK_ATTACH_H
#define IPOIB__MOCK_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

struct ipoib_port_attributes;

#define IPOIB__ATTACH_SIZE_FIRST 76
#define IPOIB__ATTACH_SIZE	 144
/* A newer side may send more than we know; beyond this it is nobody's. */
#define IPOIB__ATTACH_SIZE_MAX 4096
#define IPOIB__ATTACH_DEVICE   16
#define IPOIB__ATTACH_REASON   60
#define IPOIB__ATTACH_PKEYS    15

enum {
	IPOIB__ATTACH_STATE_DOWN = 1,
	IPOIB__ATTACH_STATE_ACTIVE = 4,
};

/* Bits of events. */
#define IPOIB__ATTACH_REREGISTER UINT32_C(1)

struct ipoib__attach {
	uint32_t size; /* of the message as it came, or as it is to go */
	uint16_t lid;
	uint16_t sm_lid;
	uint8_t sm_sl;
	uint8_t lmc;
	uint8_t state;
	uint8_t mtu; /* code: wire/ib_units.h */
	uint8_t guid[8];
	uint8_t prefix[8];
	char device[IPOIB__ATTACH_DEVICE + 1]; /* terminated here, not on the wire */
	uint8_t port;
	uint8_t pkey_count;
	uint16_t pkeys[IPOIB__ATTACH_PKEYS];
	int32_t status;
	char reason[IPOIB__ATTACH_REASON + 1]; /* terminated here, not on the wire */
	uint32_t events;
};

/*
 * Returns the octets consumed; -EINVAL when the size member is not the length of the message or
 * is too small to be any version, or there are more P_Keys than room for them.
 */
int ipoib__attach_decode(struct ipoib__attach *out, const void *bytes, size_t length);
/*
 * Writes attach->size octets, of which those beyond IPOIB__ATTACH_SIZE are not written and not
 * counted. Returns the octets written, or -ENOBUFS.
 */
int ipoib__attach_encode(void *bytes, size_t room, const struct ipoib__attach *attach);

/* Whether a message may be one of these: its first word is not that of a frame. */
bool ipoib__attach_is_attach(const void *bytes, size_t length);

/* The attributes of a port, told by an accepted message; the name stays as it is. -EPROTO. */
int ipoib__attach_attributes(struct ipoib_port_attributes *out, const struct ipoib__attach *attach);

#endif
