/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A port of the kernel's, with a stand-in for its device. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mock/device.h"
#include "mock/fabric.h"
#include "mock/fixture.h"
#include "mock/socket.h"
#include "mock/suites.h"
#include "wire/mgid.h"

static const uint8_t guid[8] = { 0x00, 0x02, 0xc9, 0x03, 0, 0, 0, 0x11 };
static struct ipoib_fabric *fabric;
static struct node b;

/* ---- the stand-in: one socket for the wire, and what the requests say ---- */

static struct {
	struct ipoib__attach info; /* the answer to get_port */
	struct ipoib__attach told; /* the last set_port */
	unsigned sets, reregisters;
	int set_error, write_error;
	int wire; /* our end of it */
} device;

static int fake_get(int fd, struct ipoib__attach *info)
{
	(void)fd;
	*info = device.info;
	return 0;
}

static int fake_set(int fd, const struct ipoib__attach *info)
{
	(void)fd;
	device.sets++;
	device.told = *info;
	return device.set_error;
}

static int fake_reregister(int fd)
{
	(void)fd;
	device.reregisters++;
	return 0;
}

static int fake_write(int fd, const void *bytes, size_t length)
{
	return device.write_error ? device.write_error
				  : ipoib__socket_send(fd, bytes, length, NULL, 0);
}

static const struct ipoib__device_ops fake = {
	fake_get, fake_set, fake_reregister, ipoib__socket_receive, fake_write,
};

static int plug(const char *port)
{
	int ends[2], status;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	ck_assert_int_eq(ipoib__socket_prepare(ends[0]), 0);
	ck_assert_int_eq(ipoib__socket_prepare(ends[1]), 0);
	status = ipoib__fabric_device_attach(fabric, ends[0], &fake, "/dev/fake", port);
	if (status < 0)
		close(ends[1]);
	else
		device.wire = ends[1];
	return status;
}

static void unplug(void)
{
	close(device.wire);
	device.wire = -1;
	fixture_settle(fabric);
}

static void setup(void)
{
	support_setup();
	memset(&device, 0, sizeof(device));
	device.wire = -1;
	device.info = (struct ipoib__attach){ .size = IPOIB__ATTACH_SIZE_FIRST,
					      .mtu = 5,
					      .pkey_count = 2,
					      .pkeys = { 0xffff, 0x8001 } };
	memcpy(device.info.guid, guid, sizeof(guid));
	fabric = fixture_fabric(2);
	node_open(&b, fabric, "host2/1");
}

static void teardown(void)
{
	node_close(&b);
	fixture_close(fabric);
	if (device.wire >= 0)
		close(device.wire);
	support_teardown();
}

static struct ipoib_port_attributes port_one(int *attached)
{
	struct ipoib_port_attributes port = { .size = sizeof(port) };

	*attached = ipoib_fabric_port(fabric, 0, &port);
	return port;
}

static struct ipoib__fabric_group *group_of(uint16_t pkey)
{
	struct ipoib_gid mgid = ipoib__mgid_broadcast(2, pkey);

	return ipoib__fabric_group_by_mgid(&fabric->groups, &mgid);
}

static void send_to_b(uint32_t length)
{
	static uint8_t message[IPOIB__FRAME_HEADER + 4096];
	struct ipoib__frame frame = { .operation = IPOIB__FRAME_UD,
				      .slid = device.told.lid,
				      .dlid = node_attributes(&b).lid,
				      .dqpn = b.qpn,
				      .sqpn = 5,
				      .qkey = NODE_QKEY,
				      .pkey = 0xffff,
				      .length = length };

	ck_assert_int_eq(ipoib__frame_encode(message, sizeof(message), &frame), 80);
	ck_assert_int_eq(ipoib__socket_send(device.wire, message, 80 + length, NULL, 0), 0);
	fixture_settle(fabric);
}

