/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A transport without a fabric: it records what the interface asks for, does what the test tells
 * it, fails when it is told to, and holds the interface to the contract of transport.h from below:
 *
 *  - no post is longer than the MTU, beyond the depth, or outside of the memory that its key names;
 *  - an address handle is alive when it is used, and is destroyed after its last send (I11);
 *  - a message on a connection is no longer than its peer has announced, and comes when it is up;
 *  - receives are posted before a group is attached; what is attached is attached once;
 *  - at the end nothing is left of what was made.
 *
 * A completion wakes the context only when the queue pair was armed, as a real one does.
 */
#ifndef IPOIB_TESTS_INTERFACE_FAKE_H
#define IPOIB_TESTS_INTERFACE_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/transport.h>

/* Room enough for every test; running out of it fails the test. */
#define FAKE_QUEUE 1024
#define FAKE_COMPLETIONS 4096
#define FAKE_EVENTS 4096
#define FAKE_REGIONS 64
#define FAKE_AHS 8192
#define FAKE_QUESTIONS 4096
#define FAKE_SENT 4096
#define FAKE_UDS 4
#define FAKE_GROUPS 1200
#define FAKE_RCS 1024
#define FAKE_REQUESTS 256
#define FAKE_LISTENS 4
/* Octets of each sent packet that are remembered. */
#define FAKE_HEAD 128

/* The operations that can be made to fail. */
enum fake_op {
	FAKE_QUERY_PORT,
	FAKE_MEMORY_GET,
	FAKE_AH_CREATE,
	FAKE_UD_CREATE,
	FAKE_SET_QKEY,
	FAKE_ATTACH,
	FAKE_POST_SEND,
	FAKE_POST_RECEIVE,
	FAKE_PATH_QUERY,
	FAKE_JOIN,
	FAKE_RC_LISTEN,
	FAKE_RC_CONNECT,
	FAKE_RC_ACCEPT,
	FAKE_RC_POST_SEND,
	FAKE_RC_POST_RECEIVE,
	FAKE_OPS
};

struct fake_fault {
	long calls; /* since the fake was made */
	long at;    /* the call that fails; 0: none */
	bool for_ever;
};

struct fake_ah {
	struct ipoib_ah_attributes attributes;
	bool alive;
	uint32_t posted; /* sends that use it */
};

struct fake_work {
	uint64_t cookie;
	uint8_t *address;
	uint32_t length;
	uint32_t remote_qpn;
	uint32_t qkey;
	struct fake_ah *ah; /* sends */
};

struct fake_sent {
	uint32_t length; /* octets of payload, the IPoIB header included */
	uint32_t remote_qpn;
	uint32_t qkey;
	struct ipoib_ah_attributes to;
	uint8_t head[FAKE_HEAD];
};

struct fake_group {
	struct ipoib_gid mgid;
	uint16_t mlid;
};

struct fake_ud {
	bool alive;
	bool armed;
	struct ipoib_ud_attributes attributes;
	uint32_t qkey;
	struct fake_work sends[FAKE_QUEUE];
	size_t send_count;
	struct fake_work receives[FAKE_QUEUE];
	size_t receive_count;
	struct fake_work rc_receives[FAKE_QUEUE]; /* of all connections */
	size_t rc_receive_count;
	uint64_t listens[FAKE_LISTENS]; /* service IDs */
	size_t listen_count;
	struct ipoib_ud_completion completions[FAKE_COMPLETIONS];
	size_t completion_count;
	struct fake_group groups[FAKE_GROUPS];
	size_t group_count;
};

/* A reliable connection, made or taken. */
struct fake_rc {
	struct fake_ud *ud;
	bool alive, up;
	uint64_t request; /* taken: which; made: 0 */
	struct ipoib_rc_attributes attributes;
	uint32_t receive_mtu; /* what the peer announced */
	struct fake_work sends[FAKE_QUEUE];
	size_t send_count;
};

enum fake_request_state {
	FAKE_REQUEST_OPEN = 1,
	FAKE_REQUEST_TAKEN,
	FAKE_REQUEST_REFUSED,
};

