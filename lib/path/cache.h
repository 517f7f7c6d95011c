/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Inside of lib/path: the parts of the cache. window.c knows neither of the others, flush.c the
 * window, and cache.c both.
 */
#ifndef IPOIB__PATH_CACHE_H
#define IPOIB__PATH_CACHE_H

#include "path/path.h"

/* ---- window.c ---- */

/* It is to be asked for when its turn comes; it may have a turn already, or be asked for. */
void ipoib__paths_line_up(struct ipoib__paths *cache, struct ipoib__path *path);
/* A packet of ours wants it now: it need not stand behind the strangers any more. */
void ipoib__paths_move_up(struct ipoib__paths *cache, struct ipoib__path *path);
/* Whose turn it is, taken out of its line; NULL when none may be asked for now. */
struct ipoib__path *ipoib__paths_next_turn(struct ipoib__paths *cache);
/* It could not be asked for: it is the first of its line again. */
void ipoib__paths_keep_turn(struct ipoib__paths *cache, struct ipoib__path *path);
/* It is in the SA's hands. */
void ipoib__paths_question_out(struct ipoib__paths *cache, struct ipoib__path *path,
				uint64_t question);
/* Its question is over. */
void ipoib__paths_question_over(struct ipoib__paths *cache, struct ipoib__path *path);
/* Its question is not to be answered any more. */
void ipoib__paths_take_back(struct ipoib__paths *cache, struct ipoib__path *path);

/* ---- flush.c ---- */

void ipoib__paths_flush_init(struct ipoib__paths *cache);

#endif
