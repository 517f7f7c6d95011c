/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/sized.h"

#include "base/assert.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int ipoib__sized_in(void *out, size_t out_size, size_t first_version_size, const void *in,
		    size_t in_size)
{
	const uint8_t *bytes = in;

	ipoib__assert(first_version_size >= sizeof(size_t) && first_version_size <= out_size);
	if (in_size < first_version_size)
		return -EINVAL;
	for (size_t i = out_size; i < in_size; i++)
		if (bytes[i] != 0)
			return -E2BIG;
	memcpy(out, in, smaller(in_size, out_size));
	memcpy(out, &out_size, sizeof(out_size));
	return 0;
}

int ipoib__sized_out(void *out, size_t out_size, size_t first_version_size, const void *in,
		     size_t in_size)
{
	uint8_t *to = out;
	const uint8_t *from = in;
	size_t copied = smaller(out_size, in_size);

	ipoib__assert(first_version_size >= sizeof(size_t) && first_version_size <= in_size);
	if (out_size < first_version_size)
		return -EINVAL;
	memcpy(to + sizeof(size_t), from + sizeof(size_t), copied - sizeof(size_t));
	memset(to + copied, 0, out_size - copied);
	return 0;
}
