/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The attributes that the agent of a switch and that of an adapter have in common. */
#include <string.h>

#include "base/assert.h"
#include "mock/frame.h"
#include "mock/sma.h"

/* What every port here is: 4x wide (and 1x), QDR, one virtual lane, answers within 2^18 * 4 us. */
#define WIDTHS	      3
#define WIDTH_4X      2
#define SPEEDS	      7
#define SPEED_QDR     4
#define ONE_LANE      1
#define RESPONSE_TIME 18

void ipoib__sma_port_info_get(const struct ipoib__sma_link *link,
			      const struct ipoib__sma_address *address, uint8_t by,
			      struct ipoib__smp_port_info *info)
{
	bool up = link->state != IPOIB__SMP_DOWN;

	*info = (struct ipoib__smp_port_info){
		.port = by,
		.width_enabled = WIDTHS,
		.width_supported = WIDTHS,
		.width_active = WIDTH_4X,
		.speed_supported = SPEEDS,
		.state = link->state,
		.physical_state = up ? IPOIB__SMP_LINK_UP : IPOIB__SMP_POLLING,
		.down_default = IPOIB__SMP_POLLING,
		.speed_active = SPEED_QDR,
		.speed_enabled = SPEEDS,
		.mtu = link->mtu,
		.vl_room = ONE_LANE,
		.mtu_room = link->mtu_room,
		.vl_operational = ONE_LANE,
		.response_time = RESPONSE_TIME,
	};
	if (address == NULL)
		return;
	memcpy(info->prefix, address->prefix, sizeof(info->prefix));
	info->lid = address->lid;
	info->sm_lid = address->sm_lid;
	info->sm_sl = address->sm_sl;
	info->guid_room = 1;
	info->subnet_timeout = address->subnet_timeout;
}

/*
 * States that a manager may ask for (IBA 7.2.7): a link that trains again from any, ARMED from INIT
 * and ACTIVE from ARMED; and what it is already, but for ARMED after ACTIVE.
 */
static bool state_may_be(uint8_t now, uint8_t wanted)
{
	switch (wanted) {
	case 0:
		return true;
	case IPOIB__SMP_DOWN:
		return now != IPOIB__SMP_DOWN;
	case IPOIB__SMP_ARMED:
		return now == IPOIB__SMP_INIT || now == IPOIB__SMP_ARMED;
	case IPOIB__SMP_ACTIVE:
		return now == IPOIB__SMP_ARMED || now == IPOIB__SMP_ACTIVE;
	default:
		return false;
	}
}

static bool is_unicast(uint16_t lid)
{
	return lid != 0 && lid < IPOIB__LID_MULTICAST;
}

/* A range of LIDs (LMC) is not to be had: a port here has one. */
static bool address_may_be(const struct ipoib__smp_port_info *info)
{
	return is_unicast(info->lid) && is_unicast(info->sm_lid) && info->lmc == 0 &&
	       info->prefix[0] != 0xff;
}

static void address_take(struct ipoib__sma_address *address,
			 const struct ipoib__smp_port_info *info)
{
	memcpy(address->prefix, info->prefix, sizeof(address->prefix));
	address->lid = info->lid;
	address->sm_lid = info->sm_lid;
	address->sm_sl = info->sm_sl;
	address->subnet_timeout = info->subnet_timeout;
}

uint16_t ipoib__sma_port_info_set(struct ipoib__sma_link *link, struct ipoib__sma_address *address,
				  const struct ipoib__smp_port_info *info, unsigned *todo)
{
	if (!state_may_be(link->state, info->state) || info->mtu > link->mtu_room ||
	    (address != NULL && !address_may_be(info)))
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	/* Nobody here switches a port off: a link polls, or is up. */
	if (info->physical_state != 0 && info->physical_state != IPOIB__SMP_POLLING)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	if (address != NULL) {
		address_take(address, info);
		*todo |= IPOIB__SMA_CHANGED;
		if (info->reregister)
			*todo |= IPOIB__SMA_REREGISTER;
	}
	if (info->mtu != 0)
		link->mtu = info->mtu;
	if (info->state == IPOIB__SMP_DOWN || info->physical_state == IPOIB__SMP_POLLING)
		*todo |= IPOIB__SMA_RETRAIN;
	else if (info->state != 0)
		link->state = info->state;
	return 0;
}

uint16_t ipoib__sma_guid_info(const struct ipoib__sma_address *address, uint32_t block,
			      uint8_t data[IPOIB__SMP_DATA_LENGTH])
{
	if (block != 0)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	memset(data, 0, IPOIB__SMP_DATA_LENGTH);
	memcpy(data, address->guid, sizeof(address->guid));
	return 0;
}

uint16_t ipoib__sma_pkey_table(struct ipoib__sma_address *address, uint32_t block, bool set,
			       uint8_t data[IPOIB__SMP_DATA_LENGTH], unsigned *todo)
{
	struct ipoib__smp_words words;
	int length;

	if (block != 0)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	if (set) {
		length = ipoib__smp_words_decode(&words, data, IPOIB__SMP_DATA_LENGTH);
		ipoib__assert(length == IPOIB__SMP_DATA_LENGTH);
		memcpy(address->pkeys, words.word, address->pkey_room * sizeof(words.word[0]));
		*todo |= IPOIB__SMA_CHANGED;
	}
	memcpy(words.word, address->pkeys, sizeof(words.word));
	length = ipoib__smp_words_encode(data, IPOIB__SMP_DATA_LENGTH, &words);
	ipoib__assert(length == IPOIB__SMP_DATA_LENGTH);
	return 0;
}

void ipoib__sma_description(const char *name, uint8_t data[IPOIB__SMP_DATA_LENGTH])
{
	size_t length = strlen(name);

	memset(data, 0, IPOIB__SMP_DATA_LENGTH);
	memcpy(data, name, length < IPOIB__SMP_DATA_LENGTH ? length : IPOIB__SMP_DATA_LENGTH);
}

/* A trap and its repress are requests that nobody answers. */
bool ipoib__sma_is_request(const struct ipoib__smp *smp)
{
	return (smp->mad.method & IPOIB__MAD_RESPONSE) == 0 && smp->mad.method != IPOIB__SMP_TRAP &&
	       smp->mad.method != IPOIB__SMP_TRAP_REPRESS && smp->mad.method != IPOIB__MAD_SEND;
}

void ipoib__sma_answer(struct ipoib__smp *smp, uint16_t status)
{
	smp->mad.method = IPOIB__MAD_GET_RESPONSE;
	smp->mad.status = status;
	if (smp->mad.management_class == IPOIB__MAD_CLASS_SUBNET_DIRECTED)
		smp->mad.status |= IPOIB__SMP_RETURNS;
}
