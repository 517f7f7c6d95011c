/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "wire/cm.h"

#include <errno.h>

int ipoib__cm_decode(struct ipoib__mad *out, const void *bytes, size_t length)
{
	struct ipoib__mad mad;
	int consumed = ipoib__mad_decode(&mad, bytes, length);

	if (consumed < 0)
		return consumed;
	if (mad.management_class != IPOIB__MAD_CLASS_CM ||
	    mad.class_version != IPOIB__CM_CLASS_VERSION || mad.method != IPOIB__MAD_SEND)
		return -EPROTO;
	*out = mad;
	return consumed;
}

int ipoib__cm_encode(void *bytes, size_t room, const struct ipoib__mad *mad)
{
	const struct ipoib__mad whole = {
		.management_class = IPOIB__MAD_CLASS_CM,
		.class_version = IPOIB__CM_CLASS_VERSION,
		.method = IPOIB__MAD_SEND,
		.transaction = mad->transaction,
		.attribute = mad->attribute,
	};

	return ipoib__mad_encode(bytes, room, &whole);
}
