/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/mgid.h"

static struct ipoib_ip ip_of(const char *text)
{
	struct ipoib_ip ip;

	ck_assert_int_eq(ipoib_ip_parse(&ip, text), 0);
	return ip;
}

START_TEST(groups_are_formed_as_rfc_4391_forms_them)
{
	static const struct {
		uint8_t scope;
		uint16_t pkey;
		const char *ip, *mgid;
	} vectors[] = {
		/* RFC 4391 section 4 */
		{ 2, 0x8000, "224.0.0.2", "ff12:401b:8000::2" },
		{ 2, 0x8000, "ff02::2", "ff12:601b:8000::2" },
		{ 2, 0xffff, "255.255.255.255", "ff12:401b:ffff::ffff:ffff" },
		{ 2, 0xffff, "ff02::1:ff12:ab02", "ff12:601b:ffff::1:ff12:ab02" },
		/* a limited member's P_Key: the full-member bit is forced */
		{ 2, 0x7fff, "255.255.255.255", "ff12:401b:ffff::ffff:ffff" },
		{ 2, 0x0001, "224.0.0.1", "ff12:401b:8001::1" },
		/* of an IPv4 group the low 28 bits count */
		{ 2, 0xffff, "239.255.255.255", "ff12:401b:ffff::fff:ffff" },
		{ 2, 0xffff, "224.255.255.255", "ff12:401b:ffff::ff:ffff" },
		{ 2, 0xffff, "232.1.2.3", "ff12:401b:ffff::801:203" },
		/* the scope is not the address's; 80 bits of it count */
		{ 5, 0x8123, "ff0e::1", "ff15:601b:8123::1" },
		{ 14, 0x8123, "ff02:1:2:3:4:5:6:7", "ff1e:601b:8123:3:4:5:6:7" },
	};
	char text[IPOIB_IP_TEXT];
	struct ipoib_gid gid;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct ipoib_ip ip = ip_of(vectors[i].ip);
		ck_assert_int_eq(ipoib__mgid_for_ip(&gid, vectors[i].scope, vectors[i].pkey, &ip),
				 0);
		ck_assert_str_eq(ipoib_gid_format(&gid, text), vectors[i].mgid);
		ck_assert(ipoib__mgid_is_multicast(&gid) && ipoib__mgid_is_ipoib(&gid));
		ck_assert_uint_eq(ipoib__mgid_scope(&gid), vectors[i].scope);
		ck_assert_uint_eq(ipoib__mgid_pkey(&gid), vectors[i].pkey | 0x8000);
	}
}
END_TEST

START_TEST(addresses_of_one_host_have_no_group)
{
	static const char *const unicast[] = {
		"10.0.0.1", "10.0.0.255", "0.0.0.0",		 "223.255.255.255",
		"240.0.0.1", "255.255.255.254", "fe80::1", "::",
	};
	struct ipoib_gid gid;

	for (size_t i = 0; i < sizeof(unicast) / sizeof(unicast[0]); i++) {
		struct ipoib_ip ip = ip_of(unicast[i]);
		ck_assert_int_eq(ipoib__mgid_for_ip(&gid, 2, 0xffff, &ip), -EINVAL);
	}
	struct ipoib_ip none = { 0 };
	none.raw[0] = 0xff;
	ck_assert_int_eq(ipoib__mgid_for_ip(&gid, 2, 0xffff, &none), -EINVAL);
}
END_TEST

START_TEST(link_addresses_of_groups_are_those_of_the_field)
{
	struct ipoib_gid gid = ipoib__mgid_broadcast(2, 0xffff);
	struct ipoib_link_address address = ipoib__mgid_link_address(&gid);

	wire_assert_hex(address.raw, sizeof(address.raw),
			"00ffffff ff12401b ffff 0000 0000 0000 ffffffff");
	ck_assert(ipoib__link_address_is_multicast(&address));

	struct ipoib_ip ip = ip_of("ff02::1:ff12:ab02");
	ck_assert_int_eq(ipoib__mgid_for_ip(&gid, 2, 0xffff, &ip), 0);
	address = ipoib__mgid_link_address(&gid);
	wire_assert_hex(address.raw, sizeof(address.raw),
			"00ffffff ff12601b ffff 0000 0000 0001 ff12ab02");

	gid.raw[0] = 0xfe;
	address = ipoib_link_address_make(0, IPOIB_QPN_MULTICAST, &gid);
	ck_assert(!ipoib__link_address_is_multicast(&address));
}
END_TEST

START_TEST(the_broadcast_group_is_told_from_all_others)
{
	struct ipoib_gid gid = ipoib__mgid_broadcast(2, 0x8001);

	ck_assert(ipoib__mgid_is_broadcast(&gid));
	for (unsigned bit = 0; bit < 128; bit++) {
		struct ipoib_gid other = gid;
		other.raw[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		/* Scope (bits 12 to 15) and the low 15 bits of the P_Key (33 to 47) may be any. */
		bool any = (bit >= 12 && bit < 16) || (bit >= 33 && bit < 48);
		ck_assert_msg(ipoib__mgid_is_broadcast(&other) == any, "bit %u", bit);
	}
}
END_TEST

START_TEST(multicast_of_others_is_not_that_of_ipoib)
{
	/* ibacm's group, an all-nodes address of IPv6, a permanent group, a unicast GID */
	static const char *const others[] = { "ff15:4001:8000::1", "ff02::1", "ff02:401b:ffff::1",
					      "fe12:401b:ffff::1" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct ipoib_ip ip = ip_of(others[i]);
		struct ipoib_gid gid;
		memcpy(gid.raw, ip.raw, sizeof(gid.raw));
		ck_assert(!ipoib__mgid_is_ipoib(&gid));
		ck_assert(!ipoib__mgid_is_broadcast(&gid));
	}
}
END_TEST

START_TEST(solicited_node_groups_are_told_from_all_others)
{
	static const char *const others[] = { "ff02::1", "ff02::1:0:1", "ff02::2:ff00:1",
					      "ff02::fb", "224.0.0.1", "255.255.255.255" };
	struct ipoib_ip ip = ip_of("ff02::1:ff12:ab02");
	struct ipoib_gid gid;

	ck_assert_int_eq(ipoib__mgid_for_ip(&gid, 2, 0x8001, &ip), 0);
	ck_assert(ipoib__mgid_is_solicited_node(&gid));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ip = ip_of(others[i]);
		ck_assert_int_eq(ipoib__mgid_for_ip(&gid, 2, 0x8001, &ip), 0);
		ck_assert(!ipoib__mgid_is_solicited_node(&gid));
	}
}
END_TEST

Suite *suite_mgid(void)
{
	Suite *suite = suite_create("mgid");
	TCase *tcase = tcase_create("mgid");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, groups_are_formed_as_rfc_4391_forms_them);
	tcase_add_test(tcase, addresses_of_one_host_have_no_group);
	tcase_add_test(tcase, link_addresses_of_groups_are_those_of_the_field);
	tcase_add_test(tcase, the_broadcast_group_is_told_from_all_others);
	tcase_add_test(tcase, multicast_of_others_is_not_that_of_ipoib);
	tcase_add_test(tcase, solicited_node_groups_are_told_from_all_others);
	suite_add_tcase(suite, tcase);
	return suite;
}
