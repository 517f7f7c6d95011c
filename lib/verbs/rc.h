/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reliable connections, and what they need of the rest: they share the completion queue of a UD
 * queue pair.
 */
#ifndef IPOIB__VERBS_RC_H
#define IPOIB__VERBS_RC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <infiniband/verbs.h>

#include <ipoib/transport.h>

#include "verbs/ud.h"

struct ipoib__verbs;

/* With the transport. */
int ipoib__verbs_rc_open(struct ipoib__verbs *verbs);
void ipoib__verbs_rc_close(struct ipoib__verbs *verbs);
/*
 * With a UD queue pair that has attributes.connected_depth: its shared receive queue, and on RoCE a
 * port. -EADDRINUSE: another has that; a queue pair with another number may have another port.
 */
int ipoib__verbs_rc_ud_init(struct ipoib__verbs_ud *ud);
/* Ends listening and the shared receive queue; its connections were destroyed before. */
void ipoib__verbs_rc_ud_fini(struct ipoib__verbs_ud *ud);
/*
 * What a completion of kind IPOIB__VERBS_RC_SEND or _RC_RECEIVE comes to: whether *completion was
 * filled in.
 */
bool ipoib__verbs_rc_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			       struct ipoib_ud_completion *completion);
/* Takes a completion that was decided already, as the unsignalled ones before another. */
bool ipoib__verbs_rc_take(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completion);
/* Whether there is one. */
bool ipoib__verbs_rc_decided(const struct ipoib__verbs_ud *ud);
/* An asynchronous event of a queue pair that is not a UD one of ours. */
void ipoib__verbs_rc_async(struct ipoib__verbs *verbs, const struct ibv_async_event *event);
/* The port's state has changed; or the device is gone. */
void ipoib__verbs_rc_port(struct ipoib__verbs *verbs);
/* Timers and events of connections. */
void ipoib__verbs_rc_process(struct ipoib__verbs *verbs, uint64_t now);
uint64_t ipoib__verbs_rc_deadline(const struct ipoib__verbs *verbs); /* 0: an event waits */
bool ipoib__verbs_rc_next_event(struct ipoib__verbs *verbs, struct ipoib_transport_event *event);

/* The operations, as ipoib_transport_ops has them. */
int ipoib__verbs_rc_listen(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t service_id);
int ipoib__verbs_rc_connect(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			    const struct ipoib_rc_attributes *attributes, void **rc);
int ipoib__verbs_rc_accept(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t request, const struct ipoib_rc_attributes *attributes,
			   void **rc);
void ipoib__verbs_rc_reject(struct ipoib__verbs *verbs, uint64_t request, uint16_t reason,
			    const void *private_data, size_t private_length);
void ipoib__verbs_rc_destroy(struct ipoib__verbs *verbs, void *rc);
int ipoib__verbs_rc_post_send(struct ipoib__verbs *verbs, void *rc,
			      const struct ipoib_rc_send *sends, size_t count);
int ipoib__verbs_rc_post_receive(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
				 const struct ipoib_ud_receive *receives, size_t count);

#endif
