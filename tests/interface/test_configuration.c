/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What may be asked for: contexts, transports and interfaces that are refused, and why. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "interface/bench.h"
#include "interface/interface.h"
#include "interface/suites.h"
#include "support/support.h"

static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

#define WITH(member, value)                                              \
	{                                                                \
		struct ipoib_interface_config c = IPOIB_INTERFACE_CONFIG_INIT; \
		c.member = (value);                                      \
		configs[n++] = c;                                        \
	}

static size_t bad_configs(struct ipoib_interface_config *configs)
{
	size_t n = 0;

	WITH(size, offsetof(struct ipoib_interface_config, reserved4) + 3) /* of the first one */
	WITH(size, 0)
	WITH(pkey, 0x7fff)
	WITH(pkey, 0)
	WITH(pkey, 0x8000)
	WITH(scope, 0)
	WITH(scope, 15)
	WITH(scope, 16)
	WITH(scope, 255)
	WITH(mtu, 1)
	WITH(mtu, IPOIB_MTU_MIN - 1)
	WITH(send_depth, 0)
	WITH(send_depth, 16385)
	WITH(send_depth, UINT32_MAX)
	WITH(receive_depth, 0)
	WITH(receive_depth, 16385)
	WITH(neighbours_max, 0)
	WITH(neighbours_max, UINT32_MAX)
	WITH(queue_packets, 0)
	WITH(queue_packets, UINT32_MAX)
	WITH(queue_packets_total, 0)
	WITH(queue_packets_total, UINT32_MAX)
	WITH(buffers, 703)
	WITH(buffers, UINT32_MAX)
	WITH(connected_buffers, 255)
	WITH(connected_buffers, UINT32_MAX)
	WITH(queue_age_ms, 0)
	WITH(queue_age_ms, UINT32_MAX)
	return n;
}

static size_t good_configs(struct ipoib_interface_config *configs)
{
	size_t n = 0;

	WITH(pkey, 0x8001)
	WITH(scope, 1)
	WITH(scope, 14)
	WITH(mtu, IPOIB_MTU_MIN)
	WITH(mtu, 65520) /* more than the fabric gives: the fabric's counts */
	WITH(send_depth, 1)
	WITH(receive_depth, 1)
	WITH(neighbours_max, 1)
	WITH(queue_packets, 1)
	WITH(queue_packets_total, 1)
	WITH(buffers, 704)
	WITH(connected_buffers, 256)
	WITH(queue_age_ms, 1)
	WITH(queue_age_ms, 60000)
	return n;
}

START_TEST(every_bad_value_is_refused)
{
	struct ipoib_interface_config configs[40];
	struct ipoib_interface *out = (void *)1;
	size_t n = bad_configs(configs);

	bench_open();
	for (size_t i = 0; i < n; i++) {
		ck_assert_msg(ipoib_interface_open(&out, fake->transport, &configs[i]) == -EINVAL,
			      "the bad configuration %zu was taken", i);
		ck_assert_ptr_eq(out, (void *)1);
	}
	bench_close();
}
END_TEST

START_TEST(every_good_value_is_taken_and_works)
{
	struct ipoib_interface_config configs[40];
	size_t n = good_configs(configs);

	for (size_t i = 0; i < n; i++) {
		bench_up(&configs[i]);
		rail_send(rail, "10.0.0.2", 60, 1); /* 1 ms in a queue may be too short for it */
		bench_run(SECOND);
		ck_assert_uint_eq(rail_statistics(rail).queued, 0);
		ck_assert_uint_le(rail_mtu(rail), 2044);
		bench_close();
	}
}
END_TEST

/* On the heap, exactly as long as it says: ASan sees who reads on. */
START_TEST(a_longer_configuration_is_taken_when_the_rest_is_zero)
{
	const struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	bench_open();
	for (size_t more = 0; more <= 40; more++) {
		uint8_t *octets = calloc(1, sizeof(config) + more);
		struct ipoib_interface *interface;
		size_t size = sizeof(config) + more;

		memcpy(octets, &config, sizeof(config));
		memcpy(octets, &size, sizeof(size));
		ck_assert_int_eq(ipoib_interface_open(&interface, fake->transport, (void *)octets),
				 0);
		ipoib_interface_close(interface);
		if (more > 0) {
			octets[size - 1] = 1;
			ck_assert_int_eq(ipoib_interface_open(&interface, fake->transport,
							      (void *)octets),
					 -E2BIG);
		}
		free(octets);
	}
	bench_close();
}
END_TEST

