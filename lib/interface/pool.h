/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Buffers and their pools. A transport has two: one of datagrams' size, and one for
 * connections, whose buffers hold 64 KiB and would be a waste for everything else.
 *
 *   memory   +40              +44
 *   | GRH    | IPoIB header   | IP packet ...
 */
#ifndef IPOIB__INTERFACE_POOL_H
#define IPOIB__INTERFACE_POOL_H

#include <ipoib/buffer.h>
#include <ipoib/transport.h>

#include "base/list.h"
#include "wire/encap.h"

/* The largest payload of a UD packet: an MTU of 4096. */
#define IPOIB__PAYLOAD_MAX 4096
/* In front of an IP packet: room for the GRH of a received one, and the IPoIB header. */
#define IPOIB__HEADROOM (IPOIB_GRH_LENGTH + IPOIB__ENCAP_LENGTH)
#define IPOIB__BUFFER_OCTETS (IPOIB_GRH_LENGTH + IPOIB__PAYLOAD_MAX)
#define IPOIB__LARGE_OCTETS (IPOIB_GRH_LENGTH + IPOIB_RC_MESSAGE_MAX)
/* Buffers are registered this many at a time: half a megabyte of either kind. */
#define IPOIB__SLAB_BUFFERS 128
#define IPOIB__SLAB_LARGE 8

struct ipoib__ah;
struct ipoib__channel;
struct ipoib__pool;
struct ipoib__queue;
struct ipoib__share;

/* What each packet needs stands in front, in two cache lines. */
struct ipoib_buffer {
	struct ipoib__list link; /* in the pool, in a queue, or posted on a connection */
	struct ipoib_transport *transport;
	struct ipoib__pool *pool;
	struct ipoib__share *share; /* that it counts in; NULL: of none, or of an interface gone */
	uint8_t *memory;         /* ipoib__pool::octets */
	uint64_t key;
	uint32_t references;     /* 0: in the pool */
	uint32_t length;         /* of the IP packet */

	bool taken;              /* the library's: from acceptance to fate, or to receive into */
	bool control;            /* our own ARP, not a packet of the caller */
	uint8_t cast;            /* received */
	uint8_t fate;            /* dropped: enum ipoib_send_drop */
	bool outgoing;           /* posted to be sent, and not to receive into */
	uint16_t source_lid;     /* received */
	uint16_t type;           /* to send: EtherType */
	uint32_t source_qpn;     /* received */
	uint32_t remote_qpn;     /* to send */
	uint32_t room;           /* octets of an IP packet that it has room for */
	struct ipoib_buffer *next_free; /* in the pool */
	const struct ipoib_interface *poster; /* whose UD or receive queue it is posted in; NULL */
	struct ipoib__ah *ah;    /* addressed, and not posted yet */
	struct ipoib__channel *channel; /* posted on a connection: which */
	struct ipoib_ip next_hop;

	/* received: of a datagram with a GRH, without its flags; else zero */
	struct ipoib_link_address source;
	uint32_t limit;          /* dropped as too big: the MTU that would have held */
	uint64_t deadline;       /* waiting: until when */
	struct ipoib__queue *queue; /* waiting: where */
	struct ipoib__list age;  /* waiting: among all that wait, oldest first */
};

struct ipoib__slab {
	struct ipoib__list link;
	struct ipoib_memory_region region;
	struct ipoib_buffer buffers[]; /* ipoib__pool::slab */
};

struct ipoib__pool {
	/* NULL, or told of a free buffer whose memory is the caller's: region.c */
	void (*returned)(struct ipoib_buffer *buffer);
	uint32_t octets;      /* of memory behind each buffer, where it is the library's */
	uint32_t slab;        /* buffers in a slab */
	struct ipoib__list slabs;
	struct ipoib_buffer *free;
	uint32_t total;       /* buffers in slabs */
	uint32_t limit;       /* of total; what the interfaces asked for */
	uint32_t out;         /* buffers that are not in the pool */
	uint32_t claimed;     /* those, and of those that are left what shares may still count on */
	/* while fewer than so many are out, and claimed, there is one for every use: ample */
	uint32_t ample_out;
	uint32_t ample_claimed;
	uint32_t reserve_control; /* free ones that only control packets may take */
	uint32_t reserve_receive; /* and those that only the receive queue may take as well */
	uint32_t wanted;      /* interfaces whose caller was answered -ENOMEM, and is to be told */
	bool starved;         /* a receive queue went short; refill when something returns */
};

/*
 * What an interface may count on of a pool that others of its transport take from too. The rest is
 * lent to whichever asks first, so that one alone has nearly all; but none that takes or keeps all
 * that it can get leaves another without.
 */
struct ipoib__share {
	struct ipoib__pool *pool;
	uint32_t least; /* buffers that are kept for it: half of what it has brought */
	uint32_t out;   /* buffers that it has; beyond least they are borrowed */
};

/*
 * What a buffer is for. The caller's and what is handed up to it leave the reserves alone, the
 * receive queue that of control packets: so ARP and neighbour discovery are heard and answered
 * whatever the caller takes or keeps.
 */
enum ipoib__pool_use {
	IPOIB__POOL_CALLER,
	IPOIB__POOL_RECEIVE,
	IPOIB__POOL_CONTROL,
};

/* Control packets of an interface under way at a time: a burst. */
#define IPOIB__RESERVE_CONTROL 64
/* Receives that stay posted for control packets of others, where the queue is twice as deep. */
#define IPOIB__RESERVE_RECEIVE 64

void ipoib__pool_init(struct ipoib__pool *pool, uint32_t octets, uint32_t slab);
void ipoib__pool_fini(struct ipoib_transport *transport, struct ipoib__pool *pool);
void ipoib__share_open(struct ipoib__share *share, struct ipoib__pool *pool, uint32_t least);
void ipoib__share_close(struct ipoib__share *share);
struct ipoib_buffer *ipoib__pool_get(struct ipoib_transport *transport, struct ipoib__share *share,
				     enum ipoib__pool_use use);
bool ipoib__pool_has(struct ipoib_transport *transport, const struct ipoib__share *share,
		     enum ipoib__pool_use use);
/* The limit or the reserves of a pool have changed. */
void ipoib__pool_stocked(struct ipoib__pool *pool);

static inline void ipoib__pool_push(struct ipoib__pool *pool, struct ipoib_buffer *buffer)
{
	buffer->next_free = pool->free;
	pool->free = buffer;
}

static inline struct ipoib_buffer *ipoib__pool_pop(struct ipoib__pool *pool)
{
	struct ipoib_buffer *buffer = pool->free;

	if (buffer)
		pool->free = buffer->next_free;
	return buffer;
}

uint32_t ipoib__pool_left(const struct ipoib__share *share);
void ipoib__pool_begin(struct ipoib_buffer *buffer);
void ipoib__buffer_unref(struct ipoib_buffer *buffer);

/*
 * What is posted is on no list: packets come and go without one. When an interface ends, its
 * buffers are looked for among all of the transport's.
 */
typedef void ipoib__take_back(struct ipoib_interface *poster, struct ipoib_buffer *buffer);
void ipoib__pool_posted(struct ipoib__pool *pool, struct ipoib_interface *poster,
			ipoib__take_back *take);

/* region.c */
void ipoib__regions_posted(struct ipoib_transport *transport, struct ipoib_interface *poster,
			   ipoib__take_back *take);
void ipoib__regions_run(struct ipoib_transport *transport);
void ipoib__regions_reap(struct ipoib_transport *transport);

#endif
