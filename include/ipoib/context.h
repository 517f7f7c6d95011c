/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * The context: what a program embeds in its own event loop.
 *
 * A context offers one pollable descriptor and one absolute deadline. When the descriptor is
 * readable or the deadline has come, call ipoib_context_dispatch(); read the deadline again
 * before every sleep, because any call to the library may bring it forward.
 *
 * Re-entrancy: a context and everything made from it belong to one thread at a time. Two
 * contexts share nothing. Callbacks run only inside ipoib_context_dispatch() and
 * ipoib_interface_poll(); a callback may call any function of the library on any handle and may
 * end any object, the one that called it included.
 *
 * Errors: every call that can fail returns a negative errno value; `errno` itself is not part
 * of the contract.
 */
#ifndef IPOIB_CONTEXT_H
#define IPOIB_CONTEXT_H

#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd;

/** A context; opaque. */
struct ipoib_context;

/** Levels of log messages; the lower, the graver. */
enum ipoib_log_level {
	IPOIB_LOG_NONE = 0,    /**< nothing */
	IPOIB_LOG_ERROR = 1,   /**< something is lost or unusable until somebody acts */
	IPOIB_LOG_WARNING = 2, /**< a peer, the subnet administrator or the caller misbehaves */
	IPOIB_LOG_INFO = 3,    /**< a change of state that an administrator would ask for */
	IPOIB_LOG_DEBUG = 4,   /**< everything else */
};

/** How a context is made; begin with #IPOIB_CONTEXT_CONFIG_INIT. Everything is copied. */
struct ipoib_context_config {
	size_t size; /**< sizeof(struct ipoib_context_config) */

	/**
	 * Returns memory of size bytes, aligned for any type, or NULL. NULL: the C library's
	 * allocator.
	 */
	void *(*allocate)(size_t size, void *user);
	/** Takes memory back; size is what was asked for. Required when allocate is given. */
	void (*release)(void *pointer, size_t size, void *user);
	void *allocator_user; /**< handed to allocate and release */

	/** Takes one message without a line's end; NULL: no log. It must not call the library. */
	void (*log)(int level, const char *message, void *user);
	void *log_user;    /**< handed to log */
	int32_t log_level; /**< enum ipoib_log_level: the least grave level that is logged */

	uint32_t reserved; /**< zero */

	/** Monotonic time in nanoseconds; required. ipoib_clock_monotonic() is the system's. */
	uint64_t (*clock)(void *user);
	void *clock_user; /**< handed to clock */

	/**
	 * Fills a buffer with unpredictable octets, returns 0 or a negative errno; required.
	 * It is called once, by ipoib_context_new(); ipoib_random_system() is the system's. A
	 * source that gives the same octets each time makes the context's behaviour repeatable.
	 */
	int (*random)(void *octets, size_t length, void *user);
	void *random_user; /**< handed to random */
};

/** The system's monotonic clock, for ipoib_context_config::clock. */
IPOIB_PUBLIC uint64_t ipoib_clock_monotonic(void *user);

/** The system's random source, for ipoib_context_config::random. */
IPOIB_PUBLIC int ipoib_random_system(void *octets, size_t length, void *user);

/** The defaults of a context: the system's allocator, clock and random source, and no log. */
#define IPOIB_CONTEXT_CONFIG_INIT                                                                  \
	{                                                                                          \
		.size = sizeof(struct ipoib_context_config), .clock = ipoib_clock_monotonic,       \
		.random = ipoib_random_system                                                      \
	}

/**
 * Makes a context.
 * @param out where the handle goes; end it with ipoib_context_unref()
 * @param config how to make it
 * @return 0; -EINVAL (a required member is missing, or the size is too small to be any version);
 * -E2BIG (a newer caller asks for what this library does not know); -ENOMEM; an error of the
 * random source;
 * -EMFILE or -ENFILE (no descriptor left).
 */
IPOIB_PUBLIC int ipoib_context_new(struct ipoib_context **out,
				   const struct ipoib_context_config *config) IPOIB_NONNULL;

/** Takes one more reference. @return context */
IPOIB_PUBLIC struct ipoib_context *ipoib_context_ref(struct ipoib_context *context) IPOIB_NONNULL;

/**
 * Ends the caller's use of a context. Its transports and interfaces keep it alive until they
 * are ended too; the memory is given back with the last of them.
 * @param context may be NULL
 */
IPOIB_PUBLIC void ipoib_context_unref(struct ipoib_context *context);

/**
 * The descriptor to watch for reading. It never changes and stays the context's: do not read it
 * or close it.
 * @return the descriptor; -ENOTSUP where the platform has no descriptor that stands for several
 * (a library built with the poll(2) poller): use ipoib_context_pollfds() there, or
 * ipoib_ev_new() which knows both.
 */
IPOIB_PUBLIC int ipoib_context_fd(const struct ipoib_context *context) IPOIB_NONNULL;

/**
 * What to hand to poll(2): one entry, ipoib_context_fd(), where there is such a descriptor,
 * else one entry for each descriptor in use; the set may then change with any call to the library.
 * @param context the context
 * @param fds room for the entries; may be NULL when count is 0
 * @param count how many entries there is room for
 * @return how many entries there are, which may be more than count
 */
IPOIB_PUBLIC int ipoib_context_pollfds(const struct ipoib_context *context, struct pollfd *fds,
				       size_t count);

/**
 * The instant, in nanoseconds of the context's clock, at which ipoib_context_dispatch() wants
 * to be called even if no descriptor is ready. In the past: call it now.
 * @return the deadline, or #IPOIB_NEVER
 */
IPOIB_PUBLIC uint64_t ipoib_context_deadline(const struct ipoib_context *context) IPOIB_NONNULL;

/**
 * Does what is due: reads what has arrived, runs timers, calls callbacks. It never blocks, and
 * the work of one call is bounded; what is left keeps the descriptor readable or the deadline
 * in the past.
 * @return 0; -EDEADLK when called from a callback of the same context.
 */
IPOIB_PUBLIC int ipoib_context_dispatch(struct ipoib_context *context) IPOIB_NONNULL;

/**
 * Memory from the context's allocator, for transports and others that live with a context.
 * @param context the context
 * @param size octets, more than 0
 * @return zeroed memory, or NULL
 */
IPOIB_PUBLIC void *ipoib_context_allocate(struct ipoib_context *context, size_t size) IPOIB_NONNULL;

/**
 * Gives memory of ipoib_context_allocate() back; all of it before the context's end.
 * @param context the context
 * @param pointer may be NULL
 * @param size what was asked for
 */
IPOIB_PUBLIC void ipoib_context_free(struct ipoib_context *context, void *pointer, size_t size);

/**
 * Writes to the context's log, for transports and others that live with a context.
 * @param context the context
 * @param level enum ipoib_log_level
 * @param message one line without its end; longer ones than some hundred octets are cut
 */
IPOIB_PUBLIC void ipoib_context_log(struct ipoib_context *context, int level,
				    const char *message) IPOIB_NONNULL;

/** The context's clock, now; in nanoseconds. */
IPOIB_PUBLIC uint64_t ipoib_context_now(const struct ipoib_context *context) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
