/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Packets from the caller's own memory: without a copy, and only what lies in it. */
#include <errno.h>

#include "interface/region_rig.h"
#include "interface/suites.h"
#include "support/support.h"

static struct region_rig *const rig = &region_rig;
static struct rail *const rail = &bench.rails[0];
static struct fake *const fake = &bench.fakes[0];

START_TEST(the_adapter_reads_a_packet_where_it_lies)
{
	const uint8_t header[] = { 0x08, 0x00, 0x00, 0x00 };
	const struct fake_work *posted;

	region_up(NULL);
	region_resolve_peer();
	fake->completing = false;
	ck_assert_int_eq(region_send(region_packet(1, 1000)), 0);
	posted = &fake_ud(fake)->sends[fake_ud(fake)->send_count - 1];
	ck_assert_ptr_eq(posted->address, region_slot(1) - sizeof(header));
	ck_assert_uint_eq(posted->length, 1004);
	ck_assert_mem_eq(region_slot(1) - sizeof(header), header, sizeof(header));
	/* nothing but the header was written */
	ck_assert_uint_eq(region_slot(1)[-5], 0xa5);
	ck_assert_uint_eq(region_slot(1)[1000], 0xa5);
	bench_settle();
	ck_assert_uint_eq(rig->all, 0);
	fake_complete(fake, fake_ud(fake), 1, 0);
	bench_settle();
	ck_assert_uint_eq(rig->times[1], 1);
	fake->completing = true;
	region_down();
	ck_assert_uint_eq(rig->all, 1);
}
END_TEST

START_TEST(a_buffer_has_the_length_and_the_room_of_its_packet)
{
	struct ipoib_buffer *buffer;

	region_up(NULL);
	buffer = region_packet(0, 1000);
	ck_assert_ptr_eq(ipoib_buffer_data(buffer), region_slot(0));
	ck_assert_uint_eq(ipoib_buffer_length(buffer), 1000);
	ck_assert_uint_eq(ipoib_buffer_room(buffer), 1000);
	ck_assert_int_eq(ipoib_buffer_set_length(buffer, 1001), -EMSGSIZE);
	ck_assert_int_eq(ipoib_buffer_set_length(buffer, 900), 0);
	ipoib_buffer_unref(buffer);
	region_down();
}
END_TEST

START_TEST(what_is_no_region_is_refused)
{
	const struct {
		size_t address, length;
		uint32_t buffers, reserved;
	} wrong[] = {
		{ 0, sizeof(rig->memory), 1, 0 },
		{ 1, 0, 1, 0 },
		{ 1, IPOIB_REGION_HEADROOM, 1, 0 },
		{ 1, sizeof(rig->memory), 0, 0 },
		{ 1, sizeof(rig->memory), IPOIB_REGION_BUFFERS_MAX + 1, 0 },
		{ 1, sizeof(rig->memory), 1, 1 },
	};
	struct ipoib_region_config config = region_whole();
	struct ipoib_region *none = NULL;
	size_t regions;

	region_up(NULL);
	regions = fake->region_count;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config = region_whole();
		config.address = wrong[i].address ? rig->memory : NULL;
		config.length = wrong[i].length;
		config.buffers = wrong[i].buffers;
		config.reserved = wrong[i].reserved;
		ck_assert_int_eq(ipoib_region_new(&none, rail->interface, &config), -EINVAL);
	}
	config = region_whole();
	config.size = support_size_up_to(struct ipoib_region_config, user) - 1;
	ck_assert_int_eq(ipoib_region_new(&none, rail->interface, &config), -EINVAL);
	ck_assert_ptr_null(none);
	ck_assert_uint_eq(fake->region_count, regions);
	region_down();
}
END_TEST

START_TEST(a_packet_must_lie_in_its_region_with_room_for_the_header)
{
	struct ipoib_buffer *buffer = NULL;
	uint8_t *end = rig->memory + sizeof(rig->memory);

	region_up(NULL);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, rig->memory, 100), -EINVAL);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, rig->memory + 3, 100), -EINVAL);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, end - 99, 100), -EINVAL);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, rig, 100), -EINVAL);
	ck_assert_int_eq(
		ipoib_region_buffer(rig->region, &buffer, region_slot(0), SIZE_MAX),
		-EINVAL);
	ck_assert_int_eq(
		ipoib_region_buffer(rig->region, &buffer, region_slot(0), sizeof(rig->memory)),
		-EINVAL);
	ck_assert_int_eq(
		ipoib_region_buffer(rig->region, &buffer, region_slot(0), sizeof(rig->memory) - 4),
		-EMSGSIZE);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, rig->memory + 4, 100), 0);
	ipoib_buffer_unref(buffer);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &buffer, end - 100, 100), 0);
	ipoib_buffer_unref(buffer);
	bench_settle();
	rig->then = NULL;
	region_down();
}
END_TEST

