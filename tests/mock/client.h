/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A process at the socket of a fabric, message by message; and that fabric. */
#ifndef IPOIB_TESTS_MOCK_CLIENT_H
#define IPOIB_TESTS_MOCK_CLIENT_H

#include "mock/attach.h"
#include "mock/fixture.h"
#include "mock/frame.h"

/* Two hosts, listening in a folder of its own. */
extern struct ipoib_fabric *client_fabric;
extern char client_folder[64], client_path[80];

/* Fixtures: the fabric comes and goes, and its socket with it. */
void client_setup(void);
void client_teardown(void);

int client_connect(void);
void client_say(int fd, const struct ipoib__attach *hello);
/* The next message, which must be an attach message of this size. */
struct ipoib__attach client_hear(int fd, uint32_t size);
struct ipoib__attach hello_of(const char *device, uint8_t port);
/* Connects as port 1 of a device; returns the descriptor. */
int client_attach(const char *device, struct ipoib__attach *answer);
/* The connection must be over, after nothing more. */
void client_ended(int fd);
void client_send(int fd, const struct ipoib__frame *frame, const void *payload);

#endif
