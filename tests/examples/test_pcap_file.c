/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ipoib/capture.h>

#include "examples/examples.h"
#include "pcap_file.h"
#include "support/support.h"

static char path[] = "/tmp/ipoib-pcap-XXXXXX";

static void setup(void)
{
	support_setup();
	snprintf(path, sizeof(path), "/tmp/ipoib-pcap-XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
	support_teardown();
}

static off_t length_of(const struct pcap_file *file)
{
	struct stat status;

	ck_assert_int_eq(fstat(file->fd, &status), 0);
	return status.st_size;
}

/* What lies before the record is a hole: the file takes no room. */
START_TEST(a_capture_goes_on_past_two_gigabytes)
{
	static const uint8_t octets[64];
	const struct ipoib_capture_packet packet = {
		.size = sizeof(packet), .payload = octets, .length = sizeof(octets),
	};
	struct pcap_file file;
	uint64_t failed = 1;

	ck_assert_int_eq(pcap_file_open(&file, path), 0);
	ck_assert_int_gt(length_of(&file), 0);
	ck_assert_int_eq(lseek(file.fd, INT32_MAX, SEEK_SET), INT32_MAX);
	ck_assert_int_eq(ipoib_capture_packet(file.capture, 0, &packet), 0);
	ck_assert_uint_eq(ipoib_capture_count(file.capture, &failed), 1);
	ck_assert_uint_eq(failed + file.lost, 0);
	ck_assert_int_gt(length_of(&file), (intmax_t)INT32_MAX + (intmax_t)sizeof(octets));
	pcap_file_close(&file);
}
END_TEST

Suite *suite_pcap_file(void)
{
	Suite *suite = suite_create("pcap_file");
	TCase *tcase = tcase_create("pcap_file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_capture_goes_on_past_two_gigabytes);
	suite_add_tcase(suite, tcase);
	return suite;
}
