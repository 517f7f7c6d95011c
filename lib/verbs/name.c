/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/name.h"

#include <errno.h>
#include <string.h>

/* InfiniBand numbers ports with an octet, and keeps 0 and 255 for other uses. */
#define PORT_MAX 254

/* 1 to 3 digits and nothing else; 0 when that is no port. */
static uint8_t port_number(const char *text)
{
	unsigned number = 0;
	size_t length = strlen(text);

	if (length < 1 || length > 3)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = 10 * number + (unsigned)(text[i] - '0');
	}
	return number <= PORT_MAX ? (uint8_t)number : 0;
}

int ipoib__verbs_name_parse(struct ipoib__verbs_name *out, const char *text)
{
	const char *slash;
	size_t length;

	if (text == NULL)
		return -EINVAL;
	slash = strchr(text, '/');
	length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (length == 0 || length >= sizeof(out->device))
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	memcpy(out->device, text, length);
	out->port = slash != NULL ? port_number(slash + 1) : 1;
	return out->port == 0 ? -EINVAL : 0;
}
