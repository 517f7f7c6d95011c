/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The side of the attach protocol that asks: a name becomes a message, the answer attributes.
 */
#ifndef IPOIB__MOCK_HELLO_H
#define IPOIB__MOCK_HELLO_H

#include <ipoib/transport.h>

#include "mock/attach.h"

/* Which port: "host1/1" is device host1, port 1. -ENOENT: no port can have this name. */
int ipoib__hello_init(struct ipoib__attach *hello, const char *name);
/* Errors as those of ipoib__socket_send(). */
int ipoib__hello_send(int fd, const struct ipoib__attach *hello);
/*
 * The fabric's answer. -EAGAIN: there is none yet. -ENOENT, -EBUSY, -EINVAL: it said so.
 * -EPROTO: this is no fabric.
 */
int ipoib__hello_answer(int fd, struct ipoib_port_attributes *attributes);

#endif
