/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The transport over rdma-core, held against the contract in real time: two ports of real adapters
 * that reach each other.
 *
 *	conformance --device rxe0/1 rxe1/1
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/verbs.h>

#include "conformance/suites.h"
#include "support/support.h"

/* So long at most until both are looked at again: what nobody armed wakes nobody. */
#define NAP_MS 1
/* A line of what the kernel counts. */
#define RESOURCES 256

static const char *names[2];

/* What the kernel counts of each device before a test. */
static char before[2][RESOURCES];

/* librdmacm opens each device once and for all: a context stays to the end of the process. */
static void forget_contexts(char *text)
{
	char *contexts = strstr(text, " ctx ");

	if (contexts != NULL)
		memset(contexts, ' ', strcspn(contexts + 5, " ") + 5);
}

/*
 * One line of rdma(8): "0: rxe0: pd 1 cq 1 qp 1 cm_id 0 mr 0 ctx 0 srq 0". Nothing where that is
 * not installed.
 */
static void read_resources(unsigned which, char *text)
{
	char command[128];
	FILE *pipe;

	snprintf(command, sizeof(command), "rdma resource show %.*s 2>/dev/null",
		 (int)strcspn(names[which], "/"), names[which]);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	if (fgets(text, RESOURCES, pipe) == NULL)
		text[0] = '\0';
	pclose(pipe);
	forget_contexts(text);
}

static void device_begin(void)
{
	for (unsigned i = 0; i < 2; i++)
		read_resources(i, before[i]);
}

/* Everything that was made was ended: queue pairs, regions, ids, shared receive queues. */
static void device_end(void)
{
	char after[RESOURCES];

	ck_assert_uint_eq(support_blocks(), 0);
	for (unsigned i = 0; i < 2; i++) {
		read_resources(i, after);
		ck_assert_str_eq(after, before[i]);
	}
}

static void tell(int level, const char *message, void *user)
{
	(void)user;
	fprintf(stderr, "log %d: %s\n", level, message);
}

static struct ipoib_context_config device_config(void)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.allocate = support_allocate;
	config.release = support_release;
	config.log = tell;
	config.log_level = IPOIB_LOG_WARNING;
	return config;
}

static int device_open(struct ipoib_transport **out, struct ipoib_context *context, unsigned which)
{
	struct ipoib_verbs_config config = IPOIB_VERBS_CONFIG_INIT;

	config.port = names[which];
	return ipoib_verbs_open(out, context, &config);
}

static void device_pass(uint64_t end)
{
	struct pollfd fds[2 * DESCRIPTORS];

	(void)end; /* not later than that by more than a nap */
	int count = side_pollfds(&a, fds);
	count += side_pollfds(&b, fds + count);
	ck_assert_int_ge(poll(fds, (nfds_t)count, NAP_MS), 0);
}

static const struct world device = {
	.begin = device_begin,
	.end = device_end,
	.config = device_config,
	.open = device_open,
	.pass = device_pass,
};

const struct world *world = &device;

int main(int argc, char **argv)
{
	static Suite *(*const suites[])(void) = {
		suite_port,    suite_datagram, suite_errors,   suite_questions, suite_group,
		suite_connect, suite_refuse,   suite_messages, suite_ending,	NULL,
	};

	if (argc != 4 || strcmp(argv[1], "--device") != 0) {
		fprintf(stderr, "usage: %s --device PORT PORT\n", argv[0]);
		return EXIT_FAILURE;
	}
	names[0] = argv[2];
	names[1] = argv[3];
	return support_main(suites, "conformance");
}
