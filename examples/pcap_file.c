/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "pcap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include <ipoib/capture.h>

#include "report.h"

/*
 * Straight to the file, without a buffer of ours: what was recorded stands there even if the
 * program is killed in the next instant.
 */
static int write_octets(const void *octets, size_t length, void *user)
{
	struct pcap_file *file = user;
	const char *next = octets;

	while (length > 0) {
		ssize_t count = write(file->fd, next, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			int error = -errno;

			report("--pcap %s: %s; the capture ends here", file->path,
			       error_text(error));
			return error;
		}
		next += count;
		length -= (size_t)count;
	}
	return 0;
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec time = { 0, 0 };

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int pcap_file_open(struct pcap_file *file, const char *path)
{
	*file = (struct pcap_file)PCAP_FILE_NONE;
	if (path == NULL)
		return 0;
	file->path = path;
	file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file->fd < 0) {
		int error = -errno;

		report("--pcap %s: cannot be opened for writing: %s", path, error_text(error));
		return error;
	}

	struct ipoib_capture_config config = {
		.size = sizeof(config),
		.write = write_octets,
		.user = file,
		.epoch_offset_ns = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_MONOTONIC),
	};
	int error = ipoib_capture_new(&file->capture, &config);

	if (error) {
		report("--pcap %s: %s", path, error_text(error));
		file->capture = NULL;
		pcap_file_close(file);
	}
	return error;
}

void pcap_file_close(struct pcap_file *file)
{
	if (file->capture) {
		uint64_t failed = 0;
		uint64_t count = ipoib_capture_count(file->capture, &failed);

		if (failed > 0)
			report("--pcap %s: %" PRIu64 " packets recorded, %" PRIu64 " not",
			       file->path, count, failed);
	}
	ipoib_capture_close(file->capture);
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct pcap_file)PCAP_FILE_NONE;
}
