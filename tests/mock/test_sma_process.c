/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A process at the socket of a fabric whose subnet manager is somebody else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mock/client.h"
#include "mock/fabric.h"
#include "mock/manager.h"
#include "mock/suites.h"

static void setup(void)
{
	manager_setup();
	strcpy(client_folder, "/tmp/ipoib-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(client_folder));
	snprintf(client_path, sizeof(client_path), "%s/fabric", client_folder);
	client_fabric = manager.fabric;
	ck_assert_int_eq(ipoib_fabric_listen(client_fabric, client_path), 0);
}

static void teardown(void)
{
	manager_teardown();
	ck_assert_int_eq(rmdir(client_folder), 0);
}

START_TEST(it_attaches_without_a_lid_and_is_told_of_it)
{
	struct ipoib_port_attributes attributes = { .size = sizeof(attributes) };
	struct ipoib__smp_port_info info;
	struct ipoib__attach answer;
	int fd = client_attach("host4", &answer);

	ck_assert_uint_eq(answer.lid, 0);
	ck_assert_uint_eq(answer.state, IPOIB__ATTACH_STATE_DOWN);
	ck_assert_int_eq(ipoib__attach_attributes(&attributes, &answer), 0);
	answer.state = IPOIB__ATTACH_STATE_ACTIVE; /* up without a LID: no fabric says so */
	ck_assert_int_lt(ipoib__attach_attributes(&attributes, &answer), 0);
	info = manager_port_info(0, MANAGER_NOBODY);
	info.lid = 40;
	info.sm_lid = MANAGER_OWN;
	info.sm_sl = 5;
	info.state = IPOIB__SMP_ARMED;
	info.physical_state = 0;
	info.reregister = 1;
	ck_assert_uint_eq(manager_set_port_info(0, MANAGER_NOBODY, &info), 0);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	ck_assert_uint_eq(answer.lid, 40);
	ck_assert_uint_eq(answer.sm_lid, MANAGER_OWN);
	ck_assert_uint_eq(answer.sm_sl, 5);
	ck_assert_uint_eq(answer.state, IPOIB__ATTACH_STATE_DOWN);
	ck_assert_uint_eq(answer.events, IPOIB__ATTACH_REREGISTER);
	ck_assert_uint_eq(manager_set_state(0, MANAGER_NOBODY, IPOIB__SMP_ACTIVE), 0);
	ck_assert_uint_eq(client_hear(fd, IPOIB__ATTACH_SIZE).state, IPOIB__ATTACH_STATE_ACTIVE);
	close(fd);
	fixture_settle(manager.fabric);
	ck_assert_uint_eq(manager_port_info(MANAGER_NOBODY, 0).state, IPOIB__SMP_DOWN);
	ck_assert_int_eq(ipoib_fabric_port(manager.fabric, MANAGER_NOBODY - 1, &attributes), 0);
	ck_assert_uint_eq(attributes.lid, 40); /* the adapter stays */
	ck_assert_uint_eq(attributes.state, IPOIB_PORT_DOWN);
}
END_TEST

START_TEST(it_sends_no_smps)
{
	struct ipoib__smp smp = manager_question(IPOIB__MAD_GET, IPOIB__SMP_NODE_INFO, 0, 0);
	struct ipoib__frame frame = { .operation = IPOIB__FRAME_UD,
				      .slid = 0xffff,
				      .dlid = 0xffff,
				      .length = IPOIB__MAD_LENGTH };
	uint8_t octets[IPOIB__MAD_LENGTH];
	struct ipoib__attach answer;
	int fd = client_attach("host4", &answer);

	ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), &smp), 256);
	client_send(fd, &frame, octets);
	ck_assert_uint_eq(fixture_statistics(manager.fabric).dropped_bad, 1);
	close(fd);
}
END_TEST

Suite *suite_sma_process(void)
{
	Suite *suite = suite_create("sma_process");
	TCase *tcase = tcase_create("sma_process");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_attaches_without_a_lid_and_is_told_of_it);
	tcase_add_test(tcase, it_sends_no_smps);
	suite_add_tcase(suite, tcase);
	return suite;
}
