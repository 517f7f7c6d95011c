/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The operations of the fake's queue pairs: what may be posted, and what must not be. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "interface/fake.h"

void fake_check_memory(const struct fake *fake, const void *address, size_t length, uint64_t key)
{
	const uint8_t *from = address;

	for (size_t i = 0; i < fake->region_count; i++) {
		const struct ipoib_memory_region *region = &fake->regions[i];
		const uint8_t *start = region->address;

		if (region->key == key && from >= start && from + length <= start + region->length)
			return;
	}
	ck_abort_msg("posted memory is not in the region of its key");
}

int fake_ud_create(void *self, struct ipoib_ud_attributes *attributes, void **out)
{
	struct fake *fake = self;

	if (fake_fails(fake, FAKE_UD_CREATE))
		return -ENOMEM;
	if (!fake_has_pkey(fake, attributes->pkey))
		return -ENOENT;
	ck_assert_uint_le(attributes->send_depth, FAKE_QUEUE);
	ck_assert_uint_le(attributes->receive_depth, FAKE_QUEUE);
	ck_assert_uint_le(attributes->connected_depth, FAKE_QUEUE);
	for (size_t i = 0; i < FAKE_UDS; i++) {
		struct fake_ud *ud = &fake->uds[i];

		if (ud->alive)
			continue;
		memset(ud, 0, sizeof(*ud));
		ud->alive = true;
		attributes->qpn = ++fake->next_qpn;
		ud->attributes = *attributes;
		*out = ud;
		return 0;
	}
	return -ENOMEM;
}

void fake_ud_destroy(void *self, void *handle)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	ck_assert(ud->alive);
	for (size_t i = 0; i < fake->rc_count; i++)
		ck_assert_msg(!fake->rcs[i]->alive || fake->rcs[i]->ud != ud,
			      "a queue pair was destroyed that has connections");
	ck_assert_msg(ud->group_count == 0, "a queue pair was destroyed that is still attached");
	for (size_t i = 0; i < ud->send_count; i++)
		ud->sends[i].ah->posted--;
	for (size_t i = 0; i < ud->completion_count; i++)
		ck_assert_uint_ne(ud->completions[i].cookie, 0);
	ud->alive = false;
}

int fake_ud_set_qkey(void *self, void *handle, uint32_t qkey)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	if (fake_fails(fake, FAKE_SET_QKEY))
		return -EIO;
	ck_assert(ud->alive);
	ud->qkey = qkey;
	return 0;
}

int fake_ud_attach(void *self, void *handle, const struct ipoib_gid *mgid, uint16_t mlid)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	if (fake_fails(fake, FAKE_ATTACH))
		return -ENOMEM;
	ck_assert(ud->alive);
	ck_assert_msg(ud->receive_count > 0 || fake->starving,
		      "attached before receives were posted");
	ck_assert_msg(!fake_attached(ud, mgid), "attached twice");
	ck_assert_uint_lt(ud->group_count, FAKE_GROUPS);
	ud->groups[ud->group_count++] = (struct fake_group){ .mgid = *mgid, .mlid = mlid };
	return 0;
}

void fake_ud_detach(void *self, void *handle, const struct ipoib_gid *mgid, uint16_t mlid)
{
	struct fake_ud *ud = handle;

	(void)self;
	for (size_t i = 0; i < ud->group_count; i++) {
		if (memcmp(&ud->groups[i].mgid, mgid, sizeof(*mgid)) != 0)
			continue;
		ck_assert_uint_eq(ud->groups[i].mlid, mlid);
		ud->groups[i] = ud->groups[--ud->group_count];
		return;
	}
}

static void check_send(const struct fake *fake, const struct fake_ud *ud,
		       const struct ipoib_ud_send *send)
{
	const struct fake_ah *ah = send->ah;

	ck_assert_msg(send->length <= fake->port.mtu && send->length <= fake->group_mtu,
		      "%u octets were posted where %u are allowed (I3)", (unsigned)send->length,
		      (unsigned)fake->port.mtu);
	ck_assert_uint_gt(send->length, 4);
	ck_assert_msg(ah->alive, "a send by a destroyed address handle (I11)");
	ck_assert_uint_lt(ud->send_count, ud->attributes.send_depth);
	ck_assert_uint_le(send->remote_qpn, 0xffffff);
	fake_check_memory(fake, send->address, send->length, send->key);
}

int fake_ud_post_send(void *self, void *handle, const struct ipoib_ud_send *sends, size_t count)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	if (fake_fails(fake, FAKE_POST_SEND))
		return -EIO;
	ck_assert(ud->alive);
	for (size_t i = 0; i < count; i++) {
		check_send(fake, ud, &sends[i]);
		ud->sends[ud->send_count++] = (struct fake_work){
			.cookie = sends[i].cookie,
			.address = (uint8_t *)(uintptr_t)sends[i].address,
			.length = sends[i].length,
			.remote_qpn = sends[i].remote_qpn,
			.qkey = sends[i].remote_qkey,
			.ah = sends[i].ah,
		};
		ud->sends[ud->send_count - 1].ah->posted++;
	}
	return (int)count;
}

int fake_ud_post_receive(void *self, void *handle, const struct ipoib_ud_receive *receives,
			   size_t count)
{
	struct fake *fake = self;
	struct fake_ud *ud = handle;

	if (fake_fails(fake, FAKE_POST_RECEIVE))
		return -EIO;
	ck_assert(ud->alive);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(ud->receive_count, ud->attributes.receive_depth);
		ck_assert_uint_ge(receives[i].length, IPOIB_GRH_LENGTH + 4096u);
		fake_check_memory(fake, receives[i].address, receives[i].length, receives[i].key);
		ud->receives[ud->receive_count++] = (struct fake_work){
			.cookie = receives[i].cookie,
			.address = receives[i].address,
			.length = receives[i].length,
		};
	}
	return (int)count;
}

int fake_ud_poll(void *self, void *handle, struct ipoib_ud_completion *completions, size_t count)
{
	struct fake_ud *ud = handle;
	size_t n = count < ud->completion_count ? count : ud->completion_count;

	(void)self;
	ck_assert(ud->alive);
	memcpy(completions, ud->completions, n * sizeof(*completions));
	ud->completion_count -= n;
	memmove(ud->completions, ud->completions + n,
		ud->completion_count * sizeof(*completions));
	return (int)n;
}

int fake_ud_arm(void *self, void *handle)
{
	struct fake_ud *ud = handle;

	(void)self;
	ud->armed = true;
	return ud->completion_count > 0;
}
