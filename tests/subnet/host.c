/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "subnet/host.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wire/mgid.h"

/* Longer than a question can take. */
#define PATIENCE (IPOIB__SA_JOIN_LIMIT + SECOND)
#define BROADCAST_QKEY 0x0b1b

uint64_t host_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* ---- life ---- */

/* The simulator's port is none of this machine's, whatever modules the machine has. */
static const char *empty_folder(void)
{
	static char folder[64];

	if (folder[0] == '\0') {
		strcpy(folder, "modules-XXXXXX");
		require(mkdtemp(folder) != NULL);
	}
	return folder;
}

void host_open_device(struct host *host, const char *device, const char *modules)
{
	struct ipoib__umad_config config = {
		.memory = &host->memory,
		.random = &host->random,
		.device = device,
		.port = 1,
		.modules = modules,
	};

	*host = (struct host){ .watched = true };
	ipoib__memory_init(&host->memory, NULL, NULL, NULL);
	ipoib__random_seed(&host->random, host_now());
	require_equal(ipoib__umad_open(&host->umad, &config), 0);
}

void host_open(struct host *host, const char *modules)
{
	host_open_device(host, HOST_DEVICE, modules != NULL ? modules : empty_folder());
	/* Nor can its descriptor be put in a set with others. */
	host->watched = false;
	ipoib__umad_set_polled(host->umad);
	host_reread(host);
}

void host_close(struct host *host)
{
	ipoib__umad_close(host->umad);
	require_equal((long long)host->memory.in_use, 0);
	if (!host->watched)
		(void)rmdir(empty_folder());
}

/* ---- time ---- */

/* A millisecond at most where the descriptor cannot be watched, a second where it can. */
static void sleep_for(const struct host *host, uint64_t nanoseconds)
{
	struct pollfd fd = { .fd = ipoib__umad_fd(host->umad), .events = POLLIN };
	struct timespec pause = { .tv_nsec = (long)(nanoseconds < MS ? nanoseconds : MS) };
	int milliseconds = nanoseconds < SECOND ? (int)(nanoseconds / MS) + 1 : 1000;

	if (host->watched)
		require(poll(&fd, 1, milliseconds) >= 0);
	else
		(void)nanosleep(&pause, NULL);
}

void host_step(struct host *host)
{
	uint64_t now = host_now(), deadline;

	ipoib__umad_process(host->umad, now);
	if (ipoib__umad_in_flight(host->umad) > host->most_in_flight)
		host->most_in_flight = ipoib__umad_in_flight(host->umad);
	deadline = ipoib__umad_deadline(host->umad);
	if (deadline > now)
		sleep_for(host, deadline - now);
}

void host_run(struct host *host, uint64_t nanoseconds)
{
	uint64_t end = host_now() + nanoseconds;

	while (host_now() < end)
		host_step(host);
}

struct ipoib_transport_event host_event(struct host *host)
{
	struct ipoib_transport_event event;
	uint64_t end = host_now() + PATIENCE;

	while (!ipoib__umad_next_event(host->umad, &event)) {
		require(host_now() < end);
		host_step(host);
	}
	return event;
}

/* ---- questions ---- */

int host_path(struct host *host, const struct ipoib_gid *dgid, uint16_t pkey,
	      struct ipoib_path_record *out)
{
	struct ipoib_transport_event event;

	require_equal(ipoib__umad_path(host->umad, 41, dgid, pkey), 0);
	event = host_event(host);
	require_equal(event.type, IPOIB_TRANSPORT_PATH);
	require_equal((long long)event.id, 41);
	if (out != NULL)
		*out = event.path;
	return event.status;
}

int host_join(struct host *host, const struct ipoib_multicast_record *wanted,
	      struct ipoib_multicast_record *out)
{
	struct ipoib_transport_event event;

