/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A third port asks a host for a connection by the service ID of RFC 4755, and its request says
 * that it is from the host's peer: the peer's packets must not become the stranger's.
 */
#include <string.h>

#include "interface/interface.h"
#include "mock/port.h"
#include "sim/suites.h"
#include "sim/world.h"
#include "support/support.h"
#include "wire/ipoib_cm.h"

#define RECEIVES 15
#define MESSAGE 9000

/* The stranger: a port without an interface, driven by its operations. */
struct stranger {
	struct ipoib_transport *transport;
	struct ipoib_memory_region memory;
	void *ud, *rc;
	unsigned heard; /* messages of the connection */
};

static const struct ipoib_transport_ops *ops_of(const struct stranger *stranger)
{
	return stranger->transport->ops;
}

static void stranger_open(struct stranger *stranger, struct host *host)
{
	struct ipoib_ud_attributes attributes = { .pkey = 0xffff,
						  .send_depth = 16,
						  .receive_depth = 16,
						  .connected_depth = RECEIVES,
						  .connections_max = 4 };
	void *self = host->transport->self;

	*stranger = (struct stranger){ .transport = host->transport };
	ck_assert_int_eq(ops_of(stranger)->ud_create(self, &attributes, &stranger->ud), 0);
	ck_assert_int_eq(ops_of(stranger)->memory_get(self, RECEIVES * IPOIB_RC_MESSAGE_MAX,
						      &stranger->memory), 0);
	for (size_t i = 0; i < RECEIVES; i++) {
		const struct ipoib_ud_receive room = {
			.address = (uint8_t *)stranger->memory.address + i * IPOIB_RC_MESSAGE_MAX,
			.length = IPOIB_RC_MESSAGE_MAX,
			.key = stranger->memory.key,
		};
		ck_assert_int_eq(
			ops_of(stranger)->rc_post_receive(self, stranger->ud, &room, 1), 1);
	}
}

static void stranger_close(struct stranger *stranger)
{
	void *self = stranger->transport->self;

	if (stranger->rc)
		ops_of(stranger)->rc_destroy(self, stranger->rc);
	ops_of(stranger)->ud_destroy(self, stranger->ud);
	ops_of(stranger)->memory_put(self, &stranger->memory);
}

static void stranger_listen(struct stranger *stranger)
{
	struct ipoib_ud_completion done[RECEIVES];
	int n = ops_of(stranger)->ud_poll(stranger->transport->self, stranger->ud, done, RECEIVES);

	for (int i = 0; i < n; i++)
		stranger->heard += done[i].opcode == IPOIB_RC_RECEIVE && done[i].status == 0;
}

/* A request from the stranger's port that names another GID and queue pair. */
static void stranger_ask(struct stranger *stranger, const struct host *host,
			 const struct ipoib_link_address *named)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };
	struct ipoib__port *port = stranger->transport->self;
	struct ipoib_gid own = port->hca.port.gid;
	struct ipoib_rc_attributes attributes = { .connection = 1,
						  .send_depth = 4,
						  .retry_count = 3,
						  .rnr_retry = 6 };
	const struct ipoib__cm_private data = { .qpn = ipoib_link_address_qpn(named),
						.receive_mtu = IPOIB_RC_MESSAGE_MAX };

	ck_assert_int_eq(ipoib_interface_info(host->interface, &info), 0);
	attributes.service_id = ipoib__service_id(IPOIB__SERVICE_RFC,
						  ipoib_link_address_qpn(&info.link_address));
	attributes.path = (struct ipoib_path_record){ .dgid = info.gid,
						      .sgid = own,
						      .dlid = info.lid,
						      .pkey = 0xffff,
						      .rate = 3,
						      .packet_life = 14,
						      .mtu = 2048 };
	attributes.private_length = (uint16_t)ipoib__cm_private_encode(
		attributes.private_data, sizeof(attributes.private_data), &data);
	port->hca.port.gid = ipoib_link_address_gid(named);
	ck_assert_int_eq(ops_of(stranger)->rc_connect(port, stranger->ud, &attributes,
						      &stranger->rc), 0);
	port->hca.port.gid = own;
}

static struct ipoib_link_address link_address_of(const struct host *host)
{
	struct ipoib_interface_info info = { .size = sizeof(info) };

	ck_assert_int_eq(ipoib_interface_info(host->interface, &info), 0);
	return info.link_address;
}

START_TEST(packets_to_a_peer_go_to_the_peer_whoever_asks_in_its_name)
{
	struct world_options options = { .config = IPOIB_INTERFACE_CONFIG_INIT };
	struct ipoib_link_address named;
	struct stranger stranger;
	struct world world;
	struct host *a = &world.hosts[0], *b = &world.hosts[1], *x = &world.hosts[2];

	options.config.mode = IPOIB_MODE_CONNECTED;
	options.config.flux = (uint8_t)_i;
	world_make(&world, 3, &options);
	world_up(&world);
	ck_assert_int_eq(host_send(a, &b->address, MESSAGE), 0);
	world_run(&world, 200 * SECOND); /* the connection has ended unused, in good order */
	ck_assert_uint_eq(b->received, 1);

	named = link_address_of(b);
	stranger_open(&stranger, x);
	stranger_ask(&stranger, a, &named);
	world_run(&world, SECOND);
	ck_assert_uint_eq(host_statistics(a).connections_foreign, 1);
	ck_assert_uint_eq(host_statistics(a).connections_refused, 1);
	ck_assert_uint_eq(host_events(a, IPOIB_EVENT_CONNECTION_FOREIGN), 1);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_int_eq(host_send(a, &b->address, i % 2 ? MESSAGE : 100), 0);
		world_run(&world, 100 * MILLISECOND);
		stranger_listen(&stranger);
	}
	ck_assert_uint_eq(stranger.heard, 0);
	ck_assert_uint_eq(b->received, 11);
	stranger_close(&stranger);
	world_end(&world);
}
END_TEST

Suite *suite_origin(void)
{
	Suite *suite = suite_create("origin");
	TCase *tcase = tcase_create("origin");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, packets_to_a_peer_go_to_the_peer_whoever_asks_in_its_name, 0,
			    IPOIB_FLUX_HOLD + 1);
	suite_add_tcase(suite, tcase);
	return suite;
}
