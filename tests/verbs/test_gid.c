/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "verbs/address.h"
#include "verbs/gid.h"
#include "verbs/suites.h"
#include "wire/grh.h"

static struct ipoib_gid gid(const char *text)
{
	struct ipoib_gid out;
	struct ipoib_ip ip;

	ck_assert_int_eq(ipoib_ip_parse(&ip, text), 0);
	memset(&out, 0, sizeof(out));
	if (strchr(text, ':') != NULL) {
		memcpy(out.raw, ip.raw, 16);
	} else {
		out.raw[10] = out.raw[11] = 0xff;
		memcpy(out.raw + 12, ip.raw, 4);
	}
	return out;
}

static void add(struct ipoib__verbs_gids *gids, const char *text, uint32_t ifindex, bool routable)
{
	gids->gid[gids->count] = (struct ipoib__verbs_gid){
		.gid = gid(text),
		.index = 2 * gids->count, /* with holes */
		.ifindex = ifindex,
		.routable = routable,
	};
	gids->count++;
}

/* As a RoCE adapter has them: each address in both versions, one device on a VLAN. */
static void fill(struct ipoib__verbs_gids *gids)
{
	memset(gids, 0, sizeof(*gids));
	gids->ethernet = true;
	gids->named = -1;
	add(gids, "fe80::1", 3, false);
	add(gids, "10.0.0.1", 3, true);
	add(gids, "2001:db8::1", 3, true);
	add(gids, "fe80::1", 3, true);
	add(gids, "10.1.0.1", 9, true);
	add(gids, "fe80::9", 9, true);
}

static const struct ipoib__verbs_gid *source(const struct ipoib__verbs_gids *gids, const char *to)
{
	struct ipoib_gid destination = gid(to);

	return ipoib__verbs_gids_source(gids, &destination);
}

START_TEST(the_link_local_gid_of_version_2_names_a_port)
{
	struct ipoib__verbs_gids gids;

	fill(&gids);
	ck_assert(ipoib__verbs_gids_name(&gids, -1));
	ck_assert_int_eq(gids.named, 3);
	ck_assert(ipoib__verbs_gids_name(&gids, 2));
	ck_assert_int_eq(gids.named, 1);
	ck_assert(!ipoib__verbs_gids_name(&gids, 3));
	ck_assert_ptr_eq(ipoib__verbs_gids_named(&gids), NULL);
	gids.count = 3;
	ck_assert(ipoib__verbs_gids_name(&gids, -1));
	ck_assert_int_eq(gids.named, 2);
	gids.count = 2;
	ck_assert(ipoib__verbs_gids_name(&gids, -1));
	ck_assert_int_eq(gids.named, 1);
	gids.count = 1;
	ck_assert(!ipoib__verbs_gids_name(&gids, -1));
}
END_TEST

START_TEST(on_infiniband_the_first_gid_names_the_port_and_sends)
{
	struct ipoib__verbs_gids gids;

	fill(&gids);
	gids.ethernet = false;
	ck_assert(ipoib__verbs_gids_name(&gids, -1));
	ck_assert_int_eq(gids.named, 0);
	ck_assert_ptr_eq(source(&gids, "10.0.0.2"), &gids.gid[0]);
	ck_assert_ptr_eq(source(&gids, "fe80::2"), &gids.gid[0]);
}
END_TEST

START_TEST(the_source_is_of_the_destinations_family_and_of_the_same_device)
{
	struct ipoib__verbs_gids gids;

	fill(&gids);
	ck_assert_ptr_eq(source(&gids, "fe80::2"), NULL);
	ck_assert(ipoib__verbs_gids_name(&gids, -1));
	ck_assert_ptr_eq(source(&gids, "fe80::2"), &gids.gid[3]);
	ck_assert_ptr_eq(source(&gids, "ff12:401b:ffff::ffff:ffff"), &gids.gid[3]);
	ck_assert_ptr_eq(source(&gids, "10.0.0.2"), &gids.gid[1]);
	ck_assert(ipoib__verbs_gids_name(&gids, 2));
	ck_assert_ptr_eq(source(&gids, "10.0.0.2"), &gids.gid[1]);
	ck_assert_ptr_eq(source(&gids, "fe80::2"), &gids.gid[3]);
	ck_assert_ptr_eq(source(&gids, "2001:db8::2"), &gids.gid[2]);
	ck_assert(ipoib__verbs_gids_name(&gids, 10));
	ck_assert_ptr_eq(source(&gids, "10.0.0.2"), &gids.gid[4]);
	ck_assert_ptr_eq(source(&gids, "ff12:401b:ffff::1"), &gids.gid[5]);
	gids.gid[4].ifindex = 8;
	ck_assert_ptr_eq(source(&gids, "10.0.0.2"), NULL);
}
END_TEST

