/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Yesterday's program: it is compiled against the headers as they are, and linked with a library
 * in which each structure that carries its size has grown by IPOIB_GROWN octets (check-sized.sh).
 * Each such structure is given to the library as its first version had it, as it is now, and as a
 * program of the future has it; it ends where a page ends behind which there is none.
 *
 *	sized --list	the structures that are tried, one a line
 *	sized ROOT	tries them; ROOT is the root of a host to audit
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef WITH_VERBS
#include <ipoib/verbs.h>
#endif

#include "scene.h"

#define ROOM   16384
#define FUTURE 512 /* octets that a program of the future has more than this one */
#define UNSAID 0xaa /* octets that nothing may write */

static int failures;

/* ---- what the program gives ---- */

static int give_context(void *config)
{
	struct ipoib_context *made;
	int status = ipoib_context_new(&made, config);

	if (status == 0)
		ipoib_context_unref(made);
	return status;
}

static int give_fabric(void *config)
{
	struct ipoib_fabric *made;
	int status = ipoib_fabric_new(&made, config);

	if (status == 0)
		ipoib_fabric_close(made);
	return status;
}

static int give_interface(void *config)
{
	struct ipoib_interface *made;
	int status = ipoib_interface_open(&made, scene.transport, config);

	if (status == 0)
		ipoib_interface_close(made);
	return status;
}

static int give_region(void *config)
{
	struct ipoib_region *made;
	int status = ipoib_region_new(&made, scene.interface, config);

	if (status == 0)
		ipoib_region_unref(made);
	return status;
}

static int give_faults(void *faults)
{
	return ipoib_fabric_set_faults(scene.fabric, NULL, faults);
}

static int give_audit(void *config)
{
	struct ipoib_audit *made;
	int status = ipoib_audit_new(&made, config);

	if (status == 0)
		ipoib_audit_close(made);
	return status;
}

static int give_capture(void *config)
{
	struct ipoib_capture *made;
	int status = ipoib_capture_new(&made, config);

	if (status == 0)
		ipoib_capture_close(made);
	return status;
}

static int give_packet(void *packet)
{
	return ipoib_capture_packet(scene.capture, 0, packet);
}

static int give_ops(void *ops)
{
	struct ipoib_transport *made;
	int status = ipoib_transport_new(&made, scene.context, ops, NULL);

	if (status == 0)
		ipoib_transport_unref(made);
	return status;
}

#ifdef WITH_VERBS
/* What is right is looked for; there is no such adapter. */
static int give_verbs(void *config)
{
	struct ipoib_transport *made;
	int status = ipoib_verbs_open(&made, scene.context, config);

	return status == -ENODEV || status == -ENOSYS ? 0 : status;
}
#endif

/* ---- what the library fills in; a walk that found something is right ---- */

static int walked(int status)
{
	return status == 1 ? 0 : status == 0 ? -ENOENT : status;
}

static int fill_info(void *out)
{
	return ipoib_interface_info(scene.interface, out);
}

static int fill_statistics(void *out)
{
	return ipoib_interface_statistics(scene.interface, out);
}

static int fill_binding(void *out)
{
	uint64_t cursor = 0;
	int status = ipoib_binding_info(scene.binding, out);

	return status < 0 ? status : walked(ipoib_binding_info_next(scene.interface, &cursor, out));
}

static int fill_neighbour(void *out)
{
	uint64_t cursor = 0;
	int status = ipoib_neighbour_find(scene.interface, &scene.other, out);

	return status < 0 ? status : walked(ipoib_neighbour_next(scene.interface, &cursor, out));
}

static int fill_resolution(void *out)
{
	struct ipoib_neighbour *neighbour;
	int status = ipoib_neighbour_get(&neighbour, scene.interface, &scene.other, NULL, NULL);

	if (status < 0)
		return status;
	status = ipoib_neighbour_resolution(neighbour, out);
	ipoib_neighbour_unref(neighbour);
	return status;
}

