/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The subnet administrator: MADs in, MADs out. It answers as OpenSM does, its silences included:
 * a method or attribute that it does not know gets no answer. It is a full member of every
 * partition.
 */
#include <string.h>

#include "base/assert.h"
#include "mock/fabric.h"
#include "mock/fabric_sa.h"
#include "wire/mad.h"
#include "wire/mgid.h"
#include "wire/sa.h"
#include "wire/sa_class_port_info.h"

/* What OpenSM announces: services and multicast are there; 2^16 * 4.096 us to answer. */
#define CAPABILITY_MASK 0x2602
#define RESPONSE_TIME	16

static void class_port_info(struct ipoib__sa_reply *reply)
{
	struct ipoib__sa_class_port_info info = {
		.base_version = IPOIB__MAD_BASE_VERSION,
		.class_version = IPOIB__SA_CLASS_VERSION,
		.capability_mask = CAPABILITY_MASK,
		.capability_mask2 = IPOIB__SA_CAPABILITY2_SEND_ONLY_FULL_MEMBER,
		.response_time = RESPONSE_TIME,
		/* Nobody is sent elsewhere: these are where it is. */
		.redirect_qpn = IPOIB__QPN_SERVICES,
		.redirect_qkey = IPOIB__QKEY_SERVICES,
	};
	int length = ipoib__sa_class_port_info_encode(reply->data, sizeof(reply->data), &info);

	ipoib__assert(length > 0);
	reply->length = (size_t)length;
}

/* A subscription to traps is accepted as it stands; no traps are sent. */
static void inform_info(struct ipoib__sa_reply *reply, const struct ipoib__sa_request *request)
{
	memcpy(reply->data, request->data, sizeof(reply->data));
	reply->length = sizeof(reply->data);
}

/* false: no answer. */
static bool answer(struct ipoib_fabric *fabric, const struct ipoib__sa_request *request,
		   struct ipoib__sa_reply *reply)
{
	uint8_t method = request->sa.mad.method;

	switch (request->sa.mad.attribute) {
	case IPOIB__SA_CLASS_PORT_INFO:
		if (method != IPOIB__MAD_GET)
			return false;
		class_port_info(reply);
		return true;
	case IPOIB__SA_INFORM_INFO:
		if (method != IPOIB__MAD_SET)
			return false;
		inform_info(reply, request);
		return true;
	case IPOIB__SA_SERVICE_RECORD: /* there are none, and none can be made */
		if (method != IPOIB__MAD_GET)
			return false;
		reply->status = IPOIB__SA_NO_RECORDS;
		return true;
	case IPOIB__SA_PATH_RECORD:
		if (method != IPOIB__MAD_GET)
			return false;
		ipoib__fabric_sa_path(fabric, request, reply);
		return true;
	case IPOIB__SA_MCMEMBER_RECORD:
		if (method == IPOIB__MAD_GET)
			ipoib__fabric_sa_group_get(fabric, request, reply);
		else if (method == IPOIB__MAD_SET)
			ipoib__fabric_sa_group_join(fabric, request, reply);
		else if (method == IPOIB__MAD_DELETE)
			ipoib__fabric_sa_group_leave(fabric, request, reply);
		else
			return false;
		return true;
	default:
		return false;
	}
}

static void send_reply(struct ipoib_fabric *fabric, const struct ipoib__frame *to,
		       const struct ipoib__sa_request *request, const struct ipoib__sa_reply *reply)
{
	uint8_t mad[IPOIB__MAD_LENGTH];
	struct ipoib__sa sa = request->sa;
	struct ipoib__frame frame = {
		.operation = IPOIB__FRAME_UD,
		.slid = fabric->sm_lid,
		.dlid = to->slid,
		.sqpn = IPOIB__QPN_SERVICES,
		.dqpn = to->sqpn,
		.qkey = IPOIB__QKEY_SERVICES,
		.pkey = to->pkey | IPOIB__PKEY_FULL_MEMBER,
		.sl = to->sl,
		.length = IPOIB__MAD_LENGTH,
	};

	sa.mad.method = IPOIB__MAD_GET_RESPONSE;
	if (request->sa.mad.method == IPOIB__MAD_DELETE)
		sa.mad.method = IPOIB__MAD_DELETE_RESPONSE;
	sa.mad.status = reply->status;
	sa.rmpp = (struct ipoib__rmpp){ 0 };
	int length = ipoib__sa_encode(mad, sizeof(mad), &sa, reply->data,
				      reply->status == 0 ? reply->length : 0);
	ipoib__assert(length == IPOIB__MAD_LENGTH);
	ipoib__fabric_input(fabric, IPOIB__FABRIC_SM, &frame, mad);
}

/* A request, and nothing else: whole, of a version that we know, to the services' queue pair. */
static bool request_read(struct ipoib__sa_request *request, const struct ipoib__frame *frame,
			 const void *payload)
{
	const uint8_t *bytes = payload;

	if (frame->operation != IPOIB__FRAME_UD || frame->dqpn != IPOIB__QPN_SERVICES ||
	    (frame->pkey & ~IPOIB__PKEY_FULL_MEMBER) == 0 ||
	    frame->qkey != IPOIB__QKEY_SERVICES || frame->length != IPOIB__MAD_LENGTH)
		return false;
	if (ipoib__sa_decode(&request->sa, bytes, frame->length) != IPOIB__SA_HEADER_LENGTH)
		return false;
	request->data = bytes + IPOIB__SA_HEADER_LENGTH;
	return (request->sa.mad.method & IPOIB__MAD_RESPONSE) == 0;
}

void ipoib__fabric_sa(struct ipoib_fabric *fabric, const struct ipoib__frame *frame,
		      const void *payload)
{
	struct ipoib__sa_request request;
	struct ipoib__sa_reply reply = { .status = 0 };

	request.from = ipoib__fabric_port_by_lid(fabric, frame->slid);
	if (fabric->sm_dead || request.from == NULL || !request_read(&request, frame, payload))
		return;
	fabric->statistics.mads++;
	if (request.from->faults.sa_silent)
		return;
	if (request.from->faults.sa_busy)
		reply.status = IPOIB__MAD_STATUS_BUSY;
	else if (!answer(fabric, &request, &reply))
		return;
	send_reply(fabric, frame, &request, &reply);
}