START_TEST(a_configuration_of_the_size_alone_is_read_no_further)
{
	struct ipoib_interface *interface;
	struct ipoib_context *context;

	bench_open();
	for (size_t size = sizeof(size_t); size < sizeof(struct ipoib_interface_config);
	     size += sizeof(size_t)) {
		size_t *octets = calloc(1, size);

		octets[0] = size;
		ck_assert_int_eq(ipoib_interface_open(&interface, fake->transport, (void *)octets),
				 -EINVAL);
		if (size < sizeof(struct ipoib_context_config))
			ck_assert_int_eq(ipoib_context_new(&context, (void *)octets), -EINVAL);
		free(octets);
	}
	bench_close();
}
END_TEST

START_TEST(structures_that_are_filled_in_obey_the_callers_size)
{
	size_t size = sizeof(struct ipoib_statistics);
	uint8_t *octets = malloc(size + 16);
	size_t larger = size + 16;
	size_t smaller = offsetof(struct ipoib_statistics, paths_stale) + 7;
	struct ipoib_interface_info info = { .size = 3 };

	bench_up(NULL);
	memset(octets, 0xff, larger);
	memcpy(octets, &larger, sizeof(larger));
	ck_assert_int_eq(ipoib_interface_statistics(rail->interface, (void *)octets), 0);
	for (size_t i = size; i < larger; i++)
		ck_assert_uint_eq(octets[i], 0);
	ck_assert_int_eq(memcmp(octets, &larger, sizeof(larger)), 0);
	free(octets);
	octets = malloc(smaller);
	memcpy(octets, &smaller, sizeof(smaller));
	ck_assert_int_eq(ipoib_interface_statistics(rail->interface, (void *)octets), -EINVAL);
	free(octets);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), -EINVAL);
	bench_close();
}
END_TEST

START_TEST(a_second_interface_with_the_same_pkey_is_refused)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	bench_up(NULL);
	ck_assert_int_eq(rail_try_open(&bench.rails[1], fake, NULL), -EBUSY);
	config.pkey = 0x8001;
	ck_assert_int_eq(rail_try_open(&bench.rails[1], fake, &config), 0);
	bench_settle();
	ck_assert(rail_is_up(&bench.rails[1]));
	rail_close(rail);
	ck_assert_int_eq(rail_try_open(rail, fake, NULL), 0);
	bench_close();
}
END_TEST

START_TEST(a_pkey_that_the_port_does_not_have_is_refused)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	bench_open();
	config.pkey = 0x9999;
	ck_assert_int_eq(rail_try_open(rail, fake, &config), -ENOENT);
	ck_assert_ptr_null(rail->interface);
	ck_assert_uint_eq(support_blocks() > 0, 1);
	bench_close();
}
END_TEST

START_TEST(every_ending_takes_null)
{
	ipoib_context_unref(NULL);
	ipoib_transport_unref(NULL);
	ipoib_interface_close(NULL);
	ipoib_binding_close(NULL);
	ipoib_multicast_leave(NULL);
	ipoib_buffer_unref(NULL);
}
END_TEST

START_TEST(a_transport_without_all_operations_is_refused)
{
	struct ipoib_transport_ops ops = fake_ops;
	struct ipoib_transport *out;
	uint8_t *octets = calloc(1, sizeof(ops) + 8);
	size_t size = sizeof(ops) + 8;

	bench_open();
	for (size_t at = sizeof(size_t); at < sizeof(ops); at += sizeof(void (*)(void))) {
		ops = fake_ops;
		memset((uint8_t *)&ops + at, 0, sizeof(void (*)(void)));
		ck_assert_int_eq(ipoib_transport_new(&out, bench.context, &ops, fake), -EINVAL);
	}
	ops = fake_ops;
	ops.size = offsetof(struct ipoib_transport_ops, memory_register);
	ck_assert_int_eq(ipoib_transport_new(&out, bench.context, &ops, fake), -EINVAL);
	memcpy(octets, &fake_ops, sizeof(fake_ops));
	memcpy(octets, &size, sizeof(size));
	octets[size - 1] = 1; /* an operation that only a newer library knows */
	ck_assert_int_eq(ipoib_transport_new(&out, bench.context, (void *)octets, fake), -E2BIG);
	free(octets);
	bench_close();
}
END_TEST

