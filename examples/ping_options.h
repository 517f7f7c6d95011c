/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line of ipoib-ping: what to attach to, and the options of ping(8). */
#ifndef EXAMPLES_PING_OPTIONS_H
#define EXAMPLES_PING_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attachment.h"
#include "options.h"

/* The largest IPv4 packet less its header and ICMP's (20 and 8 octets). */
#define PING_SIZE_MOST 65507

/* Path MTU discovery, -M of ping(8): whether requests may be cut. */
enum ping_discovery {
	PING_DISCOVERY_DO,   /* never */
	PING_DISCOVERY_WANT, /* those that are longer than the MTU that was learnt */
	PING_DISCOVERY_DONT, /* always */
};

struct ping_options {
	struct attachment attachment;
	struct subnet_address address; /* ours; prefix length 0: not given */
	struct ipoib_ip destination;   /* family 0: not given */
	bool to_group;                 /* it is a broadcast or a multicast address */
	bool broadcast;                /* and a broadcast address is no mistake */
	bool listen;                   /* only answer */
	uint8_t mode;                  /* enum ipoib_mode */
	enum ping_discovery discovery;
	uint64_t count;                /* requests to send; 0: until a signal comes */
	uint64_t interval_ns;          /* between two requests */
	uint64_t size;                 /* octets behind the ICMP header */
	uint64_t linger_ns;            /* how long to wait when nobody has answered */
};

/* Returns true, or false with the exit status; everything is said then. */
bool ping_options_read(struct ping_options *chosen, int argc, char **argv, int *status);

#endif