static void send_from_b(uint16_t dlid, unsigned slot, uint32_t length)
{
	struct ipoib_ah_attributes to = { .dlid = dlid };
	void *ah;

	ck_assert_int_eq(ops->ah_create(b.port, &to, &ah), 0);
	ck_assert_int_eq(node_send(&b, ah, 5, slot, length), 1);
	fixture_settle(fabric);
	node_completion(&b, IPOIB_UD_SEND, 0);
	ops->ah_destroy(b.port, ah);
}

/* ---- coming and going ---- */

START_TEST(a_device_becomes_a_port_and_the_port_is_itself_again_after_it)
{
	struct ipoib_port_attributes before, port;
	int attached;

	before = port_one(&attached);
	ck_assert_int_eq(attached, 0);
	ck_assert_int_eq(plug("host1/1"), 0);
	port = port_one(&attached);
	ck_assert_int_eq(attached, 1);
	ck_assert_mem_eq(port.gid.raw + 8, guid, sizeof(guid));
	ck_assert_uint_eq(port.pkey_count, 2);
	ck_assert_uint_eq(port.pkeys[1], 0x8001);
	ck_assert_ptr_nonnull(group_of(0x8001));
	ck_assert_uint_eq(device.told.size, IPOIB__ATTACH_SIZE_FIRST);
	ck_assert_uint_eq(device.told.lid, port.lid);
	ck_assert_uint_eq(device.told.sm_lid, ipoib_fabric_sm_lid(fabric));
	ck_assert_uint_eq(device.told.state, IPOIB__ATTACH_STATE_ACTIVE);
	ck_assert_uint_eq(device.told.mtu, 4); /* of the fabric, which is smaller */
	ck_assert_mem_eq(device.told.prefix, port.gid.raw, 8);
	ck_assert_uint_eq(device.reregisters, 1);
	ck_assert_int_eq(plug("host1/1"), -EBUSY);

	unplug();
	port = port_one(&attached);
	ck_assert_int_eq(attached, 0);
	ck_assert_mem_eq(&port, &before, sizeof(port));
	ck_assert_ptr_null(group_of(0x8001));
	ck_assert_uint_eq(device.told.state, IPOIB__ATTACH_STATE_DOWN);
	ck_assert_uint_eq(device.told.mtu, 5); /* its own */
	ck_assert_int_eq(plug("host1/1"), 0);
}
END_TEST

START_TEST(the_next_free_port_is_one_with_a_name)
{
	ck_assert_int_eq(plug("host3/1"), -ENOENT);
	ck_assert_int_eq(plug("process1"), -ENOENT);
	ck_assert_int_eq(plug("host2/1"), -EBUSY);
	ck_assert_int_eq(plug(NULL), 0);
	ck_assert_uint_eq(device.told.lid, fabric->ports[0].lid);
	ck_assert_int_eq(plug(NULL), -EBUSY);
	ck_assert_int_eq(ipoib_fabric_attach_device(fabric, "/dev/null", NULL), -EBUSY);
}
END_TEST

START_TEST(what_is_no_device_is_refused)
{
	ck_assert_int_eq(ipoib_fabric_attach_device(fabric, "/dev/null", NULL), -ENODEV);
	ck_assert_int_eq(ipoib_fabric_attach_device(fabric, "/no/such", NULL), -ENOENT);
	ck_assert_int_eq(ipoib_fabric_attach_device(fabric, "/dev/null", "host9/1"), -ENOENT);
	device.info.mtu = 0;
	ck_assert_int_eq(plug(NULL), -EPROTO);
	device.info.mtu = 6;
	ck_assert_int_eq(plug(NULL), -EPROTO);
	device.info.mtu = 4;
	memset(device.info.guid, 0, sizeof(guid));
	ck_assert_int_eq(plug(NULL), -EPROTO);
	memcpy(device.info.guid, node_attributes(&b).gid.raw + 8, sizeof(guid));
	ck_assert_int_eq(plug(NULL), -EBUSY);
	memcpy(device.info.guid, guid, sizeof(guid));
	device.set_error = -EIO;
	ck_assert_int_eq(plug(NULL), -EIO);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 1);
	ck_assert_uint_eq(fabric->ports[0].pkey_count, 1);
	device.set_error = 0;
	ck_assert_int_eq(plug(NULL), 0);
}
END_TEST

