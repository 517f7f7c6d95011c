/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "sa/question.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "wire/ib_units.h"
#include "wire/mgid.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"

/* What the Linux kernel's IPoIB asks with; NUMB_PATH says that one record is enough. */
#define PATH_MASK                                                                                  \
	(IPOIB__PATH_DGID | IPOIB__PATH_SGID | IPOIB__PATH_TRAFFIC_CLASS | IPOIB__PATH_NUMB_PATH | \
	 IPOIB__PATH_PKEY)
/* 0x10083: the group must exist. */
#define JOIN_MASK                                                                                  \
	(IPOIB__MCMEMBER_MGID | IPOIB__MCMEMBER_PORT_GID | IPOIB__MCMEMBER_PKEY |                  \
	 IPOIB__MCMEMBER_JOIN_STATE)
/* 0x173f7: all that a group is made of. Lifetime and scope are the SA's to choose. */
#define CREATE_MASK                                                                                \
	(JOIN_MASK | IPOIB__MCMEMBER_QKEY | IPOIB__MCMEMBER_MTU_SELECTOR | IPOIB__MCMEMBER_MTU |   \
	 IPOIB__MCMEMBER_TRAFFIC_CLASS | IPOIB__MCMEMBER_RATE_SELECTOR | IPOIB__MCMEMBER_RATE |    \
	 IPOIB__MCMEMBER_SL | IPOIB__MCMEMBER_FLOW_LABEL | IPOIB__MCMEMBER_HOP_LIMIT)

/* Unicast LIDs end, and multicast LIDs begin, here; 0xffff is the permissive LID. */
#define MLID_FIRST 0xc000
#define MLID_LAST  0xfffe
/* A P_Key without its membership bit. */
#define PKEY_PARTITION 0x7fff

