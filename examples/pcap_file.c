/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "pcap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ipoib/capture.h>

#include "report.h"

/*
 * Straight to the file, without a buffer of ours: what was recorded stands there even if the
 * program is killed in the next instant. Returns how many octets a pipe had no room for, or a
 * negative errno after a message.
 */
static ssize_t write_some(const struct pcap_file *file, const uint8_t *octets, size_t length)
{
	while (length > 0) {
		ssize_t count = write(file->fd, octets, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			break;
		if (count < 0) {
			int error = -errno;

			report("--pcap %s: %s; the capture ends here", file->path,
			       error_text(error));
			return error;
		}
		octets += count;
		length -= (size_t)count;
	}
	return (ssize_t)length;
}

/* Returns 0 when the last record is out, 1 when it is not, or a negative errno. */
static int finish_record(struct pcap_file *file)
{
	ssize_t left = write_some(file, file->rest, file->rest_length);

	if (left < 0)
		return (int)left;
	memmove(file->rest, file->rest + file->rest_length - (size_t)left, (size_t)left);
	file->rest_length = (size_t)left;
	if (left > 0)
		return 1;
	free(file->rest);
	file->rest = NULL;
	return 0;
}

static int keep_rest(struct pcap_file *file, const uint8_t *octets, size_t length)
{
	file->rest = malloc(length);
	if (file->rest == NULL) {
		report("--pcap %s: %s; the capture ends here", file->path, error_text(-ENOMEM));
		return -ENOMEM;
	}
	memcpy(file->rest, octets, length);
	file->rest_length = length;
	return 0;
}

static int write_octets(const void *octets, size_t length, void *user)
{
	struct pcap_file *file = user;
	int status = file->rest ? finish_record(file) : 0;
	ssize_t left = status == 0 ? write_some(file, octets, length) : (ssize_t)length;

	if (status < 0 || left < 0)
		return status < 0 ? status : (int)left;
	if ((size_t)left == length)
		file->lost++;
	else if (left > 0)
		return keep_rest(file, (const uint8_t *)octets + length - (size_t)left,
				 (size_t)left);
	return 0;
}

/* The open file description is our own, so nobody else is kept from waiting. */
static void unblock_pipe(const struct pcap_file *file)
{
	struct stat status;

	if (fstat(file->fd, &status) == 0 && S_ISFIFO(status.st_mode))
		fcntl(file->fd, F_SETFL, O_NONBLOCK);
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
	unblock_pipe(file);

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

		if (failed + file->lost > 0)
			report("--pcap %s: %" PRIu64 " packets recorded, %" PRIu64 " not",
			       file->path, count - file->lost, failed + file->lost);
		if (file->rest && failed == 0)
			finish_record(file);
	}
	free(file->rest);
	ipoib_capture_close(file->capture);
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct pcap_file)PCAP_FILE_NONE;
}
