/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/log.h"

#include <string.h>

#include "base/suites.h"
#include "support/support.h"

struct sink {
	int messages;
	int level;
	char last[2 * IPOIB__LOG_MESSAGE];
};

static void take(int level, const char *message, void *user)
{
	struct sink *sink = user;

	sink->messages++;
	sink->level = level;
	strncpy(sink->last, message, sizeof(sink->last) - 1);
}

START_TEST(a_message_is_formatted_and_handed_to_the_sink)
{
	struct sink sink = { 0 };
	struct ipoib__log log = { .write = take, .level = 3, .user = &sink };

	ipoib__log_write(&log, 2, "port %d of %s is down", 1, "mlx5_0");
	ck_assert_str_eq(sink.last, "port 1 of mlx5_0 is down");
	ck_assert_int_eq(sink.level, 2);
	ck_assert_int_eq(sink.messages, 1);
}
END_TEST

START_TEST(only_the_levels_that_were_asked_for_are_written)
{
	for (int wanted = 0; wanted <= 4; wanted++) {
		struct sink sink = { 0 };
		struct ipoib__log log = { .write = take, .level = wanted, .user = &sink };

		for (int level = 1; level <= 4; level++)
			ipoib__log_write(&log, level, "level %d", level);
		ck_assert_int_eq(sink.messages, wanted);
	}
}
END_TEST

START_TEST(without_a_sink_there_is_silence)
{
	struct ipoib__log log = { .write = NULL, .level = 4, .user = NULL };

	ipoib__log_write(&log, 1, "nobody listens to %d", 1);
	ipoib__log_write(NULL, 1, "nobody at all");
}
END_TEST

START_TEST(a_message_of_any_length_is_cut_to_its_room)
{
	char text[2 * IPOIB__LOG_MESSAGE];
	struct sink sink = { 0 };
	struct ipoib__log log = { .write = take, .level = 4, .user = &sink };

	for (size_t length = IPOIB__LOG_MESSAGE - 2; length < sizeof(text); length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		ipoib__log_write(&log, 4, "%s", text);
		ck_assert_uint_eq(strlen(sink.last), length < IPOIB__LOG_MESSAGE ?
							     length : IPOIB__LOG_MESSAGE - 1);
	}
}
END_TEST

Suite *suite_log(void)
{
	Suite *suite = suite_create("log");
	TCase *tcase = tcase_create("log");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_test(tcase, a_message_is_formatted_and_handed_to_the_sink);
	tcase_add_test(tcase, only_the_levels_that_were_asked_for_are_written);
	tcase_add_test(tcase, without_a_sink_there_is_silence);
	tcase_add_test(tcase, a_message_of_any_length_is_cut_to_its_room);
	suite_add_tcase(suite, tcase);
	return suite;
}
