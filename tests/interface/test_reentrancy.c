/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A callback may call anything and end anything, what called it included (I2). Every action is
 * tried from every callback; then time goes on, and the rest is ended.
 */
#include <errno.h>
#include <string.h>

#include <ipoib/region.h>

#include "interface/bench.h"
#include "interface/suites.h"
#include "support/support.h"

#define KEPT_MAX 64

static struct rail *const rail = &bench.rails[0];   /* the one whose callback is called */
static struct rail *const beside = &bench.rails[1]; /* on the same port */
static struct rail *const far = &bench.rails[2];    /* on another port */
static struct fake *const fake = &bench.fakes[0];

static struct ipoib_buffer *kept[KEPT_MAX];
static size_t kept_count;
static struct ipoib_multicast *membership;
static struct ipoib_binding *binding;
static void (*action)(struct ipoib_buffer *packet);
static unsigned acted;

static void send_something(struct ipoib_buffer *packet)
{
	(void)packet;
	ck_assert_int_le(rail_send(rail, "10.0.0.2", 100, 1), 0);
	ck_assert_int_le(rail_send(rail, "10.0.0.50", 100, 1), 0);
	ck_assert_int_le(rail_send(beside, "224.3.3.3", 100, 1), 0);
	ck_assert_int_le(rail_send(far, "255.255.255.255", 100, 1), 0);
}

static void send_the_packet_on(struct ipoib_buffer *packet)
{
	struct ipoib_packet on = { .buffer = packet, .next_hop = ip("10.0.0.60") };

	if (!packet)
		return;
	ipoib_buffer_ref(packet);
	if (ipoib_interface_send(rail->interface, &on, 1) == 0)
		ipoib_buffer_unref(packet);
}

static void join_a_group(struct ipoib_buffer *packet)
{
	struct ipoib_ip group = ip("224.8.8.8");
	struct ipoib_multicast *other;

	(void)packet;
	ck_assert_int_eq(ipoib_multicast_join(&membership, rail->interface, &group), 0);
	ck_assert_int_eq(ipoib_multicast_join(&other, beside->interface, &group), 0);
	ipoib_multicast_leave(other);
}

static void bind_and_unbind(struct ipoib_buffer *packet)
{
	struct ipoib_ip address = ip("10.0.0.77");

	(void)packet;
	ipoib_binding_close(rail->binding);
	rail->binding = NULL;
	ck_assert_int_eq(ipoib_binding_open(&binding, rail->interface, &address, 24), 0);
}

static void close_this(struct ipoib_buffer *packet)
{
	(void)packet;
	rail_close(rail);
}

static void close_this_and_use_it(struct ipoib_buffer *packet)
{
	struct ipoib_interface *interface = rail->interface;
	struct ipoib_ip group = ip("224.8.8.8");
	struct ipoib_packet on = { .buffer = packet, .next_hop = ip("10.0.0.60") };
	struct ipoib_link_address there = ipoib_link_address_make(0, 72, &fake->port.gid);
	struct ipoib_interface_info info = { .size = sizeof(info) };
	struct ipoib_region_config memory = IPOIB_REGION_CONFIG_INIT;
	static uint8_t octets[4096];
	struct ipoib_buffer *buffer;
	struct ipoib_binding *b;
	struct ipoib_region *region;

	memory.address = octets;
	memory.length = sizeof(octets);
	ck_assert_int_eq(ipoib_multicast_join(&membership, interface, &group), 0);
	rail_close(rail);
	ck_assert_int_eq(ipoib_region_new(&region, interface, &memory), -ENETDOWN);
	there.raw[19] ^= 0xff;
	ck_assert_int_eq(ipoib_neighbour_add(interface, &on.next_hop, &there), -ENETDOWN);
	ipoib_neighbour_flush(interface, true);
	ck_assert_int_eq(ipoib_interface_info(interface, &info), 0);
	ck_assert_str_eq(info.port, fake->port.name);
	ck_assert_int_eq(ipoib_multicast_join(&membership, interface, &group), -ENETDOWN);
	ck_assert_int_eq(ipoib_binding_open(&b, interface, &on.next_hop, 24), -ENETDOWN);
	ck_assert_int_eq(ipoib_interface_buffer(interface, &buffer), -ENETDOWN);
	if (packet)
		ck_assert_int_eq(ipoib_interface_send(interface, &on, 1), 0);
}

static void close_the_one_beside(struct ipoib_buffer *packet)
{
	(void)packet;
	rail_close(beside);
}

