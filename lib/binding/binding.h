/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Addresses that stay where they were bound.
 *
 * An address belongs to one interface, that is to one (device, port, P_Key), and is answered
 * for there and nowhere else, whatever other addresses the host owns: what the kernel calls
 * arp_ignore=1 and arp_announce=2 and does not do by default. The set of one interface is small
 * (a host has a handful of addresses per port), so it is a list, and looking through it costs
 * less than hashing would.
 *
 *   binding.c  which addresses there are, and what subnet each is in
 *   policy.c   who is answered, and from which address is asked, by the kernel's levels
 *   probe.c    the life of one address: probed, announced, defended
 */
#ifndef IPOIB__BINDING_H
#define IPOIB__BINDING_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/binding.h>
#include <ipoib/types.h>

#include "base/list.h"
#include "base/random.h"

/*
 * More addresses than any port of a storage target carries; each ARP request is compared with
 * all of them.
 */
#define IPOIB__BINDINGS_MAX 64

/* ---- the life of one address: probe.c ---- */

/*
 * RFC 5227 section 2.1 to 2.4, and RFC 4862 section 5.4, as one pure machine:
 *
 *            link up         delay         probe_num probes, then announce_wait in silence
 *   WAITING ----------> PROBING(0) .... PROBING(n) --------------------------------> READY
 *      ^                 ^  |    |                                                     |  ^
 *      |    link down    |  |    | conflict                      conflict, not kept    |  |
 *      +-----------------|--+    v                                                     |  |
 *                        |    CONFLICT <-----------------------------------------------+  |
 *                        |       |                                                        |
 *                        +-------+  retry, or rate_limit_interval after max_conflicts     |
 *                          or link up                    announce_num announcements, -----+
 *                                                     defences, link down, link up
 *
 * - PROBING lasts from link up to the end of the silence: whoever uses the address or probes for
 *   it in that time has it. With probe_num 0 there is no PROBING: link up makes it READY.
 * - The first announcement goes out in the step that makes it READY, the others after
 *   announce_interval, twice that, and so on.
 * - READY survives the link's going down and coming back: it is announced again, and not probed
 *   (a storage target must not be silent for seven seconds after each flap). A second UP without
 *   a DOWN changes nothing; who wants an announcement says ANNOUNCE.
 * - CONFLICT does, too, but link up probes it at once, unless max_conflicts tries in a row have
 *   failed: then never sooner than rate_limit_interval after the last try began.
 * - failed is counted from 0 again when an address is lost that was READY for
 *   rate_limit_interval.
 * - A TIMER before the deadline, or without one, changes nothing.
 *
 * The machine is told what it should believe: packets of the host's own ports (I40), and
 * solicitations that only resolve the address (RFC 4862 section 5.4.3), are no event of it. It
 * returns CONFLICT for each USED of a READY address; a flood of them makes one defence in
 * defend_interval, and whoever reports them to a person limits the rate of that (RFC 5227
 * section 2.4 c).
 */
struct ipoib__probe_parameters {
	/* in nanoseconds; RFC 5227 section 1.1 */
	uint64_t probe_wait;        /* initial random delay: 0 to this */
	uint64_t probe_min;         /* between two probes: from this */
	uint64_t probe_max;         /* to this */
	uint64_t announce_wait;     /* after the last probe */
	uint64_t announce_interval; /* after the first announcement, and doubled after each */
	uint64_t defend_interval;   /* at most one defence in this time */
	uint64_t rate_limit_interval; /* between two tries after max_conflicts */
	uint64_t retry;             /* between two tries before that */
	uint8_t probe_num;          /* 0: used at once */
	uint8_t announce_num;       /* announcements in a row */
	uint8_t max_conflicts;
	uint8_t defend;             /* enum ipoib_defend, of <ipoib/interface.h> */
};

/* By enum ipoib_acd and family: RFC 5227; RFC 4862, and announced in the spirit of RFC 9131. */
struct ipoib__probe_parameters ipoib__probe_parameters(uint8_t acd, uint8_t defend,
						       uint8_t family);

enum ipoib__probe_event {
	IPOIB__PROBE_UP,       /* the link is up */
	IPOIB__PROBE_DOWN,     /* it is down */
	IPOIB__PROBE_TIMER,    /* the deadline has come */
	IPOIB__PROBE_USED,     /* somebody else uses the address (RFC 5227: sender IP is ours) */
	IPOIB__PROBE_WANTED,   /* somebody else probes for it: a conflict only while PROBING */
	IPOIB__PROBE_ANNOUNCE, /* the caller wants it announced again */
};

enum ipoib__probe_action {
	IPOIB__PROBE_SEND_PROBE = 1,
	IPOIB__PROBE_SEND_ANNOUNCEMENT = 2, /* also the defence */
	IPOIB__PROBE_READY = 4,    /* it may be used from now on */
	IPOIB__PROBE_CONFLICT = 8, /* somebody else uses it: tell; state says whether it is kept */
	IPOIB__PROBE_LOST = 16,    /* it was READY and must not be used any more */
};

