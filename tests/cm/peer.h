/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A manager between a test that owns it and a test that is the peer and says what it likes. */
#ifndef IPOIB_TESTS_CM_PEER_H
#define IPOIB_TESTS_CM_PEER_H

#include "cm/connection.h"
#include "support/support.h"

#define OUR_GUID  UINT64_C(0x0002c90300000001)
#define OUR_LID	  1
#define OUR_QPN	  0x200
#define PEER_GUID UINT64_C(0x0002c90300000002)
#define PEER_LID  2
#define PEER_QPN  0x300
#define PEER_ID	  0x77u
#define SERVICE	  UINT64_C(0x1000000000000048)
#define SECOND	  UINT64_C(1000000000)

/* The last MADs that the manager sent are kept. */
#define PEER_KEPT 64

extern struct ipoib__cm cm;
extern unsigned peer_heard; /* MADs */
extern int peer_user;	    /* its address is the user of services and connections */

void peer_setup(void);
void peer_teardown(void);

/* The n-th MAD that was sent, from 0, and what it is. */
const uint8_t *peer_mad(unsigned n);
uint16_t peer_attribute(unsigned n);

/* A message as a good peer would send it; id is the manager's. */
void peer_req(struct ipoib__cm_req *req);
void peer_rep(struct ipoib__cm_rep *rep, uint32_t id);
void peer_rej(struct ipoib__cm_rej *rej, uint32_t id, uint16_t reason);
/* Writes a message to a MAD. */
void peer_write(uint8_t mad[IPOIB__MAD_LENGTH], uint16_t attribute, const void *message);
void peer_send(uint16_t attribute, const void *message);
void peer_send_from(uint16_t lid, uint16_t attribute, const void *message);
/* Sends the good message of this kind. */
void peer_say(uint16_t attribute, uint32_t id);
void peer_say_from(const struct ipoib__cm_source *source, uint16_t attribute, uint32_t id);

void peer_expire(void);
/* Goes on by so much time, all timers in order. */
void peer_run(uint64_t span);

int peer_connect(uint32_t *id);
int peer_accept(uint32_t id);
/* Brings a connection into this state; nothing is left to be told or sent. */
uint32_t peer_reach(enum ipoib__cm_state state);
enum ipoib__cm_state peer_state(uint32_t id);
/* Takes the one event there is. */
struct ipoib__cm_event peer_event(enum ipoib__cm_event_type type, int status);

#endif