/* What a peer asked for; its name is its place and 1. */
struct fake_request {
	uint8_t state;
	uint16_t reason; /* of the refusal */
	uint32_t receive_mtu;
};

struct fake_rc_sent {
	uint64_t connection;
	uint32_t length; /* octets of the message, the IPoIB header included */
	uint8_t head[FAKE_HEAD];
};

struct fake_question {
	uint64_t id;
	bool open;
	bool join;
	struct ipoib_gid gid;
	struct ipoib_multicast_record wanted; /* joins */
};

struct fake {
	struct ipoib_transport *transport; /* set by fake_open() */
	struct ipoib_port_attributes port;
	struct fake_fault faults[FAKE_OPS];
	struct fake_ud uds[FAKE_UDS];
	struct ipoib_memory_region regions[FAKE_REGIONS];
	size_t region_count;
	uint64_t next_key;
	struct fake_ah *ahs[FAKE_AHS];
	size_t ah_count, ahs_alive;
	struct ipoib_transport_event events[FAKE_EVENTS];
	size_t event_count;
	struct fake_question questions[FAKE_QUESTIONS];
	size_t question_count;
	struct fake_sent sent[FAKE_SENT];
	size_t sent_count;
	struct ipoib_multicast_record left[FAKE_QUESTIONS];
	size_t left_count;
	struct fake_rc *rcs[FAKE_RCS]; /* in the order of their making, dead ones too */
	size_t rc_count, rcs_alive;
	struct fake_request requests[FAKE_REQUESTS];
	size_t request_count;
	struct fake_rc_sent rc_sent[FAKE_SENT];
	size_t rc_sent_count;
	uint64_t cancelled;
	unsigned joins_since_leave; /* of the group that was left last */
	struct ipoib_gid left_last;
	uint32_t next_qpn;
	uint32_t group_mtu; /* of the groups that are answered */
	uint32_t path_mtu;
	uint16_t path_lid; /* of the paths that are answered; 0: as the GID */
	bool answering;  /* questions are answered by themselves */
	bool at_once;    /* within the call that asks */
	bool completing; /* sends complete by themselves */
	int path_status, join_status; /* instead of a record */
	size_t questions_max; /* beyond, -EAGAIN; 0: there is always room */
	uint64_t lost;   /* deliveries without a posted receive, a Q_Key or a membership */
	bool starving;   /* receives may be missing: a fault takes them */
	bool destroyed;
	bool takes_none; /* connections */
	uint16_t request_lid; /* where requests come from; 0: from where they say */
	bool request_hidden;  /* or the adapter does not tell */
	/* Called for each send that completes well, from process(). */
	void (*on_sent)(struct fake *fake, struct fake_ud *ud, const struct fake_sent *sent,
			void *user);
	void *user;
};

/* A packet that arrives. */
struct fake_arrival {
	uint32_t source_qpn;
	uint16_t source_lid;
	bool has_grh;
	struct ipoib_gid source;      /* with a GRH */
	struct ipoib_gid destination; /* with a GRH; a group must be attached */
	int32_t status;
	uint32_t claimed; /* octets that the completion tells, if not 0: an adapter that errs */
};

/* Makes the transport. -ENOMEM; what other errors there are fail the test. */
int fake_open(struct fake *fake, struct ipoib_context *context, uint16_t lid);
void fake_fail(struct fake *fake, enum fake_op op, long nth, bool for_ever);
void fake_mend(struct fake *fake);

struct fake_ud *fake_ud(struct fake *fake); /* the first one alive */
/* Completes the oldest n sends. */
void fake_complete(struct fake *fake, struct fake_ud *ud, size_t n, int32_t status);
/* Delivers the octets that stand behind the GRH. Whether there was a receive for them. */
bool fake_deliver(struct fake *fake, struct fake_ud *ud, const struct fake_arrival *from,
		  const void *octets, size_t length);