struct ipoib__probe {
	uint8_t state;          /* enum ipoib_binding_state */
	uint8_t sent;           /* probes sent in this try, or announcements in this round */
	bool up;                /* the link is */
	uint32_t conflicts;     /* times that CONFLICT was returned */
	uint32_t failed;        /* tries in a row that were lost to a conflict */
	uint32_t defences;
	uint64_t interval;      /* until the next announcement, doubled each time */
	uint64_t deadline;      /* IPOIB_NEVER */
	uint64_t conflicted;    /* when the last conflict was; IPOIB_NEVER */
	uint64_t defended;      /* when it was last defended; IPOIB_NEVER */
	uint64_t tried;         /* when the last try began; IPOIB_NEVER */
	uint64_t ready;         /* when it became READY; IPOIB_NEVER */
};

void ipoib__probe_init(struct ipoib__probe *probe);
/* One step; random is for the delays. Returns a set of enum ipoib__probe_action. */
unsigned ipoib__probe_step(struct ipoib__probe *probe,
			   const struct ipoib__probe_parameters *parameters,
			   enum ipoib__probe_event event, struct ipoib__random *random,
			   uint64_t now);

/* ---- which addresses there are: binding.c ---- */

struct ipoib__binding {
	struct ipoib__list link;
	struct ipoib_ip address;
	uint8_t prefix_length; /* of the subnet that the address is in */
	uint8_t scope;         /* enum ipoib_scope */
	struct ipoib__probe probe; /* READY: it may be answered for and asked from */
};

struct ipoib__bindings {
	struct ipoib__list list; /* in the order of binding: the first is the preferred source */
	uint32_t count;
};

void ipoib__bindings_init(struct ipoib__bindings *bindings);

/*
 * Whether an address and prefix can be bound at all: 0, -EAFNOSUPPORT (of neither version) or
 * -EINVAL (a prefix too long, or an address that is no host's: 0/8, 127/8, multicast, reserved,
 * broadcast of its own subnet; ::, ::1, IPv4-mapped).
 */
int ipoib__binding_check(const struct ipoib_ip *address, unsigned prefix_length);

/* Whether two addresses are in one subnet of this prefix. Families may differ: then not. */
bool ipoib__binding_same_subnet(const struct ipoib_ip *a, const struct ipoib_ip *b,
				unsigned prefix_length);

/* Adds a checked binding, in state WAITING. 0, -EADDRINUSE or -ENOSPC. */
int ipoib__bindings_add(struct ipoib__bindings *bindings, struct ipoib__binding *binding);
void ipoib__bindings_remove(struct ipoib__bindings *bindings, struct ipoib__binding *binding);

/* The binding of exactly this address, in whatever state, or NULL. */
struct ipoib__binding *ipoib__bindings_find(const struct ipoib__bindings *bindings,
					    const struct ipoib_ip *address);

/*
 * Whether an address is the directed broadcast of a bound subnet (not of a /31 or /32, RFC 3021).
 */
bool ipoib__bindings_is_broadcast(const struct ipoib__bindings *bindings,
				  const struct ipoib_ip *address);
/* That of one binding; false: it has none. */
bool ipoib__binding_broadcast(const struct ipoib__binding *binding, struct ipoib_ip *broadcast);

/* ---- who is answered, who asks: policy.c ---- */

/*
 * Whether a request for `target` that arrived on the interface of `here` is answered, at a level
 * of enum ipoib_arp_ignore. sender: who asks, its IP address (family 0: unspecified, as in a
 * probe: level 2 answers it, as the kernel does, for which 0.0.0.0 is in any subnet). others: the
 * sets of all the other interfaces of the context, count of them; for IPv6 they do not count. The
 * binding that is answered for, or NULL; only READY ones are, and never to a sender that is one
 * of here: that is a conflict.
 */
const struct ipoib__binding *
ipoib__policy_answer(uint8_t arp_ignore, const struct ipoib__bindings *here,
		     const struct ipoib__bindings *const *others, size_t count,
		     const struct ipoib_ip *target, const struct ipoib_ip *sender);

/*
 * The READY address to ask from for a target, at a level of enum ipoib_arp_announce. hint: the
 * source of the packet that is to be sent; family 0: there is none. Of this interface the first
 * one whose subnet the target is in, else the first one of its family (for a link-local IPv6
 * target a link-local one first); none of host scope. Level 0 falls back to any IPv4 address of
 * the others that is valid beyond their link; the stricter ones to NULL.
 */
const struct ipoib__binding *
ipoib__policy_source(uint8_t arp_announce, const struct ipoib__bindings *here,
		     const struct ipoib__bindings *const *others, size_t count,
		     const struct ipoib_ip *target, const struct ipoib_ip *hint);

#endif