	require_equal(ipoib__umad_join(host->umad, 42, wanted), 0);
	event = host_event(host);
	require_equal(event.type, IPOIB_TRANSPORT_JOIN);
	require_equal((long long)event.id, 42);
	if (out != NULL)
		*out = event.multicast;
	return event.status;
}

bool host_leave(struct host *host, const struct ipoib_multicast_record *group)
{
	struct ipoib__umad_counters before = ipoib__umad_counters(host->umad), after;
	uint64_t end = host_now() + PATIENCE;

	ipoib__umad_leave(host->umad, group);
	do {
		require(host_now() < end);
		host_step(host);
		after = ipoib__umad_counters(host->umad);
	} while (after.sa.answered == before.sa.answered &&
		 after.sa.timeouts == before.sa.timeouts && after.kept == before.kept);
	return after.sa.answered > before.sa.answered;
}

/* ---- the subnet around ---- */

void host_read_lids(struct ipoib__umad_port *port)
{
	FILE *answer = popen("smpquery -D portinfo 0 1", "r");
	char line[128];
	unsigned lid, found = 0;

	require(answer != NULL);
	while (fgets(line, sizeof(line), answer) != NULL) {
		const char *value = line + strcspn(line, ":");

		value += strspn(value, ":.");
		if (strncmp(line, "Lid:", 4) == 0 && sscanf(value, "%u", &lid) == 1) {
			port->lid = (uint16_t)lid;
			found |= 1;
		} else if (strncmp(line, "SMLid:", 6) == 0 && sscanf(value, "%u", &lid) == 1) {
			port->sm_lid = (uint16_t)lid;
			found |= 2;
		}
	}
	require_equal(pclose(answer), 0);
	require_equal(found, 3);
}

void host_reread(struct host *host)
{
	struct ipoib__umad_port port = *ipoib__umad_port(host->umad);

	host_read_lids(&port);
	ipoib__umad_set_port(host->umad, &port);
}

void host_fabric(const char *verb)
{
	char command[128];

	snprintf(command, sizeof(command), "\"$IB_FABRIC\" %s", verb);
	require_equal(system(command), 0);
}

struct ipoib_gid host_gid(unsigned number)
{
	/* As netlist.awk numbers them: port GUID 0002c903nnnnnnn1. */
	uint64_t guid = UINT64_C(0x0002c90300000001) + ((uint64_t)number << 4);
	struct ipoib_gid gid = { { 0xfe, 0x80 } };

	for (unsigned i = 0; i < 8; i++)
		gid.raw[15 - i] = (uint8_t)(guid >> (8 * i));
	return gid;
}

struct ipoib_multicast_record host_broadcast(void)
{
	return (struct ipoib_multicast_record){
		.mgid = ipoib__mgid_broadcast(2, 0xffff),
		.pkey = 0xffff,
		.join_state = IPOIB_JOIN_FULL_MEMBER,
	};
}

struct ipoib_multicast_record host_group(uint32_t number)
{
	struct ipoib_multicast_record group = host_broadcast();

	for (unsigned i = 0; i < 4; i++)
		group.mgid.raw[15 - i] = (uint8_t)(number >> (8 * i));
	group.qkey = BROADCAST_QKEY;
	group.mtu = 2048;
	group.rate = 3;
	group.create = 1;
	return group;
}

unsigned host_saquery_members(const struct ipoib_gid *mgid)
{
	FILE *answer = popen("saquery --smkey 1 -m", "r");
	char line[256], text[IPOIB_IP_TEXT] = "";
	bool counts = mgid == NULL;
	unsigned members = 0;

	require(answer != NULL);
	if (mgid != NULL)
		ipoib_gid_format(mgid, text);
	while (fgets(line, sizeof(line), answer) != NULL) {
		if (mgid != NULL && strstr(line, "MGID") != NULL)
			counts = strstr(line, text) != NULL;
		else if (counts && strstr(line, "PortGid") != NULL)
			members++;
	}
	require_equal(pclose(answer), 0);
	return members;
}
