/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Registered memory: struct ipoib_memory_region. */
#ifndef IPOIB__VERBS_MEMORY_H
#define IPOIB__VERBS_MEMORY_H

#include <stddef.h>

#include <ipoib/transport.h>

struct ipoib__verbs;

/* Pages of our own. -EINVAL, -ENOMEM, or what the adapter says. */
int ipoib__verbs_memory_get(struct ipoib__verbs *verbs, size_t length,
			    struct ipoib_memory_region *region);
/* Memory of the caller, registered for sending only. The same errors. */
int ipoib__verbs_memory_register(struct ipoib__verbs *verbs, void *address, size_t length,
				 struct ipoib_memory_region *region);
void ipoib__verbs_memory_put(struct ipoib__verbs *verbs, const struct ipoib_memory_region *region);

#endif
