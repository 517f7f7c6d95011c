/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The side of the fake that the test turns. */
#include "interface/fake.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/support.h"
#include "wire/grh.h"

#define QKEY 0x0b1b

struct ipoib_gid fake_gid(uint16_t n)
{
	struct ipoib_gid gid = { { 0xfe, 0x80 } };

	gid.raw[14] = (uint8_t)(n >> 8);
	gid.raw[15] = (uint8_t)n;
	return gid;
}

int fake_open(struct fake *fake, struct ipoib_context *context, uint16_t lid)
{
	memset(fake, 0, sizeof(*fake));
	fake->port = (struct ipoib_port_attributes){ .size = sizeof(fake->port),
						     .gid = fake_gid(lid),
						     .mtu = 2048,
						     .lid = lid,
						     .sm_lid = 1,
						     .state = IPOIB_PORT_ACTIVE,
						     .pkey_count = 2,
						     .pkeys = { 0xffff, 0x8001 } };
	snprintf(fake->port.name, sizeof(fake->port.name), "fake%u/1", (unsigned)lid);
	fake->group_mtu = 2048;
	fake->path_mtu = 2048;
	fake->next_qpn = 0x40;
	fake->answering = true;
	fake->completing = true;
	return ipoib_transport_new(&fake->transport, context, &fake_ops, fake);
}

void fake_fail(struct fake *fake, enum fake_op op, long nth, bool for_ever)
{
	fake->faults[op].at = fake->faults[op].calls + nth;
	fake->faults[op].for_ever = for_ever;
	fake->starving = fake->starving || op == FAKE_POST_RECEIVE || op == FAKE_MEMORY_GET ||
			 op == FAKE_RC_POST_RECEIVE;
}

void fake_mend(struct fake *fake)
{
	for (size_t i = 0; i < FAKE_OPS; i++)
		fake->faults[i].at = 0;
}

struct fake_ud *fake_ud(struct fake *fake)
{
	for (size_t i = 0; i < FAKE_UDS; i++)
		if (fake->uds[i].alive)
			return &fake->uds[i];
	return NULL;
}

/* ---- the queue pair ---- */

void fake_completed(struct fake *fake, struct fake_ud *ud,
		    const struct ipoib_ud_completion *completion)
{
	ck_assert_uint_lt(ud->completion_count, FAKE_COMPLETIONS);
	ud->completions[ud->completion_count++] = *completion;
	if (ud->armed && !fake->destroyed)
		ipoib_transport_wake(fake->transport);
	ud->armed = false;
}

static void note_sent(struct fake *fake, struct fake_ud *ud, const struct fake_work *work)
{
	struct fake_sent *sent = &fake->sent[fake->sent_count++ % FAKE_SENT];
	size_t head = work->length < FAKE_HEAD ? work->length : FAKE_HEAD;

	*sent = (struct fake_sent){ .length = work->length,
				    .remote_qpn = work->remote_qpn,
				    .qkey = work->qkey,
				    .to = work->ah->attributes };
	memcpy(sent->head, work->address, head);
	if (fake->on_sent)
		fake->on_sent(fake, ud, sent, fake->user);
}

void fake_complete(struct fake *fake, struct fake_ud *ud, size_t n, int32_t status)
{
	while (n-- > 0 && ud->send_count > 0) {
		struct fake_work work = ud->sends[0];
		const struct ipoib_ud_completion completion = { .cookie = work.cookie,
								.status = status,
								.opcode = IPOIB_UD_SEND };

		ud->send_count--;
		memmove(ud->sends, ud->sends + 1, ud->send_count * sizeof(work));
		work.ah->posted--;
		fake_completed(fake, ud, &completion);
		if (status == 0)
			note_sent(fake, ud, &work);
	}
}

bool fake_attached(const struct fake_ud *ud, const struct ipoib_gid *mgid)
{
	for (size_t i = 0; i < ud->group_count; i++)
		if (memcmp(&ud->groups[i].mgid, mgid, sizeof(*mgid)) == 0)
			return true;
	return false;
}

