/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Neighbour solicitation and advertisement (RFC 4861 sections 4.3, 4.4) with the 20-octet
 * addresses of IPoIB (RFC 4391 section 9.3), as whole IPv6 packets. The four octets of
 * encapsulation in front are wire/encap.h's.
 *
 * RFC 4391 puts two octets of padding before the link address of an option, to align it. FreeBSD
 * pads at the end, and whoever reads one as the other has flags, queue pair and GID all wrong. We
 * write the first form only and read both, told apart by where the subnet prefix of the link
 * stands.
 */
#ifndef IPOIB__WIRE_ND_H
#define IPOIB__WIRE_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

/* The longest that is written: IPv6 header (40), message (24), link address option (24). */
#define IPOIB__ND_LENGTH_MAX 88

/* Types of ICMPv6. */
enum {
	IPOIB__ND_SOLICITATION = 135,
	IPOIB__ND_ADVERTISEMENT = 136,
};

/* Flags of an advertisement. */
enum {
	IPOIB__ND_ROUTER = 0x80,
	IPOIB__ND_SOLICITED = 0x40,
	IPOIB__ND_OVERRIDE = 0x20,
};

struct ipoib__nd {
	uint8_t type;  /* IPOIB__ND_SOLICITATION or _ADVERTISEMENT */
	uint8_t flags; /* IPOIB__ND_ROUTER | ...; 0 in a solicitation */
	uint8_t target[16];
	uint8_t source[16]; /* of the packet; :: in the solicitation of DAD */
	uint8_t destination[16];
	/*
	 * The source link address option of a solicitation, the target link address option of an
	 * advertisement; zero when there is none.
	 */
	bool has_link;
	struct ipoib_link_address link;
	/* On decoding: the option had its padding at the wrong end. */
	bool padded_at_end;
};

/*
 * Checks all that RFC 4861 sections 7.1.1 and 7.1.2 want checked. An unknown option is skipped; of
 * two link addresses the first counts. Returns the octets of the packet, or
 *  -EPROTO: neither of the two messages: to be let through, unless it is not IPv6 at all;
 *  -EINVAL: malformed, to be dropped and counted (I33);
 *  -EBADMSG: wrong checksum.
 */
int ipoib__nd_decode(struct ipoib__nd *out, const void *packet, size_t length,
		     const uint8_t subnet_prefix[8]);

/*
 * Writes the packet, with the option if has_link says so; never in a solicitation from ::, where
 * it is forbidden.
 */
int ipoib__nd_encode(void *packet, size_t room, const struct ipoib__nd *nd);

#endif