START_TEST(no_more_packets_are_on_their_way_than_were_agreed)
{
	struct ipoib_buffer *buffers[SLOTS], *more;

	region_up(NULL);
	for (unsigned i = 0; i < SLOTS; i++)
		buffers[i] = region_packet(i, 100);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &more, region_slot(0), 100), -ENOBUFS);
	ipoib_buffer_unref(buffers[0]);
	/* not before its owner was told */
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &more, region_slot(0), 100), -ENOBUFS);
	bench_settle();
	ck_assert_uint_eq(rig->all, 1);
	ck_assert_int_eq(ipoib_region_buffer(rig->region, &more, region_slot(0), 100), 0);
	ipoib_buffer_unref(more);
	for (unsigned i = 1; i < SLOTS; i++)
		ipoib_buffer_unref(buffers[i]);
	bench_settle();
	ck_assert_uint_eq(rig->all, SLOTS + 1);
	region_down();
}
END_TEST

START_TEST(a_refused_packet_stays_the_callers)
{
	struct ipoib_buffer *buffer;

	region_up(NULL);
	region_resolve_peer();
	buffer = region_packet(0, 5000);
	region_slot(0)[6] = 0x40; /* DF */
	ck_assert_int_eq(region_send(buffer), -EMSGSIZE);
	bench_settle();
	ck_assert_uint_eq(rig->all, 0);
	ck_assert_int_eq(ipoib_buffer_set_length(buffer, 1000), 0);
	region_slot(0)[2] = 1000 >> 8; /* its header says so too */
	region_slot(0)[3] = 1000 & 0xff;
	fake->completing = false;
	ck_assert_int_eq(region_send(buffer), 0);
	ck_assert_int_eq(region_send(buffer), -EBUSY);
	fake->completing = true;
	bench_settle();
	ck_assert_uint_eq(rig->all, 1);
	region_down();
}
END_TEST

START_TEST(one_that_was_cut_is_released_though_its_fragments_are_on_their_way)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	config.fragment = 1;
	region_up(&config);
	region_resolve_peer();
	fake->completing = false;
	ck_assert_int_eq(region_send(region_packet(0, 5000)), 0);
	ck_assert_uint_ge(fake_ud(fake)->send_count, 3);
	bench_settle();
	ck_assert_uint_eq(rig->all, 1);
	fake->completing = true;
	bench_settle();
	region_down();
	ck_assert_uint_eq(rig->all, 1);
}
END_TEST

START_TEST(one_that_nobody_took_is_handed_to_undelivered_and_then_released)
{
	region_up(NULL);
	fake->path_status = -ENOENT;
	ck_assert_int_eq(region_send(region_packet(3, 500)), 0);
	bench_settle();
	ck_assert_uint_eq(rail->undelivered[IPOIB_SEND_DROP_NO_PATH], 1);
	ck_assert_uint_eq(rig->times[3], 1);
	region_down();
}
END_TEST

Suite *suite_region(void)
{
	Suite *suite = suite_create("region");
	TCase *tcase = tcase_create("region");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_adapter_reads_a_packet_where_it_lies);
	tcase_add_test(tcase, a_buffer_has_the_length_and_the_room_of_its_packet);
	tcase_add_test(tcase, what_is_no_region_is_refused);
	tcase_add_test(tcase, a_packet_must_lie_in_its_region_with_room_for_the_header);
	tcase_add_test(tcase, no_more_packets_are_on_their_way_than_were_agreed);
	tcase_add_test(tcase, a_refused_packet_stays_the_callers);
	tcase_add_test(tcase, one_that_was_cut_is_released_though_its_fragments_are_on_their_way);
	tcase_add_test(tcase, one_that_nobody_took_is_handed_to_undelivered_and_then_released);
	suite_add_tcase(suite, tcase);
	return suite;
}