static void close_the_far_one(struct ipoib_buffer *packet)
{
	(void)packet;
	rail_close(far);
	ipoib_transport_unref(bench.fakes[1].transport);
	bench.fakes[1].transport = NULL;
}

static void end_everything(struct ipoib_buffer *packet)
{
	if (packet)
		kept[kept_count++] = ipoib_buffer_ref(packet);
	bench_close();
}

static void end_everything_the_other_way_round(struct ipoib_buffer *packet)
{
	(void)packet;
	ipoib_context_unref(bench.context);
	bench.context = NULL;
	for (size_t i = 0; i < bench.fake_count; i++) {
		ipoib_transport_unref(bench.fakes[i].transport);
		bench.fakes[i].transport = NULL;
	}
	for (size_t i = BENCH_RAILS; i-- > 0;)
		rail_close(&bench.rails[i]);
}

static void dispatch_and_poll(struct ipoib_buffer *packet)
{
	(void)packet;
	ck_assert_int_eq(ipoib_context_dispatch(bench.context), -EDEADLK);
	ck_assert_int_eq(ipoib_interface_poll(rail->interface, 10), -EDEADLK);
	ck_assert_int_eq(ipoib_interface_poll(far->interface, 10), -EDEADLK);
}

static void keep_buffers(struct ipoib_buffer *packet)
{
	if (packet)
		kept[kept_count++] = ipoib_buffer_ref(packet);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(ipoib_interface_buffer(rail->interface, &kept[kept_count++]), 0);
}

static void close_and_open_again(struct ipoib_buffer *packet)
{
	(void)packet;
	rail_close(rail);
	rail_open(rail, fake, NULL);
	rail_bind(rail, "10.0.0.1");
}

static void change_the_neighbours(struct ipoib_buffer *packet)
{
	struct ipoib_ip two = ip("10.0.0.2"), waited_for = ip("10.0.0.99"), new = ip("10.0.0.88");
	struct ipoib_gid gid = fake_gid(88);
	struct ipoib_link_address link = ipoib_link_address_make(0, 0x188, &gid);

	(void)packet;
	ck_assert_int_eq(ipoib_neighbour_add(rail->interface, &new, &link), 0);
	ck_assert_int_le(ipoib_neighbour_confirm(rail->interface, &two), 0);
	ck_assert_int_le(ipoib_neighbour_add(rail->interface, &waited_for, &link), 0);
	ck_assert_int_le(ipoib_neighbour_remove(rail->interface, &two), 0);
	ck_assert_int_le(ipoib_neighbour_remove(rail->interface, &new), 0);
	ipoib_neighbour_flush(rail->interface, true);
	ipoib_neighbour_flush(beside->interface, false);
	ipoib_binding_announce(rail->binding);
	ck_assert_int_eq(ipoib_binding_set_scope(rail->binding, IPOIB_SCOPE_HOST), 0);
}

static void (*const actions[])(struct ipoib_buffer *) = {
	send_something,
	send_the_packet_on,
	join_a_group,
	bind_and_unbind,
	close_this,
	close_this_and_use_it,
	close_the_one_beside,
	close_the_far_one,
	end_everything,
	end_everything_the_other_way_round,
	dispatch_and_poll,
	keep_buffers,
	change_the_neighbours,
	close_and_open_again,
};

#define ACTIONS ((int)(sizeof(actions) / sizeof(actions[0])))

/* ---- the callbacks ---- */

static void act(struct ipoib_buffer *packet)
{
	if (acted++ == 0)
		action(packet);
}

static void in_receive(struct rail *at, struct ipoib_buffer *packet)
{
	(void)at;
	act(packet);
}

static void in_undelivered(struct rail *at, struct ipoib_buffer *packet)
{
	(void)at;
	act(packet);
}

static void in_event(struct rail *at, const struct ipoib_event *event)
{
	(void)at;
	(void)event;
	act(NULL);
}

static bool watching; /* the callback of neighbours acts */

static void in_change(struct ipoib_interface *interface,
		      const struct ipoib_neighbour_change *change, void *user)
{
	(void)interface;
	(void)user;
	ck_assert_uint_eq(change->size, sizeof(*change));
	if (watching)
		act(NULL);
}