static int fill_flux(void *out)
{
	uint64_t cursor = 0;

	return walked(ipoib_neighbour_flux_next(scene.interface, &scene.other, &cursor, out));
}

static int fill_path(void *out)
{
	uint64_t cursor = 0;

	return walked(ipoib_path_next(scene.interface, &cursor, out));
}

static int fill_multicast(void *out)
{
	uint64_t cursor = 0;

	return walked(ipoib_multicast_next(scene.interface, &cursor, out));
}

static int fill_connection(void *out)
{
	uint64_t cursor = 0;

	return walked(ipoib_connection_next(scene.interface, &cursor, out));
}

static int fill_finding(void *out)
{
	return ipoib_audit_finding(scene.audit, 0, out);
}

static int fill_audit_interface(void *out)
{
	return ipoib_audit_interface(scene.audit, 0, out);
}

static int fill_membership(void *out)
{
	return walked(ipoib_membership_decode(out, 1, scene_report, sizeof(scene_report)));
}

static int fill_fabric(void *out)
{
	return ipoib_fabric_statistics(scene.fabric, out);
}

static int fill_faults(void *out)
{
	return ipoib_fabric_get_faults(scene.fabric, "host1/1", out);
}

static int fill_port(void *out)
{
	int status = ipoib_transport_port(scene.transport, out);

	return status < 0 ? status : walked(ipoib_fabric_port(scene.fabric, 0, out));
}

/* ---- each of them, in each size ---- */

static const struct ipoib_context_config context_config = IPOIB_CONTEXT_CONFIG_INIT;
static const struct ipoib_fabric_config fabric_config = IPOIB_FABRIC_CONFIG_INIT;
static const struct ipoib_audit_config audit_config = IPOIB_AUDIT_CONFIG_INIT;
static const struct ipoib_fabric_faults faults = { .loss_ppm = 0 };
#ifdef WITH_VERBS
static const struct ipoib_verbs_config verbs_config = { .port = "none_0/1", .gid_index = -1 };
#endif

/* GIVEN has what to give, FILLED nothing; TOLD is what a callback was given, by its size. */
static const struct row {
	const char *name;
	size_t first; /* octets of the first version */
	size_t size;  /* of the version of this program */
	int (*call)(void *structure);
	const void *given;
	const size_t *told;
} rows[] = {
#define UP_TO(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))
#define ROW(type, member, ...) { #type, UP_TO(type, member), sizeof(struct type), __VA_ARGS__ }
#define GIVEN(type, member, call, value) ROW(type, member, call, value, NULL)
#define FILLED(type, member, call)	 ROW(type, member, call, NULL, NULL)
#define TOLD(type, member, size)	 ROW(type, member, NULL, NULL, size)
	GIVEN(ipoib_context_config, random_user, give_context, &context_config),
	GIVEN(ipoib_interface_config, reserved4, give_interface, &scene_second),
	GIVEN(ipoib_region_config, user, give_region, &scene_region),
	GIVEN(ipoib_fabric_config, clock_user, give_fabric, &fabric_config),
	GIVEN(ipoib_fabric_faults, jitter_ns, give_faults, &faults),
	GIVEN(ipoib_audit_config, allocator_user, give_audit, &audit_config),
	GIVEN(ipoib_capture_config, allocator_user, give_capture, &scene_capture),
	GIVEN(ipoib_capture_packet, length, give_packet, &scene_packet),
	GIVEN(ipoib_transport_ops, memory_register, give_ops, &scene_ops),
	FILLED(ipoib_interface_info, port, fill_info),
	FILLED(ipoib_statistics, paths_stale, fill_statistics),
	FILLED(ipoib_binding_info, reserved2, fill_binding),
	FILLED(ipoib_neighbour_info, old_link_address, fill_neighbour),
	FILLED(ipoib_resolution, path, fill_resolution),
	FILLED(ipoib_flux_record, claimed, fill_flux),
	FILLED(ipoib_path_info, hold_ns, fill_path),
	FILLED(ipoib_multicast_info, retry_ns, fill_multicast),
	FILLED(ipoib_connection_info, hold_ns, fill_connection),
	FILLED(ipoib_audit_finding, remedy, fill_finding),
	FILLED(ipoib_audit_interface, address, fill_audit_interface),
	FILLED(ipoib_membership, reserved, fill_membership),
	FILLED(ipoib_fabric_statistics, ports_attached, fill_fabric),
	FILLED(ipoib_fabric_faults, jitter_ns, fill_faults),
	FILLED(ipoib_port_attributes, pkeys, fill_port),
	TOLD(ipoib_event, membership, &scene.event),
	TOLD(ipoib_neighbour_change, link_address, &scene.change),
	TOLD(ipoib_undelivered, next_hop, &scene.undelivered),
#ifdef WITH_VERBS
	GIVEN(ipoib_verbs_config, flags, give_verbs, &verbs_config),
	TOLD(ipoib_verbs_port, gid, NULL), /* of an adapter, and there is none */
#endif
};

