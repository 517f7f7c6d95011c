/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The port itself, its memory, and its address handles. */
#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "conformance/suites.h"

static bool is_mtu(uint32_t mtu)
{
	return mtu == 256 || mtu == 512 || mtu == 1024 || mtu == 2048 || mtu == 4096;
}

static bool has_pkey(const struct ipoib_port_attributes *port, uint16_t pkey)
{
	for (uint32_t i = 0; i < port->pkey_count; i++)
		if ((port->pkeys[i] & 0x7fff) == (pkey & 0x7fff))
			return true;
	return false;
}

static void check_port(const struct ipoib_port_attributes *port)
{
	static const struct ipoib_gid none;

	ck_assert_uint_eq(port->size, sizeof(*port));
	ck_assert_ptr_nonnull(memchr(port->name, '\0', sizeof(port->name)));
	ck_assert_ptr_nonnull(strchr(port->name, '/'));
	ck_assert_uint_eq(port->state, IPOIB_PORT_ACTIVE);
	ck_assert_msg(is_mtu(port->mtu), "an MTU of %u", port->mtu);
	ck_assert_int_ne(memcmp(&port->gid, &none, sizeof(none)), 0);
	ck_assert_uint_ne(port->gid.raw[0], 0xff);
	ck_assert_uint_le(port->grh_required, 1);
	/* Where there are no LIDs every packet needs a GRH. */
	ck_assert(port->lid != 0 || port->grh_required == 1);
	ck_assert_uint_lt(port->lid, 0xc000);
	ck_assert_uint_le(port->sm_sl, 15);
	ck_assert_uint_le(port->pkey_count, IPOIB_PKEYS_MAX);
	ck_assert(has_pkey(port, PKEY));
}

START_TEST(a_port_has_attributes_that_make_sense)
{
	check_port(&a.port);
	check_port(&b.port);
	ck_assert_int_ne(memcmp(&a.port.gid, &b.port.gid, sizeof(a.port.gid)), 0);
	ck_assert_str_ne(a.port.name, b.port.name);
}
END_TEST

START_TEST(an_idle_port_says_nothing)
{
	side_forget(&a);
	rig_run(QUIET_NS);
	ck_assert_uint_eq(a.event_count, 0);
}
END_TEST

START_TEST(memory_is_aligned_for_any_type_and_its_keys_differ)
{
	static const size_t lengths[] = { 1, 100, 4096, 100000, 1 << 20 };
	struct ipoib_memory_region regions[5];

	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(a.ops->memory_get(a.self, lengths[i], &regions[i]), 0);
		ck_assert_uint_eq(regions[i].length, lengths[i]);
		ck_assert_uint_eq((uintptr_t)regions[i].address % alignof(max_align_t), 0);
		memset(regions[i].address, 0x5a, lengths[i]);
		for (unsigned j = 0; j < i; j++)
			ck_assert_uint_ne(regions[i].key, regions[j].key);
	}
	for (unsigned i = 0; i < 5; i++)
		a.ops->memory_put(a.self, &regions[i]);
}
END_TEST

START_TEST(no_memory_is_an_invalid_length)
{
	struct ipoib_memory_region region;

	ck_assert_int_eq(a.ops->memory_get(a.self, 0, &region), -EINVAL);
}
END_TEST

START_TEST(one_place_may_have_two_address_handles)
{
	struct ipoib_path_record path = side_path(&a, &b);
	struct ipoib_ah_attributes attributes = ah_attributes(&a, &path);
	void *first, *second;

	ck_assert_int_eq(a.ops->ah_create(a.self, &attributes, &first), 0);
	ck_assert_int_eq(a.ops->ah_create(a.self, &attributes, &second), 0);
	check_that_datagrams_pass(first, 0);
	a.ops->ah_destroy(a.self, first);
	check_that_datagrams_pass(second, 1);
	a.ops->ah_destroy(a.self, second);
	/* And one after none. */
	ck_assert_int_eq(a.ops->ah_create(a.self, &attributes, &first), 0);
	check_that_datagrams_pass(first, 2);
	a.ops->ah_destroy(a.self, first);
}
END_TEST

/* Part of an array, at no particular place: the memory is as it was afterwards. */
START_TEST(packets_are_sent_from_the_callers_own_memory)
{
	static uint8_t own[10000];
	struct ipoib_memory_region region;
	void *ah = side_ah(&a, &b);
	struct ipoib_ud_send send = side_send(&a, &b, ah, 3, 700);

	memcpy(own + 4001, send.address, 700);
	ck_assert_int_eq(a.ops->memory_register(a.self, own + 101, 9001, &region), 0);
	ck_assert_ptr_eq(region.address, own + 101);
	ck_assert_uint_eq(region.length, 9001);
	ck_assert_uint_ne(region.key, a.region.key);
	send.address = own + 4001;
	send.key = region.key;
	side_receives(&b, 3, 1);
	ck_assert_int_eq(a.ops->ud_post_send(a.self, a.ud, &send, 1), 1);
	ck_assert_int_eq(side_done(&a, IPOIB_UD_SEND).status, 0);
	ck_assert_int_eq(side_done(&b, IPOIB_UD_RECEIVE).status, 0);
	check_octets(side_slot(&b, DEPTH + 3) + IPOIB_GRH_LENGTH, 3, 700);
	a.ops->memory_put(a.self, &region);
	check_octets(own + 4001, 3, 700);
	a.ops->ah_destroy(a.self, ah);
}
END_TEST

Suite *suite_port(void)
{
	Suite *suite = suite_create("port");
	TCase *bare = tcase_create("port alone");
	TCase *tcase = tcase_create("port");

	tcase_add_checked_fixture(bare, rig_setup_bare, rig_teardown);
	tcase_set_timeout(bare, TEST_TIMEOUT);
	tcase_add_test(bare, a_port_has_attributes_that_make_sense);
	tcase_add_test(bare, an_idle_port_says_nothing);
	tcase_add_test(bare, memory_is_aligned_for_any_type_and_its_keys_differ);
	tcase_add_test(bare, no_memory_is_an_invalid_length);
	suite_add_tcase(suite, bare);
	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, TEST_TIMEOUT);
	tcase_add_test(tcase, one_place_may_have_two_address_handles);
	tcase_add_test(tcase, packets_are_sent_from_the_callers_own_memory);
	suite_add_tcase(suite, tcase);
	return suite;
}
