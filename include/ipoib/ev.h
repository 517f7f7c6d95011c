/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * libipoib-ev: a context in a libev loop.
 */
#ifndef IPOIB_EV_H
#define IPOIB_EV_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ev_loop;
struct ipoib_context;

/** A context in a loop; opaque. */
struct ipoib_ev;

/**
 * Puts a context into a loop: its descriptors are watched, its deadline is a timer, and
 * ipoib_context_dispatch() is called when either asks for it. The context's clock must be the
 * system's monotonic clock. Its watchers keep ev_run() running, as any active watcher does.
 * @param out where the handle goes; end it with ipoib_ev_close()
 * @param loop the loop; it must outlive the handle
 * @param context the context; the handle takes a reference of its own
 * @return 0 or -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_ev_new(struct ipoib_ev **out, struct ev_loop *loop,
			      struct ipoib_context *context) IPOIB_NONNULL;

/**
 * Takes the context out of the loop again; allowed from a callback of the context. @param ev
 * may be NULL
 */
IPOIB_PUBLIC void ipoib_ev_close(struct ipoib_ev *ev);

#ifdef __cplusplus
}
#endif

#endif
