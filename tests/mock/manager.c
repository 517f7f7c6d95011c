/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/manager.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mock/device.h"
#include "mock/socket.h"

struct manager manager;
static const uint8_t guid[8] = { 0x00, 0x02, 0xc9, 0x03, 0, 0, 0, 0x11 };
static const uint8_t prefix[8] = { 0xfe, 0x80 };

/* ---- the device ---- */

static int fake_get(int fd, struct ipoib__attach *info)
{
	(void)fd;
	*info = manager.info;
	return 0;
}

static int fake_set(int fd, const struct ipoib__attach *info)
{
	(void)fd;
	manager.sets++;
	manager.info = *info;
	return 0;
}

/* With an SM that is somebody else nobody asks the fabric for this. */
static int fake_reregister(int fd)
{
	(void)fd;
	ck_abort_msg("the device is asked to register again");
	return 0;
}

static int fake_write(int fd, const void *bytes, size_t length)
{
	return ipoib__socket_send(fd, bytes, length, NULL, 0);
}

static const struct ipoib__device_ops fake = {
	fake_get, fake_set, fake_reregister, ipoib__socket_receive, fake_write,
};

int manager_plug(const char *port)
{
	int ends[2], status;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	ck_assert_int_eq(ipoib__socket_prepare(ends[0]), 0);
	ck_assert_int_eq(ipoib__socket_prepare(ends[1]), 0);
	status = ipoib__fabric_device_attach(manager.fabric, ends[0], &fake, "/dev/fake", port);
	if (status < 0)
		close(ends[1]);
	else
		manager.wire = ends[1];
	return status;
}

void manager_setup(void)
{
	struct ipoib_fabric_config config;

	support_setup();
	memset(&manager, 0, sizeof(manager));
	manager.wire = -1;
	manager.info = (struct ipoib__attach){ .size = IPOIB__ATTACH_SIZE_FIRST,
					       .state = IPOIB__SMP_INIT,
					       .mtu = 4,
					       .pkey_count = 1,
					       .pkeys = { 0xffff } };
	memcpy(manager.info.guid, guid, sizeof(guid));
	memcpy(manager.info.prefix, prefix, sizeof(prefix));
	config = fixture_config();
	config.hosts = 4;
	config.external_sm = 1;
	manager.fabric = fixture_fabric_of(&config);
	ck_assert_int_eq(manager_plug("host1/1"), 0);
	node_open(&manager.a, manager.fabric, "host2/1");
	node_open(&manager.b, manager.fabric, "host3/1");
	fixture_settle(manager.fabric);
}

void manager_teardown(void)
{
	node_close(&manager.a);
	node_close(&manager.b);
	fixture_close(manager.fabric);
	if (manager.wire >= 0)
		close(manager.wire);
	support_teardown();
}

/* ---- questions ---- */

struct ipoib__smp manager_question(uint8_t method, uint16_t attribute, uint32_t modifier,
				   uint8_t port)
{
	struct ipoib__smp smp = {
		.mad = {
			.management_class = IPOIB__MAD_CLASS_SUBNET_DIRECTED,
			.method = method,
			.transaction = ++manager.transaction,
			.attribute = attribute,
			.modifier = modifier,
		},
		.hop_pointer = 1,
		.hop_count = port == 0 ? 1 : 2,
		.source_lid = IPOIB__SMP_LID_PERMISSIVE,
		.dest_lid = IPOIB__SMP_LID_PERMISSIVE,
		.initial_path = { 0, 1, port },
	};

	memcpy(smp.data, manager.data, sizeof(smp.data));
	return smp;
}

void manager_send(const void *octets, uint16_t slid, uint16_t dlid, uint32_t length)
{
	uint8_t header[IPOIB__FRAME_HEADER];
	struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.slid = slid,
		.dlid = dlid,
		.pkey = 0xffff,
		.length = length,
	};

	ck_assert_int_eq(ipoib__frame_encode(header, sizeof(header), &frame), 80);
	ck_assert_int_eq(
		ipoib__socket_send(manager.wire, header, sizeof(header), octets, length), 0);
	fixture_settle(manager.fabric);
}

bool manager_hear(struct ipoib__smp *smp)
{
	uint8_t message[IPOIB__FRAME_HEADER + 4096];
	struct ipoib__frame frame;
	int length = ipoib__socket_receive(manager.wire, message, sizeof(message));

	if (length < 0)
		return false;
	ck_assert_int_eq(ipoib__frame_decode(&frame, message, (size_t)length), 80);
	ck_assert_uint_eq(frame.dqpn, IPOIB__QPN_SUBNET);
	ck_assert_uint_eq(frame.length, IPOIB__MAD_LENGTH);
	ck_assert_int_eq(ipoib__smp_decode(smp, message + 80, frame.length), IPOIB__MAD_LENGTH);
	return true;
}

/* Traps that come between are not the answer. */
static uint16_t hear_answer(void)
{
	while (manager_hear(&manager.answer)) {
		if (manager.answer.mad.transaction != manager.transaction ||
		    manager.answer.mad.method != IPOIB__MAD_GET_RESPONSE)
			continue;
		memcpy(manager.data, manager.answer.data, sizeof(manager.data));
		return manager.answer.mad.status & ~IPOIB__SMP_RETURNS & 0xffff;
	}
	return MANAGER_SILENCE;
}