static bool gid_equal(const struct ipoib_gid *a, const struct ipoib_gid *b)
{
	return memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

static bool same_partition(uint16_t a, uint16_t b)
{
	return (a & PKEY_PARTITION) == (b & PKEY_PARTITION);
}

/* ---- the question ---- */

static int path_data(const struct ipoib__sa_question *question, uint8_t *data)
{
	const struct ipoib_path_record *wanted = &question->event.path;
	struct ipoib__sa_path path = {
		.dgid = wanted->dgid,
		.sgid = wanted->sgid,
		.pkey = wanted->pkey,
		.numb_path = 1,
	};

	return ipoib__sa_path_encode(data, IPOIB__SA_DATA_LENGTH, &path);
}

static int group_data(const struct ipoib__sa_question *question, uint8_t *data)
{
	const struct ipoib_multicast_record *wanted = &question->event.multicast;
	struct ipoib__sa_mcmember member = {
		.mgid = wanted->mgid,
		.port_gid = question->port_gid,
		.pkey = wanted->pkey,
		.join_state = wanted->join_state & 0xf,
	};

	if (wanted->create) {
		member.qkey = wanted->qkey;
		member.mtu_selector = IPOIB__SA_EXACTLY;
		member.mtu = ipoib__mtu_from_octets(wanted->mtu);
		member.rate_selector = IPOIB__SA_EXACTLY;
		member.rate = wanted->rate & 0x3f;
		member.traffic_class = wanted->traffic_class;
		member.sl = wanted->sl & 0xf;
		member.flow_label = wanted->flow_label & 0xfffff;
		member.hop_limit = wanted->hop_limit;
	}
	return ipoib__sa_mcmember_encode(data, IPOIB__SA_DATA_LENGTH, &member);
}

void ipoib__sa_question_encode(const struct ipoib__sa_question *question,
			       uint8_t mad[IPOIB__MAD_LENGTH])
{
	struct ipoib__sa sa = { .mad = { .transaction = question->transaction } };
	uint8_t data[IPOIB__SA_DATA_LENGTH] = { 0 };
	int length = 0;

	switch (question->kind) {
	case IPOIB__SA_KIND_PATH:
		sa.mad.method = IPOIB__MAD_GET;
		sa.mad.attribute = IPOIB__SA_PATH_RECORD;
		sa.component_mask = PATH_MASK;
		length = path_data(question, data);
		break;
	case IPOIB__SA_KIND_JOIN:
		sa.mad.method = IPOIB__MAD_SET;
		sa.mad.attribute = IPOIB__SA_MCMEMBER_RECORD;
		sa.component_mask = question->event.multicast.create ? CREATE_MASK : JOIN_MASK;
		length = group_data(question, data);
		break;
	case IPOIB__SA_KIND_LEAVE:
		sa.mad.method = IPOIB__MAD_DELETE;
		sa.mad.attribute = IPOIB__SA_MCMEMBER_RECORD;
		sa.component_mask = JOIN_MASK;
		length = group_data(question, data);
		break;
	}
	ipoib__assert(length > 0);
	length = ipoib__sa_encode(mad, IPOIB__MAD_LENGTH, &sa, data, (size_t)length);
	ipoib__assert(length == IPOIB__MAD_LENGTH);
}

/* ---- the answer ---- */

bool ipoib__sa_question_matches(const struct ipoib__sa_question *question,
				const struct ipoib__sa *response)
{
	uint16_t attribute = IPOIB__SA_MCMEMBER_RECORD;
	uint8_t method = IPOIB__MAD_GET_RESPONSE;

	if (question->kind == IPOIB__SA_KIND_PATH)
		attribute = IPOIB__SA_PATH_RECORD;
	if (question->kind == IPOIB__SA_KIND_LEAVE)
		method = IPOIB__MAD_DELETE_RESPONSE;

	/* The high half of the transaction ID is the kernel's where a kernel stands between. */
	return response->mad.method == method && response->mad.attribute == attribute &&
	       (uint32_t)response->mad.transaction == question->transaction;
}

/*
 * What OpenSM says, in the words of the transport contract. To a send-only non-member that asks
 * for a group that does not exist it says "request invalid", as it does to a stranger; the P_Key
 * stands in every MGID of ours, so the first is what is meant.
 */
static int status_error(const struct ipoib__sa_question *question, uint16_t status)
{
	bool must_exist = question->kind == IPOIB__SA_KIND_JOIN &&
			  question->event.multicast.join_state == IPOIB_JOIN_SEND_ONLY_NON_MEMBER;

	if (status & IPOIB__MAD_STATUS_BUSY)
		return -EBUSY;
	switch (status & IPOIB__MAD_STATUS_CLASS) {
	case IPOIB__SA_NO_RECORDS:
	case IPOIB__SA_INSUFFICIENT_COMPONENTS: /* too few to create a group: there is none */
		return -ENOENT;
	case IPOIB__SA_INVALID_GID:
		return question->kind == IPOIB__SA_KIND_PATH ? -ENOENT : -EACCES;
	case IPOIB__SA_NO_RESOURCES: /* it may have some later */
		return -EBUSY;
	case IPOIB__SA_REQUEST_INVALID:
		return must_exist ? -ENOENT : -EACCES;
	case IPOIB__SA_DENIED:
		return -EACCES;
	default:
		return -EPROTO;
	}
}

static int path_answer(struct ipoib__sa_question *question, const void *data, size_t length)
{
	struct ipoib_path_record *out = &question->event.path;
	struct ipoib__sa_path path;

	if (ipoib__sa_path_decode(&path, data, length) < 0)
		return -EPROTO;
	/* I36: a record for another destination must not stand for the one that was asked for. */
	if (!gid_equal(&path.dgid, &out->dgid) || !gid_equal(&path.sgid, &out->sgid) ||
	    !same_partition(path.pkey, out->pkey))
		return -EPROTO;
	if (path.dlid == 0 || path.dlid > MLID_LAST || ipoib__mtu_of_record(path.mtu) == 0)
		return -EPROTO;

	out->dlid = path.dlid;
	out->slid = path.slid;
	out->pkey = path.pkey;
	out->sl = path.sl;
	out->rate = path.rate;
	out->hop_limit = path.hop_limit;
	out->traffic_class = path.traffic_class;
	out->packet_life = path.life;
	out->flow_label = path.flow_label;
	out->mtu = ipoib__mtu_of_record(path.mtu);
	return 0;
}

static int join_answer(struct ipoib__sa_question *question, const void *data, size_t length)
{
	struct ipoib_multicast_record *out = &question->event.multicast;
	struct ipoib__sa_mcmember member;

	if (ipoib__sa_mcmember_decode(&member, data, length) < 0)
		return -EPROTO;
	if (!gid_equal(&member.mgid, &out->mgid) ||
	    !gid_equal(&member.port_gid, &question->port_gid) ||
	    !same_partition(member.pkey, out->pkey))
		return -EPROTO;
	if (member.mlid < MLID_FIRST || member.mlid > MLID_LAST ||
	    ipoib__mtu_of_record(member.mtu) == 0)
		return -EPROTO;

	/* join_state stays what was asked: the record tells every state that the port has. */
	out->qkey = member.qkey;
	out->mtu = ipoib__mtu_of_record(member.mtu);
	out->flow_label = member.flow_label;
	out->mlid = member.mlid;
	out->pkey = member.pkey;
	out->sl = member.sl;
	out->rate = member.rate;
	out->traffic_class = member.traffic_class;
	out->hop_limit = member.hop_limit;
	out->packet_life = member.life;
	/* The MGID has it; of a group that a port has made OpenSM says 0. */
	out->scope = ipoib__mgid_scope(&member.mgid);
	return 0;
}

void ipoib__sa_question_answer(struct ipoib__sa_question *question,
			       const struct ipoib__sa *response, const void *data, size_t length)
{
	int status;

	if (response->mad.status != 0)
		status = status_error(question, response->mad.status);
	else if (question->kind == IPOIB__SA_KIND_PATH)
		status = path_answer(question, data, length);
	else if (question->kind == IPOIB__SA_KIND_JOIN)
		status = join_answer(question, data, length);
	else
		status = 0;
	question->event.status = status;
}
