/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The SA client alone: every status, and an SM that is dead, elsewhere, slow. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "subnet/host.h"
#include "subnet/suites.h"

/* ---- every status that OpenSM gives to what we ask ---- */

static void paths(struct host *host)
{
	struct ipoib_gid dgid = host_gid(2), nobody = host_gid(99);
	struct ipoib_path_record path;

	require_equal(host_path(host, &dgid, 0xffff, &path), 0);
	require_equal(path.mtu, 2048);
	require(path.dlid != 0 && path.dlid < 0xc000);
	require_equal(path.slid, ipoib__umad_port(host->umad)->lid);
	require_equal(path.pkey, 0xffff);
	require_equal(host_path(host, &dgid, 0x8001, &path), 0);
	require_equal(path.pkey, 0x8001);
	require_equal(host_path(host, &dgid, 0x9234, NULL), -ENOENT); /* 0x0300 */
	require_equal(host_path(host, &nobody, 0xffff, NULL), -ENOENT);
}

static void joins(struct host *host)
{
	struct ipoib_multicast_record group = host_broadcast(), joined;

	require_equal(host_join(host, &group, &joined), 0);
	require_equal(joined.mlid, 0xc000);
	require_equal(joined.qkey, 0x0b1b);
	require_equal(joined.mtu, 2048);
	group = host_group(7);
	group.create = 0;
	require_equal(host_join(host, &group, NULL), -ENOENT); /* 0x0600: there is none */
	group.join_state = IPOIB_JOIN_SEND_ONLY_NON_MEMBER;
	require_equal(host_join(host, &group, NULL), -ENOENT); /* 0x0200 */
	group = host_broadcast();
	group.pkey = 0x8001;
	require_equal(host_join(host, &group, NULL), -EACCES); /* 0x0200 */
	group = host_broadcast();
	group.join_state = 0;
	require_equal(host_join(host, &group, NULL), -EACCES);
	group = host_group(7);
	group.mtu = 4096;
	require_equal(host_join(host, &group, NULL), -EACCES);
}

static void joins_as_nobody(struct host *host)
{
	struct ipoib__umad_port ours = *ipoib__umad_port(host->umad), foreign = ours;
	struct ipoib_multicast_record group = host_broadcast();

	foreign.gid = host_gid(99);
	ipoib__umad_set_port(host->umad, &foreign);
	require_equal(host_join(host, &group, NULL), -EACCES); /* 0x0200 */
	ipoib__umad_set_port(host->umad, &ours);
}

static void makes_and_leaves(struct host *host)
{
	struct ipoib_multicast_record group = host_group(8), made;

	require_equal(host_saquery_members(&group.mgid), 0);
	require_equal(host_join(host, &group, &made), 0);
	require(made.mlid > 0xc000);
	require_equal(made.mtu, 2048);
	require_equal(host_saquery_members(&group.mgid), 1);
	require(host_leave(host, &made));
	require_equal(host_saquery_members(&group.mgid), 0);
	require(host_leave(host, &made)); /* again: 0x0200, which is an answer */
	group = host_broadcast();
	require_equal(host_saquery_members(&group.mgid), 1);
	require(host_leave(host, &group));
	require_equal(host_saquery_members(&group.mgid), 0);
}

void part_statuses(void)
{
	struct host host;

	host_open(&host, NULL);
	paths(&host);
	joins(&host);
	joins_as_nobody(&host);
	makes_and_leaves(&host);
	struct ipoib__umad_counters counters = ipoib__umad_counters(host.umad);
	require_equal((long long)counters.sa.stray, 0);
	require_equal((long long)counters.sa.resent, 0);
	require_equal((long long)counters.foreign, 0);
	require_equal((long long)counters.unsent, 0);
	host_close(&host);
}

/* ---- nobody there ---- */

void part_silence(void)
{
	struct ipoib_multicast_record group = host_broadcast();
	struct ipoib_gid dgid = host_gid(2);
	struct host host;
	uint64_t before, took;

	host_open(&host, NULL);
	host_fabric("sm-stop");
	before = host_now();
	require_equal(host_path(&host, &dgid, 0xffff, NULL), -ETIMEDOUT);
	took = host_now() - before;
	/* Seconds of the wall: a busy machine may be late by some. */
	require(took >= IPOIB__SA_PATH_LIMIT && took < IPOIB__SA_PATH_LIMIT + 10 * SECOND);
	require_equal(host_join(&host, &group, NULL), -ETIMEDOUT);
	struct ipoib__umad_counters counters = ipoib__umad_counters(host.umad);
	/* Each came back, and none was taken for an answer. */
	require_equal((long long)counters.sa.sent, 2 * IPOIB__SA_SENDS);
	require_equal((long long)counters.unanswered, 2 * IPOIB__SA_SENDS);
	require_equal((long long)counters.sa.stray, 0);
	host_fabric("sm-start");
	require_equal(host_path(&host, &dgid, 0xffff, NULL), 0);
	host_close(&host);
}