void fake_event(struct fake *fake, const struct ipoib_transport_event *event);
void fake_port_event(struct fake *fake);
void fake_simple_event(struct fake *fake, uint32_t type);
/* Answers a question with a record made up for it, or with a negative errno. */
void fake_answer(struct fake *fake, struct fake_question *question, int status);
struct fake_question *fake_open_question(struct fake *fake, bool join);
size_t fake_open_questions(const struct fake *fake, bool join);
bool fake_attached(const struct fake_ud *ud, const struct ipoib_gid *mgid);

/* fake_rc.c: what peers do to connections. NULL: there is none. */
struct fake_rc *fake_rc_last(struct fake *fake); /* the youngest one alive */
/* The peer agrees, from its queue pair; a connection that it made itself is up. */
void fake_rc_up(struct fake *fake, struct fake_rc *rc, uint32_t qpn, uint32_t receive_mtu);
/* The peer refuses; reason 0: it does not answer. */
void fake_rc_refuse(struct fake *fake, struct fake_rc *rc, uint16_t reason);
void fake_rc_down(struct fake *fake, struct fake_rc *rc, int status);
/* The same with the reason, enum ipoib_connection_end. */
void fake_rc_down_for(struct fake *fake, struct fake_rc *rc, int status, unsigned reason);
/* A peer asks; the name of its request. */
uint64_t fake_rc_request(struct fake *fake, uint64_t service_id, uint16_t peer,
			 const void *private_data, size_t private_length);
/* The same with the private data that RFC 4755 wants. */
uint64_t fake_rc_ask(struct fake *fake, uint64_t service_id, uint16_t peer,
		     uint32_t receive_mtu);
/* Completes the oldest n sends. */
void fake_rc_complete(struct fake *fake, struct fake_rc *rc, size_t n, int32_t status);
/* Delivers a message. Whether there was a receive for it. */
bool fake_rc_deliver(struct fake *fake, struct fake_rc *rc, const void *octets, size_t length,
		     int32_t status);
void fake_completed(struct fake *fake, struct fake_ud *ud,
		    const struct ipoib_ud_completion *completion);

/* fake_rc.c: the operations of connections. */
int fake_rc_listen(void *self, void *handle, uint64_t service_id);
int fake_rc_connect(void *self, void *handle, const struct ipoib_rc_attributes *attributes,
		    void **out);
int fake_rc_accept(void *self, void *handle, uint64_t request,
		   const struct ipoib_rc_attributes *attributes, void **out);
void fake_rc_reject(void *self, uint64_t request, uint16_t reason, const void *private_data,
		    size_t private_length);
void fake_rc_destroy(void *self, void *handle);
int fake_rc_post_send(void *self, void *handle, const struct ipoib_rc_send *sends, size_t count);
int fake_rc_post_receive(void *self, void *handle, const struct ipoib_ud_receive *receives,
			 size_t count);

/* fake_ops.c. */
extern const struct ipoib_transport_ops fake_ops;
bool fake_fails(struct fake *fake, enum fake_op op);
bool fake_has_pkey(const struct fake *fake, uint16_t pkey);

/* fake_ud.c: the operations of queue pairs. */
void fake_check_memory(const struct fake *fake, const void *address, size_t length, uint64_t key);
int fake_ud_create(void *self, struct ipoib_ud_attributes *attributes, void **out);
void fake_ud_destroy(void *self, void *handle);
int fake_ud_set_qkey(void *self, void *handle, uint32_t qkey);
int fake_ud_attach(void *self, void *handle, const struct ipoib_gid *mgid, uint16_t mlid);
void fake_ud_detach(void *self, void *handle, const struct ipoib_gid *mgid, uint16_t mlid);
int fake_ud_post_send(void *self, void *handle, const struct ipoib_ud_send *sends, size_t count);
int fake_ud_post_receive(void *self, void *handle, const struct ipoib_ud_receive *receives,
			 size_t count);
int fake_ud_poll(void *self, void *handle, struct ipoib_ud_completion *completions, size_t count);
int fake_ud_arm(void *self, void *handle);

/* Peers: number n has the GID fe80::n, the LID n and the queue pair 0x100 + n. */
struct ipoib_gid fake_gid(uint16_t n);

#endif
