/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes a capture of every message of communication management, as two managers say them to each
 * other; tshark.sh lets tshark read it. The one that asks has LID 4, the other LID 7.
 *
 *	sample FILE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/capture.h>

#include "cm/cm.h"
#include "wire/cm_small.h"
#include "wire/ipoib_cm.h"

#define EPOCH_NS (INT64_C(1767225600) * 1000000000)
#define STEP_NS 1000000

static struct ipoib__cm asker, asked;
static struct ipoib_capture *capture;
static uint64_t now;
static uint8_t private_data[IPOIB__CM_PRIVATE_LENGTH];

/* A failed step ends the program: what tshark would say of half a capture is no use. */
static void good(int status)
{
	if (status < 0) {
		fprintf(stderr, "sample: %s\n", strerror(-status));
		exit(1);
	}
}

static int write_to_file(const void *octets, size_t length, void *user)
{
	return fwrite(octets, 1, length, user) == length ? 0 : -EIO;
}

static void record(uint16_t slid, uint16_t dlid, const uint8_t *mad)
{
	const struct ipoib_capture_packet packet = {
		.size = sizeof(packet),
		.slid = slid,
		.dlid = dlid,
		.pkey = 0xffff,
		.source_qpn = IPOIB__CM_QPN,
		.dest_qpn = IPOIB__CM_QPN,
		.qkey = IPOIB__CM_QKEY,
		.payload = mad,
		.length = IPOIB__MAD_LENGTH,
	};

	good(ipoib_capture_packet(capture, now += STEP_NS, &packet));
}

static void emit(void *owner, const struct ipoib_ah_attributes *to,
		 const uint8_t mad[IPOIB__MAD_LENGTH])
{
	const struct ipoib__cm_source source = { .lid = owner == &asker ? 4 : 7 };

	record(source.lid, to->dlid, mad);
	ipoib__cm_receive(owner == &asker ? &asked : &asker, &source, mad, IPOIB__MAD_LENGTH);
}

static void run(void)
{
	for (unsigned i = 0; i < 4; i++) {
		ipoib__cm_expire(&asker, now);
		ipoib__cm_expire(&asked, now);
	}
}

static struct ipoib__cm_event event_of(struct ipoib__cm *cm)
{
	struct ipoib__cm_event event;

	if (!ipoib__cm_next(cm, &event))
		good(-ENOMSG);
	return event;
}

static uint32_t ask(uint64_t service_id)
{
	const struct ipoib__cm_connect connect = {
		.service_id = service_id,
		.path = {
			.dgid = { { 0xfe, 0x80, [15] = 0x22 } },
			.sgid = { { 0xfe, 0x80, [15] = 0x11 } },
			.dlid = 7,
			.slid = 4,
			.pkey = 0xffff,
			.sl = 2,
			.rate = 7,
			.mtu = 4096,
			.packet_life = 16,
		},
		.queue_pair = { .qpn = 0x51, .psn = 0x123, .rnr_retry = 3, .retry_count = 5,
				.srq = true },
		.private_data = private_data,
		.private_length = sizeof(private_data),
	};
	uint32_t id = 0;

	good(ipoib__cm_connect(&asker, &connect, NULL, &id));
	run();
	return id;
}

/* No manager of ours asks for time. */
static void record_mra(uint32_t id)
{
	const struct ipoib__mad header = { .attribute = IPOIB__CM_MRA };
	const struct ipoib__cm_mra mra = { 0x99, id, IPOIB__CM_ANSWERS_REQ, 21, { 0 } };
	uint8_t mad[IPOIB__MAD_LENGTH];

	good(ipoib__cm_encode(mad, sizeof(mad), &header));
	good(ipoib__cm_mra_encode(mad + IPOIB__MAD_HEADER_LENGTH, IPOIB__CM_MESSAGE_LENGTH, &mra));
	record(7, 4, mad);
}

static void a_life(void)
{
	const struct ipoib__cm_queue_pair queue_pair = { .qpn = 0x61, .psn = 0x456, .rnr_retry = 7,
							 .srq = true };
	uint32_t id = ask(ipoib__service_id(IPOIB__SERVICE_RFC, 0x48)); /* REQ, REJ */

	(void)event_of(&asker);
	id = ask(ipoib__service_id(IPOIB__SERVICE_LINUX, 0x48)); /* REQ */
	record_mra(id);
	good(ipoib__cm_accept(&asked, event_of(&asked).id, &queue_pair, private_data,
			      sizeof(private_data), NULL));
	run(); /* REP */
	good(ipoib__cm_ready(&asker, event_of(&asker).id));
	run(); /* RTU */
	ipoib__cm_close(&asker, id);
	run(); /* DREQ, DREP */
}

int main(int argc, char **argv)
{
	const struct ipoib__cm_private mine = { 0x49, 65524 };
	struct ipoib__cm_config config = { .ca_guid = 0x0002c90300000011, .emit = emit };
	FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
	const struct ipoib_capture_config capture_config = {
		.size = sizeof(capture_config),
		.write = write_to_file,
		.user = file,
		.epoch_offset_ns = EPOCH_NS,
	};
	struct ipoib__memory memory;
	struct ipoib__random random;

	if (!file) {
		fprintf(stderr, "usage: sample FILE\n");
		return 2;
	}
	ipoib__memory_init(&memory, NULL, NULL, NULL);
	ipoib__random_seed(&random, 1);
	config.owner = &asker;
	good(ipoib__cm_init(&asker, &memory, &random, &config));
	config.owner = &asked;
	config.ca_guid++;
	good(ipoib__cm_init(&asked, &memory, &random, &config));
	good(ipoib__cm_listen(&asked, ipoib__service_id(IPOIB__SERVICE_LINUX, 0x48), NULL));
	good(ipoib__cm_private_encode(private_data, sizeof(private_data), &mine));
	ipoib__cm_reject_data(&asked, private_data, sizeof(private_data));
	good(ipoib_capture_new(&capture, &capture_config));
	a_life();
	ipoib_capture_close(capture);
	ipoib__cm_fini(&asker);
	ipoib__cm_fini(&asked);
	return fclose(file) == 0 ? 0 : 1;
}
