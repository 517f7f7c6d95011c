/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The operations of the fake: what the interface may do, and what it must not. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "interface/fake.h"
#include "support/support.h"

bool fake_fails(struct fake *fake, enum fake_op op)
{
	struct fake_fault *fault = &fake->faults[op];

	fault->calls++;
	if (fault->at == 0 || fault->calls < fault->at)
		return false;
	return fault->for_ever || fault->calls == fault->at;
}

static void destroy(void *self)
{
	struct fake *fake = self;

	ck_assert(!fake->destroyed);
	ck_assert_uint_eq(fake->region_count, 0);
	ck_assert_uint_eq(fake->ahs_alive, 0);
	for (size_t i = 0; i < FAKE_UDS; i++)
		ck_assert(!fake->uds[i].alive);
	ck_assert_uint_eq(fake_open_questions(fake, false), 0);
	ck_assert_uint_eq(fake_open_questions(fake, true), 0);
	for (size_t i = 0; i < fake->ah_count; i++)
		free(fake->ahs[i]);
	fake->ah_count = 0;
	ck_assert_uint_eq(fake->rcs_alive, 0);
	for (size_t i = 0; i < fake->rc_count; i++)
		free(fake->rcs[i]);
	fake->rc_count = 0;
	fake->destroyed = true;
}

static int query_port(void *self, struct ipoib_port_attributes *attributes)
{
	struct fake *fake = self;

	if (fake_fails(fake, FAKE_QUERY_PORT))
		return -EIO;
	*attributes = fake->port;
	attributes->size = sizeof(*attributes);
	return 0;
}

static bool has_work(const struct fake *fake)
{
	if (fake->answering &&
	    fake_open_questions(fake, true) + fake_open_questions(fake, false) > 0)
		return true;
	for (size_t i = 0; fake->completing && i < FAKE_UDS; i++)
		if (fake->uds[i].alive && fake->uds[i].send_count > 0)
			return true;
	for (size_t i = 0; fake->completing && i < fake->rc_count; i++)
		if (fake->rcs[i]->alive && fake->rcs[i]->send_count > 0)
			return true;
	return false;
}

static void process(void *self, uint64_t now)
{
	struct fake *fake = self;

	(void)now;
	ck_assert(!fake->destroyed);
	for (size_t i = 0; fake->completing && i < FAKE_UDS; i++)
		if (fake->uds[i].alive)
			fake_complete(fake, &fake->uds[i], fake->uds[i].send_count, 0);
	for (size_t i = 0; fake->completing && i < fake->rc_count; i++)
		if (fake->rcs[i]->alive)
			fake_rc_complete(fake, fake->rcs[i], fake->rcs[i]->send_count, 0);
	for (size_t i = 0; fake->answering && i < fake->question_count; i++)
		if (fake->questions[i].open)
			fake_answer(fake, &fake->questions[i], 0);
}

static uint64_t deadline(void *self)
{
	return has_work(self) ? support_now : IPOIB_NEVER;
}

static int next_event(void *self, struct ipoib_transport_event *event)
{
	struct fake *fake = self;

	if (fake->event_count == 0)
		return 0;
	*event = fake->events[0];
	fake->event_count--;
	memmove(fake->events, fake->events + 1, fake->event_count * sizeof(*event));
	return 1;
}

/* A handle says that the memory is ours as well. */
static int memory_add(struct fake *fake, void *address, size_t length, void *handle,
		      struct ipoib_memory_region *region)
{
	if (fake_fails(fake, FAKE_MEMORY_GET))
		return -ENOMEM;
	ck_assert_uint_lt(fake->region_count, FAKE_REGIONS);
	*region = (struct ipoib_memory_region){
		.address = address,
		.length = length,
		.key = ++fake->next_key,
		.handle = handle,
	};
	fake->regions[fake->region_count++] = *region;
	return 0;
}

static int memory_get(void *self, size_t length, struct ipoib_memory_region *region)
{
	void *address = malloc(length);

	ck_assert_ptr_nonnull(address);
	memset(address, 0xee, length);
	int status = memory_add(self, address, length, self, region);
	if (status < 0)
		free(address);
	return status;
}

static int memory_register(void *self, void *address, size_t length,
			   struct ipoib_memory_region *region)
{
	return memory_add(self, address, length, NULL, region);
}

static void memory_put(void *self, const struct ipoib_memory_region *region)
{
	struct fake *fake = self;

	for (size_t i = 0; i < fake->region_count; i++) {
		if (fake->regions[i].key != region->key)
			continue;
		ck_assert_ptr_eq(fake->regions[i].address, region->address);
		if (region->handle != NULL)
			free(region->address);
		fake->regions[i] = fake->regions[--fake->region_count];
		return;
	}
	ck_abort_msg("a region was put back that is not there");
}