/* ---- another SM, with other LIDs, that knows nothing of what was ---- */

void part_restart(void)
{
	struct ipoib_multicast_record group = host_broadcast();
	struct ipoib_path_record path;
	struct ipoib_gid dgid = host_gid(2);
	struct host host;
	uint16_t sm_lid;

	host_open(&host, NULL);
	require_equal(host_join(&host, &group, NULL), 0);
	require_equal(host_saquery_members(&group.mgid), 1);
	sm_lid = ipoib__umad_port(host.umad)->sm_lid;
	host_fabric("sm-restart sm2");
	/* Whoever was not told asks where nobody answers any more. */
	require_equal(host_path(&host, &dgid, 0xffff, NULL), -ETIMEDOUT);
	host_reread(&host);
	require(ipoib__umad_port(host.umad)->sm_lid != sm_lid);
	require_equal(host_path(&host, &dgid, 0xffff, &path), 0);
	require_equal(host_saquery_members(&group.mgid), 0);
	require_equal(host_join(&host, &group, NULL), 0);
	require_equal(host_saquery_members(&group.mgid), 1);
	host_fabric("set-lid host1 77");
	host_fabric("set-lid host2 78");
	host_reread(&host);
	require_equal(ipoib__umad_port(host.umad)->lid, 77);
	require_equal(host_path(&host, &dgid, 0xffff, &path), 0);
	require_equal(path.slid, 77);
	require_equal(path.dlid, 78);
	require_equal((long long)ipoib__umad_counters(host.umad).foreign, 0);
	host_close(&host);
}

/* ---- an SM that takes its time ---- */

static pid_t sm_pid(void)
{
	const char *name = getenv("IB_FABRIC_SM_PIDFILE");
	FILE *file = fopen(name != NULL ? name : "", "r");
	int pid = 0;

	require(file != NULL && fscanf(file, "%d", &pid) == 1 && pid > 0);
	fclose(file);
	return pid;
}

/* The third word of its stat. The second may have anything in it, but ends with the last ")". */
static bool thread_is_stopped(pid_t pid, const char *thread)
{
	char path[320], line[512], *end;
	FILE *file;
	bool stopped;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, thread);
	file = fopen(path, "r");
	if (file == NULL)
		return true; /* it has ended */
	stopped = fgets(line, sizeof(line), file) != NULL && (end = strrchr(line, ')')) != NULL &&
		  end[1] == ' ' && end[2] == 'T';
	fclose(file);
	return stopped;
}

static bool is_stopped(pid_t pid)
{
	char path[64];
	DIR *threads;
	const struct dirent *entry;
	bool stopped = true;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	require(threads != NULL);
	while (stopped && (entry = readdir(threads)) != NULL)
		stopped = entry->d_name[0] == '.' || thread_is_stopped(pid, entry->d_name);
	closedir(threads);
	return stopped;
}

/* A signal is only sent: a thread on another processor may still answer for a moment. */
static void stop_sm(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	pid_t pid = sm_pid();

	require_equal(kill(pid, SIGSTOP), 0);
	while (!is_stopped(pid))
		nanosleep(&moment, NULL);
}

void part_slow(void)
{
	struct ipoib_transport_event event;
	struct ipoib__umad_counters counters;
	struct host host;
	unsigned questions = 8;

	host_open(&host, NULL);
	stop_sm();
	for (unsigned i = 0; i < questions; i++) {
		struct ipoib_gid dgid = host_gid(i % 4 + 1);

		require_equal(ipoib__umad_path(host.umad, i, &dgid, 0xffff), 0);
	}
	host_run(&host, IPOIB__SA_PATH_LIMIT / 2); /* each was sent twice by then */
	require(!ipoib__umad_next_event(host.umad, &event));
	require_equal(kill(sm_pid(), SIGCONT), 0);
	for (unsigned i = 0; i < questions; i++) {
		event = host_event(&host);
		require_equal(event.status, 0);
	}
	host_run(&host, SECOND / 10);
	/* The second answers are late, and hurt nobody. */
	counters = ipoib__umad_counters(host.umad);
	require_equal((long long)counters.sa.resent, questions);
	require_equal((long long)counters.sa.stray, questions);
	require(!ipoib__umad_next_event(host.umad, &event));
	host_close(&host);
}

/* ---- the kernel's IPoIB beside us ---- */

void part_beside(void)
{
	struct ipoib_multicast_record group = host_group(9), made;
	struct host host;

	require_equal(system("rm -rf beside && mkdir -p beside/ib_ipoib"), 0);
	host_open(&host, "beside");
	require_equal(host_join(&host, &group, &made), 0);
	require(!host_leave(&host, &made));
	require_equal((long long)ipoib__umad_counters(host.umad).kept, 1);
	require_equal(host_saquery_members(&group.mgid), 1);
	require_equal(system("rmdir beside/ib_ipoib"), 0);
	require(host_leave(&host, &made));
	require_equal(host_saquery_members(&group.mgid), 0);
	require_equal(system("rmdir beside"), 0);
	host_close(&host);
}
