/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What can be made of a simulated port, and what cannot; its management datagrams. */
#include <errno.h>

#include "mock/fixture.h"
#include "mock/suites.h"

static struct ipoib_fabric *fabric;
static struct node a, b;

static void setup(void)
{
	support_setup();
	fabric = fixture_fabric(2);
	node_open(&a, fabric, "host1/1");
	node_open(&b, fabric, "host2/1");
}

static void teardown(void)
{
	node_close(&a);
	node_close(&b);
	fixture_close(fabric);
	support_teardown();
}

START_TEST(an_answer_that_is_not_the_sas_is_nobodys)
{
	uint8_t mad[256] = { 1, 3, 2, 0x81 };
	struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.slid = node_attributes(&b).lid,
		.dlid = node_attributes(&a).lid,
		.dqpn = IPOIB__QPN_SERVICES,
		.qkey = IPOIB__QKEY_SERVICES,
		.pkey = 0xffff,
		.length = sizeof(mad),
	};

	ipoib__hca_receive(&a.port->hca, &frame, mad);
	ck_assert_uint_eq(a.port->hca.counters.dropped_mad, 1);
	ck_assert_uint_eq(a.port->sa.counters.stray, 0);
	frame.slid = node_attributes(&a).sm_lid;
	ipoib__hca_receive(&a.port->hca, &frame, mad);
	ck_assert_uint_eq(a.port->sa.counters.stray, 1);
	mad[1] = 4; /* a class that nobody serves */
	ipoib__hca_receive(&a.port->hca, &frame, mad);
	frame.qkey = 0;
	ipoib__hca_receive(&a.port->hca, &frame, mad);
	ck_assert_uint_eq(a.port->hca.counters.dropped_mad, 3);
}
END_TEST

START_TEST(a_queue_pair_made_again_has_another_number)
{
	struct ipoib_ud_attributes attributes = { .pkey = 0x7fff,
						  .send_depth = 1,
						  .receive_depth = 1 };
	uint32_t last = a.qpn;
	void *ud;

	ck_assert_uint_ge(a.qpn, IPOIB__HCA_QPN_FIRST);
	ck_assert_uint_eq(a.qpn, b.qpn); /* deterministic for each port */
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(ops->ud_create(a.port, &attributes, &ud), 0);
		ck_assert_uint_ne(attributes.qpn, last);
		last = attributes.qpn;
		ops->ud_destroy(a.port, ud);
	}
}
END_TEST

START_TEST(what_cannot_be_made_is_refused)
{
	struct ipoib_ud_attributes attributes = { .pkey = 0x8001,
						  .send_depth = 1,
						  .receive_depth = 1 };
	struct ipoib_ah_attributes to = { .dlid = 0xc000 };
	struct ipoib_memory_region region;
	void *made;

	ck_assert_int_eq(ops->ud_create(a.port, &attributes, &made), -ENOENT);
	attributes.pkey = 0;
	ck_assert_int_eq(ops->ud_create(a.port, &attributes, &made), -ENOENT);
	attributes.receive_depth = 0;
	ck_assert_int_eq(ops->ud_create(a.port, &attributes, &made), -EINVAL);
	ck_assert_int_eq(ops->ah_create(a.port, &to, &made), -EINVAL); /* a group without GRH */
	to.dlid = 0;
	ck_assert_int_eq(ops->ah_create(a.port, &to, &made), -EINVAL);
	ck_assert_int_eq(ops->memory_get(a.port, 0, &region), -EINVAL);
}
END_TEST

START_TEST(each_allocation_may_fail)
{
	struct ipoib_ud_attributes attributes = { .pkey = 0xffff,
						  .send_depth = 4,
						  .receive_depth = 4 };
	struct ipoib_gid mgid = { .raw = { 0xff } };
	struct ipoib_memory_region region;
	void *ud;
	long n = 0;
	int status;

	do {
		support_fail_after(++n, false);
		status = ops->ud_create(a.port, &attributes, &ud);
		ck_assert(status == 0 || status == -ENOMEM);
	} while (status < 0);
	support_fail_after(1, false);
	ck_assert_int_eq(ops->ud_attach(a.port, ud, &mgid, 0xc000), -ENOMEM);
	for (n = 1; n <= 2; n++) {
		support_fail_after(n, false);
		ck_assert_int_eq(ops->memory_get(a.port, 10, &region), -ENOMEM);
	}
	support_fail_after(0, false);
	ops->ud_destroy(a.port, ud);
}
END_TEST

START_TEST(registered_memory_is_left_alone)
{
	static uint8_t mine[64];
	struct ipoib_memory_region region;

	ck_assert_int_eq(ops->memory_register(a.port, NULL, 64, &region), -EINVAL);
	ck_assert_int_eq(ops->memory_register(a.port, mine, 0, &region), -EINVAL);
	support_fail_after(1, false);
	ck_assert_int_eq(ops->memory_register(a.port, mine, 64, &region), -ENOMEM);
	support_fail_after(0, false);
	ck_assert_int_eq(ops->memory_register(a.port, mine, 64, &region), 0);
	ck_assert_ptr_eq(region.address, mine);
	ck_assert(ipoib__hca_memory_covers(&a.port->hca, region.key, mine + 60, 4));
	ck_assert(!ipoib__hca_memory_covers(&a.port->hca, region.key, mine + 60, 5));
	ops->memory_put(a.port, &region);
	ck_assert(!ipoib__hca_memory_covers(&a.port->hca, region.key, mine, 4));
	mine[63] = 1;
}
END_TEST

Suite *suite_hca_port(void)
{
	Suite *suite = suite_create("hca port");
	TCase *tcase = tcase_create("hca port");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_answer_that_is_not_the_sas_is_nobodys);
	tcase_add_test(tcase, a_queue_pair_made_again_has_another_number);
	tcase_add_test(tcase, what_cannot_be_made_is_refused);
	tcase_add_test(tcase, each_allocation_may_fail);
	tcase_add_test(tcase, registered_memory_is_left_alone);
	suite_add_tcase(suite, tcase);
	return suite;
}
