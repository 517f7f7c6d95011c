/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The simulated fabric, held against the contract in virtual time. */
#include <stddef.h>

#include <ipoib/mock.h>

#include "conformance/suites.h"
#include "support/support.h"

static struct ipoib_fabric *fabric;

static void mock_begin(void)
{
	struct ipoib_fabric_config config = IPOIB_FABRIC_CONFIG_INIT;

	support_setup();
	config.allocate = support_allocate;
	config.release = support_release;
	config.clock = support_clock;
	config.seed = support_seed();
	config.delay_ns = 2000;
	ck_assert_int_eq(ipoib_fabric_new(&fabric, &config), 0);
}

static void mock_end(void)
{
	ipoib_fabric_close(fabric);
	support_teardown();
}

static struct ipoib_context_config mock_config(void)
{
	struct ipoib_context_config config = IPOIB_CONTEXT_CONFIG_INIT;

	config.allocate = support_allocate;
	config.release = support_release;
	config.clock = support_clock;
	return config;
}

static int mock_open(struct ipoib_transport **out, struct ipoib_context *context, unsigned which)
{
	return ipoib_mock_open(out, context, fabric, which == 0 ? "host1/1" : "host2/1");
}

/* To the next deadline of anybody, and what the switch does then. */
static void mock_pass(uint64_t end)
{
	const struct side *sides[] = { &a, &b };
	uint64_t next = ipoib_fabric_deadline(fabric);

	for (unsigned i = 0; i < 2; i++) {
		uint64_t deadline = sides[i]->ops->deadline(sides[i]->self);

		next = deadline < next ? deadline : next;
	}
	next = next < end ? next : end;
	if (next > support_now)
		support_now = next;
	ck_assert_int_eq(ipoib_fabric_dispatch(fabric), 0);
}

static const struct world mock = {
	.begin = mock_begin,
	.end = mock_end,
	.config = mock_config,
	.open = mock_open,
	.pass = mock_pass,
};

const struct world *world = &mock;

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_port,    suite_datagram, suite_errors,   suite_questions, suite_group,
		suite_connect, suite_refuse,   suite_messages, suite_ending,	NULL,
	};

	return support_main(suites, "test_conformance");
}
