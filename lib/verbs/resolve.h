/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Paths on RoCE. */
#ifndef IPOIB__VERBS_RESOLVE_H
#define IPOIB__VERBS_RESOLVE_H

#include <stdint.h>

#include <ipoib/transport.h>

struct ipoib__verbs;

/* Errors as path_query() of the transport has them. */
int ipoib__verbs_resolve(struct ipoib__verbs *verbs, uint64_t id, const struct ipoib_gid *dgid,
			 uint16_t pkey);

#endif
