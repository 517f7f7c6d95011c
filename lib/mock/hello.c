/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/hello.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "mock/socket.h"

int ipoib__hello_init(struct ipoib__attach *hello, const char *name)
{
	const char *slash = strchr(name, '/');
	char *end;
	unsigned long number;

	memset(hello, 0, sizeof(*hello));
	hello->size = IPOIB__ATTACH_SIZE;
	if (slash == NULL || slash == name || slash - name > IPOIB__ATTACH_DEVICE ||
	    slash[1] < '1' || slash[1] > '9')
		return -ENOENT;
	number = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || number > UINT8_MAX)
		return -ENOENT;
	memcpy(hello->device, name, (size_t)(slash - name));
	hello->port = (uint8_t)number;
	return 0;
}

int ipoib__hello_send(int fd, const struct ipoib__attach *hello)
{
	uint8_t message[IPOIB__ATTACH_SIZE];
	int length = ipoib__attach_encode(message, sizeof(message), hello);

	ipoib__assert(length > 0);
	return ipoib__socket_send(fd, message, (size_t)length, NULL, 0);
}

int ipoib__hello_answer(int fd, struct ipoib_port_attributes *attributes)
{
	uint8_t message[IPOIB__ATTACH_SIZE_MAX];
	struct ipoib__attach answer;
	int length = ipoib__socket_receive(fd, message, sizeof(message));

	if (length == -EAGAIN)
		return -EAGAIN;
	if (length <= 0 || !ipoib__attach_is_attach(message, (size_t)length) ||
	    ipoib__attach_decode(&answer, message, (size_t)length) < 0)
		return -EPROTO;
	if (answer.status == -ENOENT || answer.status == -EBUSY || answer.status == -EINVAL)
		return answer.status;
	if (answer.status != 0)
		return -EPROTO;
	return ipoib__attach_attributes(attributes, &answer);
}
