/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What every test program stands on: a seed that is printed and repeats the run, an allocator that
 * counts and fails at will, a clock that the test turns by hand, and a teardown that fails a test
 * for what it leaks.
 *
 *	static Suite *suite_arp(void)
 *	{
 *		TCase *tcase = tcase_create("arp");
 *		tcase_add_checked_fixture(tcase, support_setup, support_teardown);
 *		tcase_add_test(tcase, every_truncated_packet_is_refused);
 *		...
 *	}
 *
 *	int main(void)
 *	{
 *		static Suite *(*const suites[])(void) = { suite_arp, NULL };
 *		return support_main(suites, "test_wire");
 *	}
 *
 * IPOIB_TEST_SEED sets the seed; CK_FORK, CK_RUN_SUITE, CK_RUN_CASE and CK_VERBOSITY are Check's
 * own.
 */
#ifndef IPOIB_TESTS_SUPPORT_H
#define IPOIB_TESTS_SUPPORT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/random.h"

/*
 * Check writes to a file at each assertion that holds, so that it can tell the last one before a
 * crash. A story has millions: two thirds of its time. The first of a test are written, and one in
 * many after them.
 */
#define _mark_point(file, line) support_mark(file, line)
void support_mark(const char *file, int line);

/* Runs the suites (NULL ends them) and returns the exit code: 0, or 1 when a test failed. */
int support_main(Suite *(*const suites[])(void), const char *name);

/*
 * Ends the program with exit code 77 and says why. Only from main() or from a function that builds
 * a suite: once tests run, a skip would hide their results, so that it then fails the test.
 */
void support_skip(const char *why);

/* The checked fixture of every TCase. Teardown fails the test for leaked memory or descriptors. */
void support_setup(void);
void support_teardown(void);

/* The seed of the run. */
uint64_t support_seed(void);

/*
 * A generator seeded from the seed of the run and the names of the test case and the test, so that
 * a test repeats when it is run alone. Further calls in the same test give the same generator,
 * going on. In a loop test each round starts from the same numbers.
 */
#define support_random() support_random_for(__func__)
struct ipoib__random *support_random_for(const char *function);

/* The allocator of the test: empty at setup, and it must be empty at teardown. */
struct ipoib__memory *support_memory(void);

/* Its hooks for users of the public API; user is ignored. */
void *support_allocate(size_t size, void *user);
void support_release(void *pointer, size_t size, void *user);

/* Blocks that are allocated now. */
size_t support_blocks(void);
/* Their bytes. */
size_t support_bytes(void);

/* Allocations asked for since setup, those that were refused included. */
long support_allocations(void);

/*
 * The size of a structure that ends with this member: what pads it at its end, which is another
 * length on other processors, does not count.
 */
#define support_size_up_to(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/*
 * The n-th allocation from now (1 is the next) fails: that one only, or that one and all after it.
 * 0 ends the failing.
 */
void support_fail_after(long n, bool for_ever);

/*
 * The virtual clock: 0 at setup, monotonic nanoseconds; support_clock has the shape of a context's
 * hook.
 */
extern uint64_t support_now;
uint64_t support_clock(void *user);
void support_advance(uint64_t nanoseconds);

#endif
