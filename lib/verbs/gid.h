/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * GIDs of a port, and which of them a packet is sent from.
 *
 * On InfiniBand the GID at index 0 names the port. On RoCE a GID is an IP address of the network
 * device: an IPv6 one, or an IPv4 one in its mapped form. Source and destination must be of one
 * family; adapters lose packets of mixed ones in silence, or stop the queue pair. Groups have
 * IPv6 addresses (ff12:401b:...), whatever they are groups for.
 */
#ifndef IPOIB__VERBS_GID_H
#define IPOIB__VERBS_GID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/types.h>

/* Adapters have room for 256 and more; a host has so many addresses on one device seldom. */
#define IPOIB__VERBS_GIDS_MAX 128

struct ipoib__verbs_gid {
	struct ipoib_gid gid;
	uint32_t index;	   /* in the port's table */
	uint32_t ifindex;  /* of the network device; 0 unknown */
	bool routable;	   /* RoCE version 2: the one that is used */
};

struct ipoib__verbs_gids {
	bool ethernet;
	uint32_t count;
	struct ipoib__verbs_gid gid[IPOIB__VERBS_GIDS_MAX];
	int32_t named; /* which of them names us; -1: none */
};

/* An IPv4 address in its mapped form, ::ffff:a.b.c.d. */
bool ipoib__verbs_gid_is_ipv4(const struct ipoib_gid *gid);
bool ipoib__verbs_gid_is_link_local(const struct ipoib_gid *gid);

/*
 * Sets the one that names us: the one at this index, or, for -1, the first of: a link-local IPv6
 * one, another IPv6 one, an IPv4 one. Whether there is one.
 */
bool ipoib__verbs_gids_name(struct ipoib__verbs_gids *gids, int32_t index);
const struct ipoib__verbs_gid *ipoib__verbs_gids_named(const struct ipoib__verbs_gids *gids);
/* The GID to send from to a destination, group or port; NULL when there is none of its family. */
const struct ipoib__verbs_gid *ipoib__verbs_gids_source(const struct ipoib__verbs_gids *gids,
							const struct ipoib_gid *destination);
/* Whether both tables have the same GIDs at the same places. */
bool ipoib__verbs_gids_equal(const struct ipoib__verbs_gids *a, const struct ipoib__verbs_gids *b);

/* Whether this port has the GID of these 16 octets. */
bool ipoib__verbs_gids_has(const struct ipoib__verbs_gids *gids, const uint8_t *octets);

/* Where the source GID stands in a GRH. */
#define IPOIB__VERBS_GRH_SOURCE 8

/*
 * The 40 octets in front of a received datagram. On RoCE with IPv4 addresses the last 20 of them
 * are an IPv4 header, and the ones before are nothing:
 *
 *	 0                              20                             40
 *	| anything                      | IPv4 header                  |
 *
 * This makes a GRH of it, with mapped addresses. What is a GRH already stays as it is. Whether
 * there is a GRH now.
 */
bool ipoib__verbs_grh_mend(uint8_t room[40]);

#endif
