/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A client between a test that asks and a test that is the SA. */
#ifndef IPOIB_TESTS_SA_BENCH_H
#define IPOIB_TESTS_SA_BENCH_H

#include "sa/sa.h"
#include "support/support.h"
#include "wire/sa.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

/* The last MADs that the client sent are kept. */
#define BENCH_KEPT 256

extern struct ipoib__sa_client client;
extern unsigned bench_sent; /* MADs */
extern const struct ipoib_gid bench_sgid, bench_dgid, bench_mgid;

void bench_setup(void);
void bench_teardown(void);

/* The n-th MAD that was sent, from 0. */
const uint8_t *bench_mad(unsigned n);
struct ipoib__sa bench_request(unsigned n);

int bench_ask_path(uint64_t id);
int bench_ask_join(uint64_t id, uint8_t create);
struct ipoib_multicast_record bench_group(void);
void bench_expire(void);

/* Good records that answer the questions of above. */
struct ipoib__sa_path bench_path(void);
struct ipoib__sa_mcmember bench_member(void);
/* Answers the n-th MAD with a status and a record of length octets. */
void bench_answer(unsigned n, uint16_t status, const void *data, size_t length);
void bench_answer_path(unsigned n, const struct ipoib__sa_path *path);
void bench_answer_member(unsigned n, const struct ipoib__sa_mcmember *member);
/* Takes the one answer there is. */
struct ipoib_transport_event bench_event(uint32_t type, uint64_t id, int status);

#endif
