/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Inside of lib/path: what the halves of the cache, cache.c and flush.c, know of each other. */
#ifndef IPOIB__PATH_CACHE_H
#define IPOIB__PATH_CACHE_H

#include "path/path.h"

/* ---- cache.c ---- */

/* The question of a path is not to be answered any more. */
void ipoib__paths_take_back(struct ipoib__paths *cache, struct ipoib__path *path);

/* ---- flush.c ---- */

void ipoib__paths_flush_init(struct ipoib__paths *cache);

#endif
