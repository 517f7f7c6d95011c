/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ping_options.h"
#include "report.h"

struct ping_record *ping_record_new(const struct ping_options *options)
{
	struct ping_record *record = calloc(1, sizeof(*record));

	if (record) {
		record->options = options;
		record->least_us = UINT64_MAX;
	}
	return record;
}

void ping_record_begin(const struct ping_record *record)
{
	char text[IPOIB_IP_TEXT];

	ipoib_ip_format(&record->options->destination, text);
	printf("PING %s (%s) %" PRIu64 "(%" PRIu64 ") bytes of data.\n", text, text,
	       record->options->size, record->options->size + PING_HEADERS);
}

void ping_record_sent(struct ping_record *record, uint16_t sequence, uint64_t now)
{
	if (record->transmitted++ == 0)
		record->first_ns = now;
	record->sent_ns[sequence] = now;
	record->answered[sequence] = false;
}

/* Three significant digits below the millisecond, fewer above: as iputils does. */
static void print_time(uint64_t us)
{
	if (us >= 99950)
		printf(" time=%" PRIu64 " ms", (us + 500) / 1000);
	else if (us >= 9995)
		printf(" time=%" PRIu64 ".%01" PRIu64 " ms", (us + 50) / 1000,
		       (us + 50) % 1000 / 100);
	else if (us >= 1000)
		printf(" time=%" PRIu64 ".%02" PRIu64 " ms", (us + 5) / 1000,
		       (us + 5) % 1000 / 10);
	else
		printf(" time=0.%03" PRIu64 " ms", us);
}

static void count_time(struct ping_record *record, uint64_t us)
{
	record->sum_us += us;
	record->square_sum_us += us * us;
	if (us < record->least_us)
		record->least_us = us;
	if (us > record->most_us)
		record->most_us = us;
}

void ping_record_reply(struct ping_record *record, const struct ping_echo *echo, uint64_t now)
{
	uint64_t sent_ns = record->sent_ns[echo->sequence];
	size_t damage = ping_packet_damage(echo);
	char text[IPOIB_IP_TEXT];

	if (sent_ns == 0)
		return; /* never asked */

	uint64_t us = (now - sent_ns) / 1000;
	bool duplicate = record->answered[echo->sequence];
	bool damaged = damage < echo->data_length || echo->data_length != record->options->size;

	printf("%zu bytes from %s: icmp_seq=%u ttl=%u", echo->data_length + 8,
	       ipoib_ip_format(&echo->source, text), (unsigned)echo->sequence,
	       (unsigned)echo->ttl);
	print_time(us);
	if (duplicate)
		printf(" (DUP!)");
	if (damage < echo->data_length)
		printf("\nwrong data byte #%zu should be 0x%x but was 0x%x", damage,
		       (unsigned)(uint8_t)damage, (unsigned)echo->data[damage]);
	else if (damaged)
		printf(" (truncated)");
	putchar('\n');

	if (damaged) {
		record->corrupted++;
	} else if (duplicate) {
		record->duplicates++;
	} else {
		record->received++;
		count_time(record, us);
	}
	record->answered[echo->sequence] = true;
}

void ping_record_unreachable(struct ping_record *record, uint16_t sequence)
{
	char text[IPOIB_IP_TEXT];

	printf("From %s icmp_seq=%u Destination Host Unreachable\n",
	       ipoib_ip_format(&record->options->address.ip, text), (unsigned)sequence);
	record->errors++;
}

void ping_record_too_long(struct ping_record *record, uint32_t mtu)
{
	char text[64];

	snprintf(text, sizeof(text), "ping: local error: message too long, mtu=%u", (unsigned)mtu);
	report_line(text);
	record->errors++;
}

void ping_record_failed(struct ping_record *record, const char *why)
{
	char text[128];

	snprintf(text, sizeof(text), "ping: local error: %s", why);
	report_line(text);
	record->errors++;
}

/* The whole part of a square root, bit by bit. */
static uint64_t square_root(uint64_t square)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
		if ((root + bit) * (root + bit) <= square)
			root += bit;
	return root;
}

static void print_round_trips(const struct ping_record *record)
{
	uint64_t count = record->received;
	uint64_t average = record->sum_us / count;
	uint64_t squares = record->square_sum_us / count;
	/* Both quotients are rounded down, so their difference may come out below zero. */
	uint64_t variance = squares > average * average ? squares - average * average : 0;
	uint64_t deviation = square_root(variance);

	uint64_t values[] = { record->least_us, average, record->most_us, deviation };

	printf("rtt min/avg/max/mdev =");
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		printf("%c%" PRIu64 ".%03" PRIu64, i == 0 ? ' ' : '/', values[i] / 1000,
		       values[i] % 1000);
	printf(" ms\n");
}

void ping_record_end(const struct ping_record *record, uint64_t now)
{
	uint64_t lost = record->transmitted - record->received;
	uint64_t time_ms = record->transmitted ? (now - record->first_ns) / 1000000 : 0;
	char text[IPOIB_IP_TEXT];

	printf("\n--- %s ping statistics ---\n",
	       ipoib_ip_format(&record->options->destination, text));
	printf("%" PRIu64 " packets transmitted, %" PRIu64 " received", record->transmitted,
	       record->received);
	if (record->duplicates)
		printf(", +%" PRIu64 " duplicates", record->duplicates);
	if (record->corrupted)
		printf(", +%" PRIu64 " corrupted", record->corrupted);
	if (record->errors)
		printf(", +%" PRIu64 " errors", record->errors);
	if (record->transmitted)
		printf(", %g%% packet loss, time %" PRIu64 "ms",
		       100. * (double)lost / (double)record->transmitted, time_ms);
	printf("\n");
	if (record->received)
		print_round_trips(record);
	else
		printf("\n");
}
