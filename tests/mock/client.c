/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mock/socket.h"

struct ipoib_fabric *client_fabric;
char client_folder[64], client_path[80];

void client_setup(void)
{
	support_setup();
	strcpy(client_folder, "/tmp/ipoib-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(client_folder));
	snprintf(client_path, sizeof(client_path), "%s/fabric", client_folder);
	client_fabric = fixture_fabric(2);
	ck_assert_int_eq(ipoib_fabric_listen(client_fabric, client_path), 0);
}

void client_teardown(void)
{
	fixture_close(client_fabric);
	ck_assert_int_eq(rmdir(client_folder), 0); /* the socket was removed */
	support_teardown();
}

int client_connect(void)
{
	struct sockaddr_un address;
	int fd = ipoib__socket_open();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ipoib__socket_address(&address, client_path), 0);
	ck_assert_int_eq(ipoib__socket_connect(fd, &address), 0);
	return fd;
}

void client_say(int fd, const struct ipoib__attach *hello)
{
	uint8_t message[IPOIB__ATTACH_SIZE];
	int length = ipoib__attach_encode(message, sizeof(message), hello);

	ck_assert_int_eq(ipoib__socket_send(fd, message, (size_t)length, NULL, 0), 0);
	fixture_settle(client_fabric);
}

struct ipoib__attach client_hear(int fd, uint32_t size)
{
	struct ipoib__attach attach;
	uint8_t message[512];
	int length = ipoib__socket_receive(fd, message, sizeof(message));

	ck_assert_int_eq(length, (int)size);
	ck_assert(ipoib__attach_is_attach(message, (size_t)length));
	ck_assert_int_eq(ipoib__attach_decode(&attach, message, (size_t)length), length);
	return attach;
}

struct ipoib__attach hello_of(const char *device, uint8_t port)
{
	struct ipoib__attach hello = { .size = IPOIB__ATTACH_SIZE, .port = port };

	snprintf(hello.device, sizeof(hello.device), "%s", device);
	return hello;
}

int client_attach(const char *device, struct ipoib__attach *answer)
{
	struct ipoib__attach hello = hello_of(device, 1);
	int fd = client_connect();

	client_say(fd, &hello);
	*answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	return fd;
}

/* The connection is over, after nothing more. */
void client_ended(int fd)
{
	uint8_t octet;

	fixture_settle(client_fabric);
	ck_assert_int_eq(ipoib__socket_receive(fd, &octet, 1), -EPIPE);
	close(fd);
}

void client_send(int fd, const struct ipoib__frame *frame, const void *payload)
{
	uint8_t header[IPOIB__FRAME_HEADER];

	ck_assert_int_eq(ipoib__frame_encode(header, sizeof(header), frame), 80);
	ck_assert_int_eq(ipoib__socket_send(fd, header, sizeof(header), payload, frame->length), 0);
	fixture_settle(client_fabric);
}
