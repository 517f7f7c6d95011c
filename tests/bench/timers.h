/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A set of timers, as timers.c measures it: each peer is one file that fills in this structure. */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timers_peer {
	const char *name;
	/* So many timers, none of them armed. NULL: no memory. */
	void *(*open)(size_t count);
	/* Timers are numbers from 0; times are nanoseconds from now. */
	void (*arm)(void *set, uint32_t timer, uint64_t after);
	/* The same for one that is armed. */
	void (*rearm)(void *set, uint32_t timer, uint64_t after);
	void (*cancel)(void *set, uint32_t timer);
	/* Arms so that expire() finds it due, in the order of the times. */
	void (*arm_due)(void *set, uint32_t timer, uint64_t after);
	/* Fires what is due, all at once; returns how many. */
	uint64_t (*expire)(void *set);
	void (*close)(void *set);
};

/* The longest time that a timer is armed for. */
#define TIMERS_LONGEST_NS UINT64_C(60000000000)

extern const struct timers_peer timers_wheel, timers_libev;

#endif
