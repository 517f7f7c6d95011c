/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Attaching: what a process is told, what is refused, and the socket itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mock/client.h"
#include "mock/fabric.h"
#include "mock/socket.h"
#include "mock/suites.h"

START_TEST(a_named_port_is_attached_with_all_it_needs)
{
	struct ipoib__attach answer;
	int fd = client_attach("host2", &answer);

	ck_assert_int_eq(answer.status, 0);
	ck_assert_uint_eq(answer.lid, 2);
	ck_assert_uint_ne(answer.sm_lid, 0);
	ck_assert_uint_eq(answer.state, 4);
	ck_assert_uint_eq(answer.mtu, 4);
	ck_assert_uint_eq(answer.prefix[0], 0xfe);
	ck_assert_uint_eq(answer.pkey_count, 1);
	ck_assert_uint_eq(answer.pkeys[0], 0xffff);
	ck_assert_str_eq(answer.device, "host2");
	ck_assert_uint_eq(answer.port, 1);
	ck_assert_uint_eq(fixture_statistics(client_fabric).ports_attached, 1);
	close(fd);
	fixture_settle(client_fabric);
	ck_assert_uint_eq(fixture_statistics(client_fabric).ports_attached, 0);
}
END_TEST

static void refused(const struct ipoib__attach *hello, int status, const char *text)
{
	struct ipoib__attach answer;
	int fd = client_connect();

	client_say(fd, hello);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	ck_assert_int_eq(answer.status, status);
	ck_assert_ptr_nonnull(strstr(answer.reason, text));
	client_ended(fd);
}

START_TEST(what_cannot_be_attached_is_told_why)
{
	struct ipoib__attach hello, answer;
	int fd = client_attach("host1", &answer);

	hello = hello_of("host1", 1);
	refused(&hello, -EBUSY, "host1/1 is attached already");
	hello = hello_of("host1", 2);
	refused(&hello, -ENOENT, "no port host1/2");
	hello = hello_of("abcdefghijklmnop", 255);
	refused(&hello, -ENOENT, "no port abcdefghijklmnop/255");
	hello = hello_of("host2", 1);
	hello.mtu = 5;
	refused(&hello, -EINVAL, "MTU");
	hello.mtu = 99;
	refused(&hello, -EINVAL, "MTU");
	hello = hello_of("", 1);
	refused(&hello, -EINVAL, "GUID");
	memcpy(hello.guid, answer.guid, 8);
	refused(&hello, -EBUSY, "host1/1");
	ck_assert_uint_eq(fixture_statistics(client_fabric).ports_attached, 1);
	close(fd);
}
END_TEST

START_TEST(an_older_process_gets_the_older_answer_and_a_port_of_its_own)
{
	struct ipoib__attach hello = { .size = IPOIB__ATTACH_SIZE_FIRST,
				       .mtu = 4,
				       .port = 1,
				       .guid = { 0, 2, 0xc9, 0, 0, 0, 0, 9 },
				       .prefix = { 0xfe, 0x80 },
				       .pkey_count = 1,
				       .pkeys = { 0xffff } };
	struct ipoib__attach answer;
	int fd = client_connect(), again = client_connect();

	client_say(fd, &hello);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE_FIRST);
	ck_assert_uint_eq(answer.lid, 3);
	ck_assert_uint_eq(answer.state, 4);
	ck_assert_mem_eq(answer.guid, hello.guid, 8);
	client_say(again, &hello); /* the same GUID twice: ended without a word */
	client_ended(again);
	ipoib_fabric_reassign_lids(client_fabric);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE_FIRST);
	ck_assert_uint_ne(answer.lid, 3);
	close(fd);
}
END_TEST

START_TEST(changes_are_told_and_reregistration_is_an_event)
{
	struct ipoib__attach answer;
	int fd = client_attach("host1", &answer);
	uint16_t lid = answer.lid, sm_lid = answer.sm_lid;

	ipoib_fabric_reassign_lids(client_fabric);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	ck_assert_uint_ne(answer.lid, lid);
	ck_assert_uint_eq(answer.events, 0);
	ipoib_fabric_restart_sm(client_fabric);
	answer = client_hear(fd, IPOIB__ATTACH_SIZE);
	ck_assert_uint_ne(answer.sm_lid, sm_lid);
	ck_assert_uint_eq(answer.events, IPOIB__ATTACH_REREGISTER);
	ck_assert_int_eq(ipoib_fabric_set_link(client_fabric, "host1/1", false), 0);
	ck_assert_uint_eq(client_hear(fd, IPOIB__ATTACH_SIZE).state, 1);
	close(fd);
}
END_TEST