START_TEST(tables_differ_by_gid_place_and_device)
{
	struct ipoib__verbs_gids a, b;

	fill(&a);
	fill(&b);
	ck_assert(ipoib__verbs_gids_equal(&a, &b));
	b.gid[1].index++;
	ck_assert(!ipoib__verbs_gids_equal(&a, &b));
	fill(&b);
	b.gid[1].ifindex++;
	ck_assert(!ipoib__verbs_gids_equal(&a, &b));
	fill(&b);
	b.gid[5].gid.raw[15]++;
	ck_assert(!ipoib__verbs_gids_equal(&a, &b));
	fill(&b);
	b.count--;
	ck_assert(!ipoib__verbs_gids_equal(&a, &b));
}
END_TEST

START_TEST(a_port_knows_its_gids)
{
	struct ipoib_gid ours = gid("fe80::9"), other = gid("fe80::8");
	struct ipoib__verbs_gids gids;

	fill(&gids);
	ck_assert(ipoib__verbs_gids_has(&gids, ours.raw));
	ck_assert(!ipoib__verbs_gids_has(&gids, other.raw));
}
END_TEST

START_TEST(a_gid_becomes_the_address_that_it_stands_for)
{
	struct ipoib_gid four = gid("10.0.0.1"), six = gid("2001:db8::1"), near = gid("fe80::1");
	union ipoib__verbs_address address;

	address = ipoib__verbs_address(&four, 3, 18515);
	ck_assert_int_eq(address.any.sa_family, AF_INET);
	ck_assert_uint_eq(ntohs(address.ipv4.sin_port), 18515);
	ck_assert_uint_eq(ntohl(address.ipv4.sin_addr.s_addr), 0x0a000001);
	address = ipoib__verbs_address(&six, 3, 0);
	ck_assert_int_eq(address.any.sa_family, AF_INET6);
	ck_assert_uint_eq(address.ipv6.sin6_scope_id, 0);
	ck_assert_mem_eq(&address.ipv6.sin6_addr, six.raw, 16);
	address = ipoib__verbs_address(&near, 3, 0);
	ck_assert_uint_eq(address.ipv6.sin6_scope_id, 3);
}
END_TEST

/* An IPv4 header of 10.0.0.1 to 10.0.0.2, as RoCE puts it in front: UDP, 84 octets in all. */
static const uint8_t ipv4[20] = {
	0x45, 0x00, 0x00, 0x54, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
	0x26, 0x97, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02,
};

START_TEST(an_ipv4_header_becomes_a_grh_with_mapped_addresses)
{
	struct ipoib_gid from = gid("10.0.0.1"), to = gid("10.0.0.2");
	struct ipoib__grh grh;
	uint8_t room[40];

	for (unsigned junk = 0; junk < 256; junk++) {
		memset(room, (int)junk, sizeof(room));
		memcpy(room + 20, ipv4, sizeof(ipv4));
		ck_assert(ipoib__verbs_grh_mend(room));
		ck_assert_int_eq(ipoib__grh_decode(&grh, room, sizeof(room)), 40);
		ck_assert_mem_eq(&grh.source, &from, sizeof(from));
		ck_assert_mem_eq(&grh.destination, &to, sizeof(to));
		ck_assert_uint_eq(grh.payload_length, 64);
		ck_assert_uint_eq(grh.hop_limit, 64);
	}
}
END_TEST

START_TEST(a_grh_stays_and_junk_is_none)
{
	struct ipoib__random *random = support_random();
	uint8_t room[40], before[40];

	for (unsigned round = 0; round < 10000; round++) {
		for (unsigned i = 0; i < sizeof(room); i++)
			room[i] = (uint8_t)ipoib__random_u64(random);
		if (round % 2 == 0) { /* as near to an IPv4 header as it can be without being one */
			memcpy(room + 20, ipv4, sizeof(ipv4));
			room[20 + round / 2 % 20] ^= (uint8_t)(1 + round / 40 % 255);
		}
		memcpy(before, room, sizeof(room));
		ck_assert_int_eq(ipoib__verbs_grh_mend(room), room[0] >> 4 == 6);
		ck_assert_mem_eq(room, before, sizeof(room));
	}
}
END_TEST

Suite *suite_gid(void)
{
	Suite *suite = suite_create("gid");
	TCase *tcase = tcase_create("gid");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, the_link_local_gid_of_version_2_names_a_port);
	tcase_add_test(tcase, on_infiniband_the_first_gid_names_the_port_and_sends);
	tcase_add_test(tcase, the_source_is_of_the_destinations_family_and_of_the_same_device);
	tcase_add_test(tcase, tables_differ_by_gid_place_and_device);
	tcase_add_test(tcase, a_port_knows_its_gids);
	tcase_add_test(tcase, a_gid_becomes_the_address_that_it_stands_for);
	tcase_add_test(tcase, an_ipv4_header_becomes_a_grh_with_mapped_addresses);
	tcase_add_test(tcase, a_grh_stays_and_junk_is_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
