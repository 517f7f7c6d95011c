/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

#define EXIT_SKIP 77          /* what automake takes for a skipped test */
#define DESCRIPTORS 1024      /* numbers looked at for leaks; the usual limit of a process */
#define TIMEOUT_MULTIPLIER "10" /* a machine that is ten times slower; the variable says another */
#define BLOCK_MAGIC 0x6b636f6c62626970u

uint64_t support_now;

static uint64_t run_seed;
static bool running;

/* ---- the allocator ---- */

/* Stands before each block: a release with the wrong size, or of what is no block, is found out. */
union block {
	struct {
		uint64_t magic;
		size_t size;
	} head;
	max_align_t aligned;
};

static struct {
	struct ipoib__memory memory;
	size_t blocks;
	size_t bytes;
	long asked;
	long fail_at; /* value of asked; 0: never */
	bool for_ever;
} heap;

static bool is_to_fail(void)
{
	if (heap.fail_at == 0 || heap.asked < heap.fail_at)
		return false;
	return heap.for_ever || heap.asked == heap.fail_at;
}

void *support_allocate(size_t size, void *user)
{
	(void)user;
	heap.asked++;
	ck_assert_msg(size > 0, "an allocation of 0 bytes was asked for");
	if (is_to_fail() || size > SIZE_MAX - sizeof(union block))
		return NULL;

	union block *block = malloc(sizeof(*block) + size);

	if (!block)
		return NULL;
	block->head.magic = BLOCK_MAGIC;
	block->head.size = size;
	memset(block + 1, 0xa5, size); /* nobody may rely on zeroes that were not promised */
	heap.blocks++;
	heap.bytes += size;
	return block + 1;
}

void support_release(void *pointer, size_t size, void *user)
{
	union block *block = (union block *)pointer - 1;

	(void)user;
	ck_assert_msg(block->head.magic == BLOCK_MAGIC, "released what was not allocated");
	ck_assert_msg(block->head.size == size, "%zu bytes released as %zu", block->head.size,
		      size);
	heap.blocks--;
	heap.bytes -= size;
	block->head.magic = 0;
	free(block);
}

struct ipoib__memory *support_memory(void)
{
	return &heap.memory;
}

size_t support_blocks(void)
{
	return heap.blocks;
}

size_t support_bytes(void)
{
	return heap.bytes;
}

long support_allocations(void)
{
	return heap.asked;
}

void support_fail_after(long n, bool for_ever)
{
	heap.fail_at = n > 0 ? heap.asked + n : 0;
	heap.for_ever = for_ever;
}

/* ---- the clock and the numbers ---- */

uint64_t support_clock(void *user)
{
	(void)user;
	return support_now;
}

void support_advance(uint64_t nanoseconds)
{
	support_now += nanoseconds;
}

static struct {
	struct ipoib__random random;
	bool seeded;
} numbers;

uint64_t support_seed(void)
{
	return run_seed;
}

struct ipoib__random *support_random_for(const char *function)
{
	static const uint8_t key[IPOIB__SIPHASH_KEY]; /* zeroes: no secret, only a mix */
	const char *tcase = tcase_name();

	if (!numbers.seeded) {
		uint64_t seed = run_seed ^ ipoib__siphash(key, function, strlen(function));

		seed += ipoib__siphash(key, tcase, strlen(tcase));
		ipoib__random_seed(&numbers.random, seed);
		numbers.seeded = true;
	}
	return &numbers.random;
}

/* ---- the fixture ---- */

static bool open_before[DESCRIPTORS];

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* Enough for every test that is not a loop over a world, and too few to cost anything in one. */
#define MARKS_ALL 1000
#define MARKS_ONE_IN 1000

static unsigned marks;

void support_mark(const char *file, int line)
{
	if (marks++ < MARKS_ALL || marks % MARKS_ONE_IN == 0)
		(_mark_point)(file, line);
}

void support_setup(void)
{
	marks = 0;
	memset(&heap, 0, sizeof(heap));
	ipoib__memory_init(&heap.memory, support_allocate, support_release, NULL);
	numbers.seeded = false;
	support_now = 0;
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		open_before[fd] = is_open(fd);
}

/*
 * What leaked is forgotten before the test fails for it: without fork Check runs the teardown again
 * when it has failed, and would do so for ever.
 */
void support_teardown(void)
{
	size_t blocks = heap.blocks, bytes = heap.bytes, in_use = heap.memory.in_use;
	int changed = -1;

	heap.blocks = 0;
	heap.bytes = 0;
	heap.memory.in_use = 0;
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		bool open_now = is_open(fd);

		if (open_now != open_before[fd])
			changed = fd;
		open_before[fd] = open_now;
	}

	if (blocks != 0)
		ck_abort_msg("%zu blocks of %zu bytes leaked", blocks, bytes);
	if (in_use != 0)
		ck_abort_msg("in_use says %zu bytes where none are", in_use);
	if (changed >= 0)
		ck_abort_msg("descriptor %d %s", changed,
			     open_before[changed] ? "leaked" : "was closed by the test");
}

/* ---- the program ---- */

void support_skip(const char *why)
{
	if (running)
		ck_abort_msg("support_skip (%s) is for main(): tests run already", why);
	printf("*** SKIPPED: %s ***\n", why);
	fflush(stdout);
	exit(EXIT_SKIP);
}

static bool seed_from_text(const char *text, uint64_t *seed)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0';
}

static bool seed_from_entropy(uint64_t *seed)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, seed, sizeof(*seed));

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof(*seed);
}

static bool choose_seed(void)
{
	const char *text = getenv("IPOIB_TEST_SEED");

	if (text && !seed_from_text(text, &run_seed)) {
		fprintf(stderr, "IPOIB_TEST_SEED=%s is not a number of 64 bits\n", text);
		return false;
	}
	if (!text && !seed_from_entropy(&run_seed)) {
		fprintf(stderr, "/dev/urandom gives no seed: set IPOIB_TEST_SEED\n");
		return false;
	}
	return true;
}

static void print_repeats(SRunner *runner, const char *name)
{
	int failed = srunner_ntests_failed(runner);
	TestResult **failures = srunner_failures(runner);

	for (int i = 0; failures && i < failed; i++)
		printf("to repeat: IPOIB_TEST_SEED=0x%016" PRIx64 " CK_RUN_CASE='%s' %s\n",
		       run_seed, tr_tcname(failures[i]), name);
	free(failures);
}

int support_main(Suite *(*const suites[])(void), const char *name)
{
	SRunner *runner;
	int failed;

	if (!choose_seed())
		return EXIT_FAILURE;
	printf("%s: seed 0x%016" PRIx64 "\n", name, run_seed);
	fflush(stdout); /* before Check forks, or each child would print it again */

	/* Check counts 4 seconds of the wall for a test: too few on a busy machine. */
	(void)setenv("CK_TIMEOUT_MULTIPLIER", TIMEOUT_MULTIPLIER, 0);
	runner = srunner_create(NULL);
	for (size_t i = 0; suites[i]; i++)
		srunner_add_suite(runner, suites[i]());
	running = true;
	srunner_run_all(runner, CK_ENV);
	running = false;
	failed = srunner_ntests_failed(runner);
	if (failed > 0)
		print_repeats(runner, name);
	srunner_free(runner);
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