static void make_three(int index)
{
	struct ipoib_interface_config config = IPOIB_INTERFACE_CONFIG_INIT;

	kept_count = 0;
	membership = NULL;
	binding = NULL;
	acted = 0;
	action = actions[index];
	watching = false;
	config.icmp_errors = 1;
	config.neighbour = in_change;
	bench_up(&config);
	config.pkey = 0x8001;
	rail_open(beside, fake, &config);
	ck_assert_int_eq(bench_try_fake(), 0);
	rail_open(far, &bench.fakes[1], NULL);
	bench_settle();
	for (uint32_t i = 0; i < 5; i++) /* something in every queue */
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
	bench_run(SECOND);
	fake->completing = false;
	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_int_eq(rail_send(rail, "10.0.0.2", 100, i), 0);
		ck_assert_int_eq(rail_send(rail, "10.0.0.99", 100, i), 0);
		ck_assert_int_eq(rail_send(beside, "224.4.4.4", 100, i), 0);
	}
}

static void go_on_and_end(void)
{
	bench_run(SECOND);
	ck_assert_uint_ge(acted, 1);
	fake->completing = true;
	bench_run(70 * SECOND);
	if (rail->interface) { /* what is left works as before */
		ck_assert(rail_is_up(rail));
		ck_assert_uint_gt(fake_ud(fake)->receive_count, 0);
	}
	ipoib_multicast_leave(membership);
	ipoib_binding_close(binding);
	bench_close();
	while (kept_count > 0) {
		struct ipoib_buffer *buffer = kept[--kept_count];

		ck_assert(!fake->destroyed); /* buffers outlive everything */
		memset(ipoib_buffer_data(buffer), 0x77, ipoib_buffer_room(buffer));
		ipoib_buffer_unref(buffer);
	}
	ck_assert(fake->destroyed && bench.fakes[1].destroyed);
	ck_assert_uint_eq(support_blocks(), 0);
}

START_TEST(from_receive)
{
	make_three(_i);
	rail->on_receive = in_receive;
	for (int i = 0; i < 3; i++)
		ck_assert(rail_hear(rail, 2, 100));
	go_on_and_end();
}
END_TEST

START_TEST(from_undelivered)
{
	make_three(_i);
	rail->on_undelivered = in_undelivered;
	fake_complete(fake, fake_ud(fake), 3, -EIO);
	go_on_and_end();
}
END_TEST

START_TEST(from_event)
{
	make_three(_i);
	rail->on_event = in_event;
	fake->port.sm_lid++;
	fake_port_event(fake);
	fake->port.state = IPOIB_PORT_ACTIVE;
	fake_complete(fake, fake_ud(fake), 3, -EIO);
	go_on_and_end();
}
END_TEST

START_TEST(from_the_change_of_a_neighbour)
{
	make_three(_i);
	watching = true;
	ck_assert_int_eq(rail_send(rail, "10.0.0.97", 100, 0), 0);
	bench_settle();
	go_on_and_end();
}
END_TEST

START_TEST(from_receive_of_an_icmp_error)
{
	make_three(_i);
	rail->on_receive = in_receive;
	bench.silent = true;
	ck_assert_int_eq(rail_send(rail, "10.0.0.98", 100, 0), 0);
	bench_run(4 * SECOND);
	go_on_and_end();
}
END_TEST

/* The new interface joins the groups that the old one is about to leave. */
START_TEST(an_interface_that_replaces_another_in_a_callback_stays_in_its_groups)
{
	make_three(ACTIONS - 1);
	rail->on_receive = in_receive;
	ck_assert(rail_hear(rail, 2, 100));
	bench_settle();
	ck_assert(rail_is_up(rail));
	ck_assert_uint_eq(acted, 1);
	ck_assert_uint_ge(fake->left_count, 1);
	/* Since the last leave of the broadcast group it was asked for once. */
	ck_assert_uint_eq(fake->joins_since_leave, 1);
	go_on_and_end();
}
END_TEST

Suite *suite_reentrancy(void)
{
	Suite *suite = suite_create("reentrancy");
	TCase *tcase = tcase_create("reentrancy");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, from_receive, 0, ACTIONS);
	tcase_add_loop_test(tcase, from_undelivered, 0, ACTIONS);
	tcase_add_loop_test(tcase, from_event, 0, ACTIONS);
	tcase_add_loop_test(tcase, from_receive_of_an_icmp_error, 0, ACTIONS);
	tcase_add_loop_test(tcase, from_the_change_of_a_neighbour, 0, ACTIONS);
	tcase_add_test(tcase,
		       an_interface_that_replaces_another_in_a_callback_stays_in_its_groups);
	suite_add_tcase(suite, tcase);
	return suite;
}