START_TEST(a_process_that_says_nothing_is_dismissed)
{
	int fd = client_connect();

	fixture_settle(client_fabric);
	ck_assert_uint_eq(ipoib_fabric_deadline(client_fabric), IPOIB__FABRIC_HELLO_NS);
	support_advance(IPOIB__FABRIC_HELLO_NS);
	client_ended(fd);
	ck_assert_uint_eq(ipoib_fabric_deadline(client_fabric), IPOIB_NEVER);
}
END_TEST

START_TEST(garbage_instead_of_an_attach_message_is_refused)
{
	static const size_t lengths[] = { 1, 4, 75, 77, 80, 144, 5000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint8_t garbage[5000];
		int fd = client_connect();

		memset(garbage, 0x5a, sizeof(garbage));
		ck_assert_int_eq(ipoib__socket_send(fd, garbage, lengths[i], NULL, 0), 0);
		fixture_settle(client_fabric);
		ck_assert_int_eq(client_hear(fd, IPOIB__ATTACH_SIZE).status, -EPROTO);
		client_ended(fd);
	}
}
END_TEST

START_TEST(only_a_dead_socket_is_replaced)
{
	struct ipoib_fabric *other = NULL;
	struct ipoib_fabric_config config = fixture_config();
	char file[100], dead[100], longer[200];
	struct sockaddr_un address;
	struct stat status;
	int fd;

	ck_assert_int_eq(ipoib_fabric_new(&other, &config), 0);
	ck_assert_int_eq(ipoib_fabric_listen(other, client_path), -EADDRINUSE);
	ck_assert_int_eq(ipoib_fabric_listen(client_fabric, client_path), -EALREADY);
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(ipoib_fabric_listen(other, longer), -ENAMETOOLONG);
	snprintf(file, sizeof(file), "%s/file", client_folder);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(ipoib_fabric_listen(other, file), -EADDRINUSE);
	ck_assert_int_eq(stat(file, &status), 0); /* a file stays a file */
	ck_assert_int_eq(unlink(file), 0);
	snprintf(dead, sizeof(dead), "%s/dead", client_folder);
	fd = ipoib__socket_open();
	ck_assert_int_eq(ipoib__socket_address(&address, dead), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(ipoib_fabric_listen(other, dead), 0);
	ipoib_fabric_close(other);
	ck_assert_int_lt(stat(dead, &status), 0);
	fixture_settle(client_fabric); /* the one that asked whether we live */
}
END_TEST

START_TEST(its_descriptors_can_be_polled)
{
	struct pollfd fds[4];
	int count = ipoib_fabric_pollfds(client_fabric, fds, 4);
	int fd;

	ck_assert_int_ge(count, 1);
	ck_assert_int_eq(poll(fds, (nfds_t)count, 0), 0);
	fd = client_connect();
	ck_assert_int_eq(poll(fds, (nfds_t)count, 1000), 1);
	close(fd);
}
END_TEST

Suite *suite_attach(void)
{
	Suite *suite = suite_create("attach");
	TCase *tcase = tcase_create("attach");

	tcase_add_checked_fixture(tcase, client_setup, client_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_named_port_is_attached_with_all_it_needs);
	tcase_add_test(tcase, what_cannot_be_attached_is_told_why);
	tcase_add_test(tcase, an_older_process_gets_the_older_answer_and_a_port_of_its_own);
	tcase_add_test(tcase, changes_are_told_and_reregistration_is_an_event);
	tcase_add_test(tcase, a_process_that_says_nothing_is_dismissed);
	tcase_add_test(tcase, garbage_instead_of_an_attach_message_is_refused);
	tcase_add_test(tcase, only_a_dead_socket_is_replaced);
	tcase_add_test(tcase, its_descriptors_can_be_polled);
	suite_add_tcase(suite, tcase);
	return suite;
}
