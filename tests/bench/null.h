/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A port whose adapter costs nothing: what is posted has been sent, what is asked for is answered
 * at once, and datagrams arrive when the bench says so. What is measured is the library's own.
 */
#ifndef BENCH_NULL_H
#define BENCH_NULL_H

#include <stdint.h>

#include <ipoib/transport.h>

struct null_port;

/* Neighbour k of a bench, from 0, and the port that it is at (peers.c). */
struct ipoib_ip null_ip(uint32_t k);
struct ipoib_link_address null_link_address(uint32_t k);
uint32_t null_qpn(uint32_t k);
uint16_t null_lid(uint32_t k);
uint32_t null_index(const struct ipoib_gid *gid);

/* The transport ends the port. NULL: no memory. */
struct null_port *null_port_new(struct ipoib_context *context, struct ipoib_transport **out);
/* So many datagrams arrive, from the first `senders` neighbours in turn. */
void null_port_arrive(struct null_port *port, uint32_t count, uint32_t senders);

#endif