static void expect(bool right, const struct row *row, const char *what, size_t size)
{
	if (right)
		return;
	printf("struct %s of %zu octets: %s\n", row->name, size, what);
	failures++;
}

/* size octets that end where the page of the octets behind them does. */
static uint8_t *place(uint8_t *pages, size_t size)
{
	size_t aligned = (size + 7) / 8 * 8;
	uint8_t *at = pages + ROOM - aligned;

	memset(pages, UNSAID, ROOM);
	memcpy(at, &size, sizeof(size));
	return at;
}

static void try_given(const struct row *row, uint8_t *pages, size_t size)
{
	uint8_t *at = place(pages, size);

	memset(at, 0, size);
	memcpy(at, row->given, size < row->size ? size : row->size);
	memcpy(at, &size, sizeof(size));
	if (size < row->first) {
		expect(row->call(at) == -EINVAL, row, "too short, and was not refused", size);
		return;
	}
	expect(row->call(at) == 0, row, "not taken", size);
	if (size < row->size + FUTURE)
		return;
	at[size - 1] = 1;
	expect(row->call(at) == -E2BIG, row, "what is not known is set, and was taken", size);
}

static void try_filled(const struct row *row, uint8_t *pages, size_t size)
{
	uint8_t *at = place(pages, size);
	int status = row->call(at);
	size_t told;

	memcpy(&told, at, sizeof(told));
	expect(told == size, row, "its size is another one after the call", size);
	for (uint8_t *behind = at + size; behind < pages + ROOM; behind++)
		expect(*behind == UNSAID, row, "written past", size);
	if (size >= row->first) {
		expect(status == 0, row, "not filled in", size);
		return;
	}
	expect(status == -EINVAL, row, "too short, and was not refused", size);
	for (size_t i = sizeof(size); i < size; i++)
		expect(at[i] == UNSAID, row, "refused, and written to", size);
}

static void try_row(const struct row *row, uint8_t *pages)
{
	const size_t sizes[] = { sizeof(size_t), row->first - 1, row->first, row->size,
				 row->size + FUTURE };

	if (!row->call) {
		expect(!row->told || *row->told == row->size + IPOIB_GROWN, row,
		       "a callback was told another size than the library's", row->size);
		return;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (row->given)
			try_given(row, pages, sizes[i]);
		else
			try_filled(row, pages, sizes[i]);
	}
}

int main(int argc, char **argv)
{
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	uint8_t *pages = mmap(NULL, (size_t)2 * ROOM, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc != 2 || pages == MAP_FAILED || mprotect(pages + ROOM, ROOM, PROT_NONE) != 0)
		return 2;
	if (strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < count; i++)
			printf("%s\n", rows[i].name);
		return 0;
	}
	scene_open(argv[1]);
	for (size_t i = 0; i < count; i++)
		try_row(&rows[i], pages);
	scene_close();
	printf("%zu structures, %d faults\n", count, failures);
	return failures != 0;
}