static void write_grh(uint8_t *to, const struct fake_arrival *from, size_t length)
{
	const struct ipoib__grh grh = { .payload_length = (uint16_t)length,
					.next_header = IPOIB__GRH_NEXT_BTH,
					.hop_limit = 1,
					.source = from->source,
					.destination = from->destination };

	memset(to, 0xdd, IPOIB_GRH_LENGTH);
	if (from->has_grh)
		ck_assert_int_gt(ipoib__grh_encode(to, IPOIB_GRH_LENGTH, &grh), 0);
}

bool fake_deliver(struct fake *fake, struct fake_ud *ud, const struct fake_arrival *from,
		  const void *octets, size_t length)
{
	bool group = from->has_grh && from->destination.raw[0] == 0xff;
	struct ipoib_ud_completion completion = { .opcode = IPOIB_UD_RECEIVE };
	struct fake_work work;

	ck_assert_uint_le(length, 4096);
	if (!ud || ud->receive_count == 0 || ud->qkey != QKEY ||
	    (group && !fake_attached(ud, &from->destination))) {
		fake->lost++;
		return false;
	}
	work = ud->receives[0];
	ud->receive_count--;
	memmove(ud->receives, ud->receives + 1, ud->receive_count * sizeof(work));
	write_grh(work.address, from, length);
	if (length > 0)
		memcpy(work.address + IPOIB_GRH_LENGTH, octets, length);
	completion.cookie = work.cookie;
	completion.status = from->status;
	completion.has_grh = from->has_grh;
	completion.length = from->claimed ? from->claimed : (uint32_t)(IPOIB_GRH_LENGTH + length);
	completion.source_qpn = from->source_qpn;
	completion.source_lid = from->source_lid;
	fake_completed(fake, ud, &completion);
	return true;
}

/* ---- events and answers ---- */

void fake_event(struct fake *fake, const struct ipoib_transport_event *event)
{
	ck_assert_uint_lt(fake->event_count, FAKE_EVENTS);
	fake->events[fake->event_count++] = *event;
	ipoib_transport_wake(fake->transport);
}

void fake_simple_event(struct fake *fake, uint32_t type)
{
	fake_event(fake, &(struct ipoib_transport_event){ .type = type });
}

void fake_port_event(struct fake *fake)
{
	fake_simple_event(fake, IPOIB_TRANSPORT_PORT);
}

static struct ipoib_path_record path_to(const struct fake *fake, const struct ipoib_gid *dgid)
{
	uint16_t lid = (uint16_t)(dgid->raw[14] << 8 | dgid->raw[15]);

	return (struct ipoib_path_record){
		.dgid = *dgid,
		.sgid = fake->port.gid,
		.dlid = fake->path_lid != 0 ? fake->path_lid : lid,
		.slid = fake->port.lid,
		.pkey = 0xffff,
		.rate = 3,
		.mtu = fake->path_mtu,
	};
}

static struct ipoib_multicast_record group_of(const struct fake *fake,
					      const struct fake_question *question)
{
	struct ipoib_multicast_record record = question->wanted;

	record.create = 0;
	record.qkey = QKEY;
	record.mtu = fake->group_mtu;
	record.rate = 3;
	record.mlid = (uint16_t)(0xc000 + record.mgid.raw[15]);
	return record;
}

void fake_answer(struct fake *fake, struct fake_question *question, int status)
{
	struct ipoib_transport_event event = {
		.type = question->join ? IPOIB_TRANSPORT_JOIN : IPOIB_TRANSPORT_PATH,
		.status = status,
		.id = question->id
	};

	ck_assert(question->open);
	question->open = false;
	if (status == 0)
		event.status = question->join ? fake->join_status : fake->path_status;
	if (event.status == 0 && question->join)
		event.multicast = group_of(fake, question);
	else if (event.status == 0)
		event.path = path_to(fake, &question->gid);
	fake_event(fake, &event);
}

struct fake_question *fake_open_question(struct fake *fake, bool join)
{
	for (size_t i = 0; i < fake->question_count; i++)
		if (fake->questions[i].open && fake->questions[i].join == join)
			return &fake->questions[i];
	return NULL;
}

size_t fake_open_questions(const struct fake *fake, bool join)
{
	size_t n = 0;

	for (size_t i = 0; i < fake->question_count; i++)
		n += fake->questions[i].open && fake->questions[i].join == join;
	return n;
}
