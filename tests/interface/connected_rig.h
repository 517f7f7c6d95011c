/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The first rail in connected mode, and one peer that takes connections. */
#ifndef IPOIB_TESTS_INTERFACE_CONNECTED_RIG_H
#define IPOIB_TESTS_INTERFACE_CONNECTED_RIG_H

#include "interface/bench.h"

#define PEER 2
#define PEER_IP "10.0.0.2"
#define PEER_QPN 0x102
#define SMALL 100
#define LARGE 3000
#define TAKES 65524 /* the peer's Receive-MTU */

/* NULL: bench_connected(). */
void connected_up(const struct ipoib_interface_config *config);
/* Resolved by one small packet; another one asks for a connection, which is returned. */
struct fake_rc *connected_dial(void);
/* The same, and the peer agrees. */
struct fake_rc *connected_connect(void);

#endif