uint16_t manager_ask(uint8_t method, uint16_t attribute, uint32_t modifier, uint8_t port)
{
	struct ipoib__smp smp = manager_question(method, attribute, modifier, port);
	uint8_t octets[IPOIB__MAD_LENGTH];

	ck_assert_int_eq(ipoib__smp_encode(octets, sizeof(octets), &smp), 256);
	manager_send(octets, 0xffff, 0xffff, sizeof(octets));
	return hear_answer();
}

/* ---- what a manager does ---- */

struct ipoib__smp_port_info manager_port_info(uint32_t modifier, uint8_t port)
{
	struct ipoib__smp_port_info info;

	ck_assert_uint_eq(manager_ask(IPOIB__MAD_GET, IPOIB__SMP_PORT_INFO, modifier, port), 0);
	ck_assert_int_eq(ipoib__smp_port_info_decode(&info, manager.data, 64), 64);
	return info;
}

uint16_t manager_set_port_info(uint32_t modifier, uint8_t port,
			       const struct ipoib__smp_port_info *info)
{
	ck_assert_int_eq(ipoib__smp_port_info_encode(manager.data, 64, info), 64);
	return manager_ask(IPOIB__MAD_SET, IPOIB__SMP_PORT_INFO, modifier, port);
}

uint16_t manager_set_state(uint32_t modifier, uint8_t port, uint8_t state)
{
	struct ipoib__smp_port_info info = manager_port_info(modifier, port);

	info.state = state;
	info.physical_state = 0;
	return manager_set_port_info(modifier, port, &info);
}

void manager_route(uint16_t lid, uint8_t port)
{
	ck_assert_uint_eq(manager_ask(IPOIB__MAD_GET, IPOIB__SMP_LINEAR_TABLE, lid / 64, 0), 0);
	manager.data[lid % 64] = port;
	ck_assert_uint_eq(manager_ask(IPOIB__MAD_SET, IPOIB__SMP_LINEAR_TABLE, lid / 64, 0), 0);
}

void manager_group(uint16_t mlid, uint16_t mask)
{
	uint32_t row = mlid - 0xc000u;
	struct ipoib__smp_words words;

	ck_assert_uint_eq(manager_ask(IPOIB__MAD_GET, IPOIB__SMP_MULTICAST_TABLE, row / 32, 0), 0);
	ck_assert_int_eq(ipoib__smp_words_decode(&words, manager.data, 64), 64);
	words.word[row % 32] = mask;
	ck_assert_int_eq(ipoib__smp_words_encode(manager.data, 64, &words), 64);
	ck_assert_uint_eq(manager_ask(IPOIB__MAD_SET, IPOIB__SMP_MULTICAST_TABLE, row / 32, 0), 0);
}

static void give_lid(uint8_t port, uint16_t lid)
{
	struct ipoib__smp_port_info info = manager_port_info(0, port);

	info.lid = lid;
	info.sm_lid = MANAGER_OWN;
	info.sm_sl = 3;
	info.state = info.physical_state = 0;
	ck_assert_uint_eq(manager_set_port_info(0, port, &info), 0);
	manager_route(lid, port);
}

static void bring_switch_up(void)
{
	struct ipoib__smp_switch_info info;

	ck_assert_uint_eq(manager_ask(IPOIB__MAD_GET, IPOIB__SMP_SWITCH_INFO, 0, 0), 0);
	ck_assert_int_eq(ipoib__smp_switch_info_decode(&info, manager.data, 64), 20);
	info.linear_top = MANAGER_LID(MANAGER_B);
	info.port_changed = 1; /* seen */
	ck_assert_int_eq(ipoib__smp_switch_info_encode(manager.data, 64, &info), 20);
	ck_assert_uint_eq(manager_ask(IPOIB__MAD_SET, IPOIB__SMP_SWITCH_INFO, 0, 0), 0);
	give_lid(0, MANAGER_SWITCH);
}

/* One that is active stays so. */
static void raise_link(uint32_t modifier, uint8_t port, uint8_t state)
{
	if (manager_port_info(modifier, port).state < state)
		ck_assert_uint_eq(manager_set_state(modifier, port, state), 0);
}

void manager_bring_up(void)
{
	bring_switch_up();
	manager_route(MANAGER_OWN, MANAGER_AT);
	manager.info.lid = MANAGER_OWN;
	manager.info.state = IPOIB__SMP_ACTIVE;
	give_lid(MANAGER_A, MANAGER_LID(MANAGER_A));
	give_lid(MANAGER_B, MANAGER_LID(MANAGER_B));
	for (uint8_t state = IPOIB__SMP_ARMED; state <= IPOIB__SMP_ACTIVE; state++)
		for (uint8_t port = MANAGER_AT; port <= MANAGER_B; port++) {
			raise_link(port, 0, state);
			if (port != MANAGER_AT)
				raise_link(1, port, state);
		}
}