START_TEST(without_memory_nothing_has_changed)
{
	struct ipoib_port_attributes before, port;
	int attached, status;
	long n = 0;

	before = port_one(&attached);
	do {
		support_fail_after(++n, true);
		status = plug(NULL);
		support_fail_after(0, false);
		port = port_one(&attached);
		ck_assert_int_eq(attached, status == 0);
		if (status < 0) {
			ck_assert_int_eq(status, -ENOMEM);
			ck_assert_mem_eq(&port, &before, sizeof(port));
		}
	} while (status < 0);
	ck_assert_int_gt(n, 3);
}
END_TEST

/* ---- frames ---- */

START_TEST(frames_go_both_ways)
{
	uint8_t message[IPOIB__FRAME_HEADER + 2048] = { 0 };
	struct ipoib__frame frame;

	ck_assert_int_eq(plug("host1/1"), 0);
	ck_assert_int_eq(node_receive(&b, 0, NODE_SLOT), 1);
	send_to_b(2048);
	ck_assert_uint_eq(node_completion(&b, IPOIB_UD_RECEIVE, 0).source_qpn, 5);
	memset(node_send_slot(&b, 0), 0x5a, 100);
	send_from_b(device.told.lid, 0, 100);
	ck_assert_int_eq(ipoib__socket_receive(device.wire, message, sizeof(message)), 180);
	ck_assert_int_eq(ipoib__frame_decode(&frame, message, 180), 80);
	ck_assert_uint_eq(frame.length, 100);
	ck_assert_uint_eq(message[179], 0x5a);
	/* Junk is counted, and is not the end. */
	for (size_t length = 1; length < 200; length += 11)
		ck_assert_int_eq(ipoib__socket_send(device.wire, message, length, NULL, 0), 0);
	fixture_settle(fabric);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_bad, 19);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 2);
}
END_TEST

START_TEST(a_device_that_takes_no_frame_now_gets_it_later)
{
	uint8_t message[IPOIB__FRAME_HEADER + 2048];

	ck_assert_int_eq(plug("host1/1"), 0);
	device.write_error = -EAGAIN;
	send_from_b(device.told.lid, 0, 10);
	send_from_b(device.told.lid, 1, 20);
	ck_assert_uint_eq(fixture_statistics(fabric).in_flight, 2);
	device.write_error = 0;
	fixture_settle(fabric);
	ck_assert_int_eq(ipoib__socket_receive(device.wire, message, sizeof(message)), 90);
	ck_assert_int_eq(ipoib__socket_receive(device.wire, message, sizeof(message)), 100);
	device.write_error = -EINVAL; /* this one only */
	send_from_b(device.told.lid, 0, 10);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_full, 1);
	device.write_error = -EIO; /* the end of it */
	send_from_b(fabric->ports[0].lid, 0, 10);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_link, 1);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 1);
}
END_TEST

START_TEST(faults_are_those_of_any_port)
{
	struct ipoib_fabric_faults faults = { .size = sizeof(faults), .loss_ppm = 1000000 };

	ck_assert_int_eq(plug("host1/1"), 0);
	ck_assert_int_eq(ipoib_fabric_set_faults(fabric, "host1/1", &faults), 0);
	send_to_b(8);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_fault, 1);
}
END_TEST

/* ---- what the subnet manager does ---- */