/* The number is a part of ids, and has 24 bits there. */
START_TEST(the_interface_after_sixteen_million_comes_up_and_has_a_number_of_its_own)
{
	struct ipoib_interface_config config = bench_connected();
	struct rail *second = &bench.rails[1];

	config.pkey = 0x8001;
	bench_up(NULL);
	ck_assert_uint_eq(rail->interface->number, 1);
	fake->port.pkeys[fake->port.pkey_count++] = 0x8001;
	fake->transport->last_number = IPOIB__NUMBER_MAX - 1;
	for (unsigned i = 0; i < 2; i++) {
		rail_open(second, fake, &config);
		ck_assert_uint_eq(second->interface->number, i == 0 ? IPOIB__NUMBER_MAX : 2);
		bench_settle();
		ck_assert(rail_is_up(second));
		rail_close(second);
	}
	bench_close();
}
END_TEST

static int no_random(void *octets, size_t length, void *user)
{
	(void)octets;
	(void)length;
	(void)user;
	return -EIO;
}

START_TEST(a_context_without_what_it_needs_is_refused)
{
	struct ipoib_context_config good = IPOIB_CONTEXT_CONFIG_INIT, bad;
	struct ipoib_context *out;

	bad = good;
	bad.clock = NULL;
	ck_assert_int_eq(ipoib_context_new(&out, &bad), -EINVAL);
	bad = good;
	bad.random = NULL;
	ck_assert_int_eq(ipoib_context_new(&out, &bad), -EINVAL);
	bad = good;
	bad.random = no_random;
	ck_assert_int_eq(ipoib_context_new(&out, &bad), -EIO);
	bad = good;
	bad.allocate = support_allocate;
	ck_assert_int_eq(ipoib_context_new(&out, &bad), -EINVAL);
	bad = good;
	bad.release = support_release;
	ck_assert_int_eq(ipoib_context_new(&out, &bad), -EINVAL);
	ck_assert_int_eq(ipoib_context_new(&out, &good), 0);
	ipoib_context_unref(out);
}
END_TEST

/* A pool grows by whole slabs: what does not fill one is promised, and never there. */
START_TEST(the_pools_are_whole_slabs_by_default_too)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;
	struct ipoib_interface_info info = { .size = sizeof(info) };

	config.mode = IPOIB_MODE_CONNECTED;
	config.queue_packets_total = 1001;
	bench_up(&config);
	ck_assert_int_eq(ipoib_interface_info(rail->interface, &info), 0);
	ck_assert_uint_eq(info.buffers, 2816);           /* 22 of 128, for 2793 */
	ck_assert_uint_eq(info.connected_buffers, 1408); /* 176 of 8, for 1401 */
	bench_close();
}
END_TEST

Suite *suite_configuration(void)
{
	Suite *suite = suite_create("configuration");
	TCase *tcase = tcase_create("configuration");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, every_bad_value_is_refused);
	tcase_add_test(tcase, every_good_value_is_taken_and_works);
	tcase_add_test(tcase, a_longer_configuration_is_taken_when_the_rest_is_zero);
	tcase_add_test(tcase, a_configuration_of_the_size_alone_is_read_no_further);
	tcase_add_test(tcase, structures_that_are_filled_in_obey_the_callers_size);
	tcase_add_test(tcase, a_second_interface_with_the_same_pkey_is_refused);
	tcase_add_test(tcase, a_pkey_that_the_port_does_not_have_is_refused);
	tcase_add_test(tcase, every_ending_takes_null);
	tcase_add_test(tcase, a_transport_without_all_operations_is_refused);
	tcase_add_test(tcase,
		       the_interface_after_sixteen_million_comes_up_and_has_a_number_of_its_own);
	tcase_add_test(tcase, a_context_without_what_it_needs_is_refused);
	tcase_add_test(tcase, the_pools_are_whole_slabs_by_default_too);
	suite_add_tcase(suite, tcase);
	return suite;
}