static int ah_create(void *self, const struct ipoib_ah_attributes *attributes, void **out)
{
	struct fake *fake = self;
	struct fake_ah *ah;

	if (fake_fails(fake, FAKE_AH_CREATE))
		return -ENOMEM;
	ck_assert_uint_lt(fake->ah_count, FAKE_AHS);
	ah = calloc(1, sizeof(*ah));
	ck_assert_ptr_nonnull(ah);
	ah->attributes = *attributes;
	ah->alive = true;
	fake->ahs[fake->ah_count++] = ah;
	fake->ahs_alive++;
	*out = ah;
	return 0;
}

static void ah_destroy(void *self, void *handle)
{
	struct fake *fake = self;
	struct fake_ah *ah = handle;

	ck_assert(ah->alive);
	ck_assert_msg(ah->posted == 0, "an address handle was destroyed under %u sends (I11)",
		      (unsigned)ah->posted);
	ah->alive = false;
	fake->ahs_alive--;
}

bool fake_has_pkey(const struct fake *fake, uint16_t pkey)
{
	for (uint32_t i = 0; i < fake->port.pkey_count; i++)
		if (((fake->port.pkeys[i] ^ pkey) & 0x7fff) == 0)
			return true;
	return false;
}

static int ask(struct fake *fake, const struct fake_question *question)
{
	ck_assert_uint_lt(fake->question_count, FAKE_QUESTIONS);
	for (size_t i = 0; i < fake->question_count; i++)
		ck_assert_uint_ne(fake->questions[i].id, question->id);
	fake->questions[fake->question_count++] = *question;
	if (fake->at_once)
		fake_answer(fake, &fake->questions[fake->question_count - 1], 0);
	return 0;
}

/* A transport that refuses may wake all the same. */
static bool is_full(const struct fake *fake)
{
	bool full = fake->questions_max > 0 &&
		    fake_open_questions(fake, false) + fake_open_questions(fake, true) >=
			    fake->questions_max;

	if (full)
		ipoib_transport_wake(fake->transport);
	return full;
}

static int path_query(void *self, uint64_t id, const struct ipoib_gid *dgid, uint16_t pkey)
{
	struct fake *fake = self;

	if (fake_fails(fake, FAKE_PATH_QUERY))
		return -EIO;
	if (is_full(fake))
		return -EAGAIN;
	ck_assert(pkey & 0x8000);
	return ask(fake, &(struct fake_question){ .id = id, .open = true, .gid = *dgid });
}

static int multicast_join(void *self, uint64_t id, const struct ipoib_multicast_record *wanted)
{
	struct fake *fake = self;

	if (fake_fails(fake, FAKE_JOIN))
		return -EIO;
	if (is_full(fake))
		return -EAGAIN;
	ck_assert_msg(fake_has_pkey(fake, wanted->pkey),
		      "a join with a P_Key that is not there (I16)");
	if (memcmp(&wanted->mgid, &fake->left_last, sizeof(wanted->mgid)) == 0)
		fake->joins_since_leave++;
	return ask(fake, &(struct fake_question){ .id = id, .open = true, .join = true,
						  .gid = wanted->mgid, .wanted = *wanted });
}

static void multicast_leave(void *self, const struct ipoib_multicast_record *group)
{
	struct fake *fake = self;

	ck_assert_uint_lt(fake->left_count, FAKE_QUESTIONS);
	ck_assert_uint_ne(group->join_state, 0);
	fake->left[fake->left_count++] = *group;
	fake->left_last = group->mgid;
	fake->joins_since_leave = 0;
}

static void cancel(void *self, uint64_t id)
{
	struct fake *fake = self;

	fake->cancelled++;
	for (size_t i = 0; i < fake->question_count; i++)
		if (fake->questions[i].id == id)
			fake->questions[i].open = false;
	for (size_t i = 0; i < fake->event_count; i++)
		if (fake->events[i].id == id && fake->events[i].type < IPOIB_TRANSPORT_RC_REQUEST)
			fake->events[i].type = 0; /* no event with this id follows */
}

const struct ipoib_transport_ops fake_ops = {
	.size = sizeof(fake_ops),
	.destroy = destroy,
	.query_port = query_port,
	.process = process,
	.deadline = deadline,
	.next_event = next_event,
	.memory_get = memory_get,
	.memory_register = memory_register,
	.memory_put = memory_put,
	.ah_create = ah_create,
	.ah_destroy = ah_destroy,
	.ud_create = fake_ud_create,
	.ud_destroy = fake_ud_destroy,
	.ud_set_qkey = fake_ud_set_qkey,
	.ud_attach = fake_ud_attach,
	.ud_detach = fake_ud_detach,
	.ud_post_send = fake_ud_post_send,
	.ud_post_receive = fake_ud_post_receive,
	.ud_poll = fake_ud_poll,
	.ud_arm = fake_ud_arm,
	.rc_listen = fake_rc_listen,
	.rc_connect = fake_rc_connect,
	.rc_accept = fake_rc_accept,
	.rc_reject = fake_rc_reject,
	.rc_destroy = fake_rc_destroy,
	.rc_post_send = fake_rc_post_send,
	.rc_post_receive = fake_rc_post_receive,
	.path_query = path_query,
	.multicast_join = multicast_join,
	.multicast_leave = multicast_leave,
	.cancel = cancel,
};