START_TEST(the_device_is_told_what_its_port_is)
{
	struct ipoib_gid gid;

	ck_assert_int_eq(plug("host1/1"), 0);
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host1/1", 77), 0);
	ck_assert_uint_eq(device.told.lid, 77);
	ipoib_fabric_reassign_lids(fabric);
	ck_assert_uint_eq(device.told.lid, fabric->ports[0].lid);
	ck_assert_uint_eq(device.reregisters, 1);
	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "host1/1", false), 0);
	ck_assert_uint_eq(device.told.state, IPOIB__ATTACH_STATE_DOWN);
	send_to_b(8);
	ck_assert_uint_eq(fixture_statistics(fabric).dropped_link, 1);
	ck_assert_int_eq(ipoib_fabric_set_link(fabric, "host1/1", true), 0);
	ck_assert_uint_eq(device.told.state, IPOIB__ATTACH_STATE_ACTIVE);
	ck_assert_uint_eq(device.reregisters, 2);
	ipoib_fabric_restart_sm(fabric);
	ck_assert_uint_eq(device.told.sm_lid, ipoib_fabric_sm_lid(fabric));
	ck_assert_uint_eq(device.reregisters, 3);
	ck_assert_int_eq(ipoib_fabric_reregister(fabric, "host1/1"), 0);
	ck_assert_uint_eq(device.reregisters, 4);
	ck_assert_int_eq(ipoib_fabric_set_prefix(fabric, UINT64_C(0xfec0000000000000)), 0);
	ck_assert_uint_eq(device.told.prefix[1], 0xc0);
	gid = fabric->ports[0].gid;
	gid.raw[1] = 0x80;
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host1/1", &gid), 0);
	ck_assert_uint_eq(device.told.prefix[1], 0x80);
}
END_TEST

START_TEST(what_is_the_kernels_is_read_only)
{
	static const uint16_t same[] = { 0xffff, 0x8001 }, other[] = { 0xffff, 0x8002 };
	struct ipoib_gid gid;

	ck_assert_int_eq(plug("host1/1"), 0);
	gid = fabric->ports[0].gid;
	gid.raw[15]++;
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host1/1", &gid), -EROFS);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(fabric, "host1/1", other, 2), -EROFS);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(fabric, "host1/1", NULL, 0), -EROFS);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(fabric, NULL, other, 2), -EROFS);
	ck_assert_ptr_null(group_of(0x8002));
	ck_assert_uint_eq(fabric->ports[1].pkey_count, 1);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(fabric, "host2/1", other, 2), 0);
	ck_assert_int_eq(ipoib_fabric_set_pkeys(fabric, NULL, same, 2), 0);
	ck_assert_uint_eq(fabric->ports[1].pkeys[1], 0x8001);
}
END_TEST

START_TEST(a_device_that_does_not_take_a_change_is_let_go)
{
	ck_assert_int_eq(plug("host1/1"), 0);
	device.set_error = -EINVAL;
	ck_assert_int_eq(ipoib_fabric_set_lid(fabric, "host1/1", 77), 0);
	fixture_settle(fabric);
	ck_assert_uint_eq(fixture_statistics(fabric).ports_attached, 1);
}
END_TEST

START_TEST(a_guid_that_another_port_was_given_meanwhile_stays_there)
{
	struct ipoib_gid first = fabric->ports[0].gid;

	ck_assert_int_eq(plug("host1/1"), 0);
	ck_assert_int_eq(ipoib_fabric_set_gid(fabric, "host2/1", &first), 0);
	unplug();
	ck_assert_mem_eq(fabric->ports[0].gid.raw + 8, guid, sizeof(guid));
	ck_assert_mem_eq(&fabric->ports[1].gid, &first, sizeof(first));
}
END_TEST

Suite *suite_device(void)
{
	Suite *suite = suite_create("device");
	TCase *tcase = tcase_create("device");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_device_becomes_a_port_and_the_port_is_itself_again_after_it);
	tcase_add_test(tcase, the_next_free_port_is_one_with_a_name);
	tcase_add_test(tcase, what_is_no_device_is_refused);
	tcase_add_test(tcase, without_memory_nothing_has_changed);
	tcase_add_test(tcase, frames_go_both_ways);
	tcase_add_test(tcase, a_device_that_takes_no_frame_now_gets_it_later);
	tcase_add_test(tcase, faults_are_those_of_any_port);
	tcase_add_test(tcase, the_device_is_told_what_its_port_is);
	tcase_add_test(tcase, what_is_the_kernels_is_read_only);
	tcase_add_test(tcase, a_device_that_does_not_take_a_change_is_let_go);
	tcase_add_test(tcase, a_guid_that_another_port_was_given_meanwhile_stays_there);
	suite_add_tcase(suite, tcase);
	return suite;
}
