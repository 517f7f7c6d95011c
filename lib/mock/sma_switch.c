/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The agent of the switch. */
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "mock/sma.h"

#define NAME	  "libipoib fabric"
#define LIFE_TIME 18
/* Entries of a block. */
#define LINEAR_BLOCK	IPOIB__SMP_DATA_LENGTH
#define MULTICAST_BLOCK IPOIB__SMP_BLOCK_WORDS
/* Of a modifier: which port, in two forms; which block; which 16 ports of a multicast row. */
#define PORT_MASK	0xff
#define BLOCK_MASK	0xffff
#define ROWS_MASK	0x1ff
#define POSITION_SHIFT	28
#define TABLE_PORT_SHIFT 16

void ipoib__sma_switch_init(struct ipoib__sma_switch *sw, const uint8_t *guid,
			    const uint8_t *prefix, uint8_t port_count, uint8_t mtu_room)
{
	ipoib__assert(port_count <= IPOIB__SMA_PORTS_MAX);
	memset(sw, 0, sizeof(*sw));
	memcpy(sw->address.guid, guid, sizeof(sw->address.guid));
	memcpy(sw->address.prefix, prefix, sizeof(sw->address.prefix));
	sw->address.pkey_room = IPOIB__SMA_PKEYS;
	sw->address.pkeys[0] = 0xffff;
	sw->port_count = port_count;
	for (unsigned i = 0; i <= port_count; i++)
		sw->links[i] = (struct ipoib__sma_link){ .state = IPOIB__SMP_DOWN,
							 .mtu = mtu_room,
							 .mtu_room = mtu_room };
	sw->links[0].state = IPOIB__SMP_ACTIVE; /* it leads nowhere, and is always up */
	sw->life_time = LIFE_TIME;
	memset(sw->linear, IPOIB__SMA_NO_PORT, sizeof(sw->linear));
}

void ipoib__sma_link_set(struct ipoib__sma_switch *sw, uint8_t port, bool up)
{
	struct ipoib__sma_link *link = &sw->links[port];

	ipoib__assert(port >= 1 && port <= sw->port_count);
	link->state = up ? IPOIB__SMP_INIT : IPOIB__SMP_DOWN;
	link->mtu = link->mtu_room;
	sw->changed = true;
}

/* ---- attributes ---- */

static void node_info(const struct ipoib__sma_switch *sw, uint8_t from,
		      uint8_t data[IPOIB__SMP_DATA_LENGTH])
{
	struct ipoib__smp_node_info info = {
		.base_version = IPOIB__MAD_BASE_VERSION,
		.class_version = IPOIB__SMP_CLASS_VERSION,
		.type = IPOIB__SMP_NODE_SWITCH,
		.port_count = sw->port_count,
		.pkey_room = sw->address.pkey_room,
		.port = from,
	};
	int length;

	memcpy(info.system_guid, sw->address.guid, sizeof(info.system_guid));
	memcpy(info.node_guid, sw->address.guid, sizeof(info.node_guid));
	memcpy(info.port_guid, sw->address.guid, sizeof(info.port_guid));
	memset(data, 0, IPOIB__SMP_DATA_LENGTH);
	length = ipoib__smp_node_info_encode(data, IPOIB__SMP_DATA_LENGTH, &info);
	ipoib__assert(length > 0);
}

static uint16_t switch_info(struct ipoib__sma_switch *sw, uint8_t data[IPOIB__SMP_DATA_LENGTH],
			    bool set)
{
	struct ipoib__smp_switch_info info;
	int length = ipoib__smp_switch_info_decode(&info, data, IPOIB__SMP_DATA_LENGTH);

	ipoib__assert(length > 0);
	if (set) {
		sw->linear_top = info.linear_top;
		sw->multicast_top = info.multicast_top;
		sw->default_ports[0] = info.default_port;
		sw->default_ports[1] = info.default_multicast_primary;
		sw->default_ports[2] = info.default_multicast_other;
		sw->life_time = info.life_time;
		if (info.port_changed)
			sw->changed = false;
	}
	info = (struct ipoib__smp_switch_info){
		.linear_room = IPOIB__SMA_LINEAR,
		.multicast_room = IPOIB__SMA_MULTICAST,
		.linear_top = sw->linear_top,
		.default_port = sw->default_ports[0],
		.default_multicast_primary = sw->default_ports[1],
		.default_multicast_other = sw->default_ports[2],
		.life_time = sw->life_time,
		.port_changed = sw->changed,
		.multicast_top = sw->multicast_top,
	};
	memset(data, 0, IPOIB__SMP_DATA_LENGTH);
	length = ipoib__smp_switch_info_encode(data, IPOIB__SMP_DATA_LENGTH, &info);
	ipoib__assert(length > 0);
	return 0;
}

static uint16_t port_info(struct ipoib__sma_switch *sw, struct ipoib__smp *smp, uint8_t from,
			  struct ipoib__sma_result *result)
{
	uint32_t port = smp->mad.modifier & PORT_MASK;
	struct ipoib__sma_address *address = port == 0 ? &sw->address : NULL;
	struct ipoib__smp_port_info info;
	uint16_t status = 0;
	int length;

	if (port > sw->port_count)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	if (smp->mad.method == IPOIB__MAD_SET) {
		length = ipoib__smp_port_info_decode(&info, smp->data, sizeof(smp->data));
		ipoib__assert(length > 0);
		status = ipoib__sma_port_info_set(&sw->links[port], address, &info, &result->todo);
		result->port = (uint8_t)port;
	}
	ipoib__sma_port_info_get(&sw->links[port], address, from, &info);
	if (port == 0)
		info.capability_mask = IPOIB__SMP_CAPABILITY_TRAP;
	length = ipoib__smp_port_info_encode(smp->data, sizeof(smp->data), &info);
	ipoib__assert(length > 0);
	return status;
}

static uint16_t linear_table(struct ipoib__sma_switch *sw, struct ipoib__smp *smp, bool set)
{
	uint32_t first = (smp->mad.modifier & BLOCK_MASK) * LINEAR_BLOCK;

	if (first >= IPOIB__SMA_LINEAR)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	if (set)
		memcpy(&sw->linear[first], smp->data, LINEAR_BLOCK);
	memcpy(smp->data, &sw->linear[first], LINEAR_BLOCK);
	return 0;
}

static uint16_t multicast_table(struct ipoib__sma_switch *sw, struct ipoib__smp *smp, bool set)
{
	uint32_t first = (smp->mad.modifier & ROWS_MASK) * MULTICAST_BLOCK;
	uint32_t position = smp->mad.modifier >> POSITION_SHIFT;
	struct ipoib__smp_words words;
	int length = ipoib__smp_words_decode(&words, smp->data, sizeof(smp->data));

	ipoib__assert(length > 0);
	if (first >= IPOIB__SMA_MULTICAST)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	for (uint32_t i = 0; i < MULTICAST_BLOCK; i++) {
		if (set)
			sw->multicast[first + i][position] = words.word[i];
		words.word[i] = sw->multicast[first + i][position];
	}
	length = ipoib__smp_words_encode(smp->data, sizeof(smp->data), &words);
	ipoib__assert(length > 0);
	return 0;
}

/* Outer ports check no P_Keys: their tables are empty and stay so. */
static uint16_t pkey_table(struct ipoib__sma_switch *sw, struct ipoib__smp *smp, bool set,
			   unsigned *todo)
{
	uint32_t port = smp->mad.modifier >> TABLE_PORT_SHIFT;

	if (port > sw->port_count)
		return IPOIB__MAD_STATUS_INVALID_FIELD;
	if (port == 0)
		return ipoib__sma_pkey_table(&sw->address, smp->mad.modifier & BLOCK_MASK, set,
					     smp->data, todo);
	memset(smp->data, 0, sizeof(smp->data));
	return 0;
}

static uint16_t attribute(struct ipoib__sma_switch *sw, struct ipoib__smp *smp, uint8_t from,
			  struct ipoib__sma_result *result)
{
	bool set = smp->mad.method == IPOIB__MAD_SET;

	switch (smp->mad.attribute) {
	case IPOIB__SMP_NODE_DESCRIPTION:
		ipoib__sma_description(NAME, smp->data);
		break;
	case IPOIB__SMP_NODE_INFO:
		node_info(sw, from, smp->data);
		break;
	case IPOIB__SMP_SWITCH_INFO:
		return switch_info(sw, smp->data, set);
	case IPOIB__SMP_GUID_INFO:
		return ipoib__sma_guid_info(&sw->address, smp->mad.modifier, smp->data);
	case IPOIB__SMP_PORT_INFO:
		return port_info(sw, smp, from, result);
	case IPOIB__SMP_PKEY_TABLE:
		return pkey_table(sw, smp, set, &result->todo);
	case IPOIB__SMP_SL_TO_VL: /* one lane, as on an adapter */
	case IPOIB__SMP_VL_ARBITRATION:
		memset(smp->data, 0, sizeof(smp->data));
		return 0;
	case IPOIB__SMP_LINEAR_TABLE:
		return linear_table(sw, smp, set);
	case IPOIB__SMP_MULTICAST_TABLE:
		return multicast_table(sw, smp, set);
	default:
		return IPOIB__MAD_STATUS_METHOD_ATTRIBUTE_UNSUPPORTED;
	}
	return set ? IPOIB__MAD_STATUS_METHOD_ATTRIBUTE_UNSUPPORTED : 0;
}

/* ---- requests and traps ---- */

struct ipoib__sma_result ipoib__sma_switch(struct ipoib__sma_switch *sw, struct ipoib__smp *smp,
					   uint8_t from)
{
	struct ipoib__sma_result result = { .answers = ipoib__sma_is_request(smp) };
	uint16_t status = IPOIB__MAD_STATUS_METHOD_UNSUPPORTED;

	if (smp->mad.method == IPOIB__SMP_TRAP_REPRESS)
		result.todo = IPOIB__SMA_REPRESSED;
	if (!result.answers)
		return result;
	if (smp->mad.method == IPOIB__MAD_GET || smp->mad.method == IPOIB__MAD_SET)
		status = attribute(sw, smp, from, &result);
	ipoib__sma_answer(smp, status);
	return result;
}

bool ipoib__sma_trap(const struct ipoib__sma_switch *sw, uint64_t transaction,
		     struct ipoib__smp *smp)
{
	struct ipoib__smp_notice notice = {
		.generic = 1,
		.type = IPOIB__SMP_NOTICE_URGENT,
		.producer = IPOIB__SMP_PRODUCER_SWITCH,
		.number = IPOIB__SMP_TRAP_LINK_STATE,
		.issuer_lid = sw->address.lid,
	};
	struct ipoib__writer details;
	int length;

	if (sw->address.lid == 0 || sw->address.sm_lid == 0)
		return false;
	ipoib__writer_init(&details, notice.details, sizeof(notice.details));
	ipoib__write_u16(&details, sw->address.lid);
	*smp = (struct ipoib__smp){
		.mad = {
			.management_class = IPOIB__MAD_CLASS_SUBNET_LID,
			.method = IPOIB__SMP_TRAP,
			.transaction = transaction,
			.attribute = IPOIB__SMP_NOTICE,
		},
	};
	length = ipoib__smp_notice_encode(smp->data, sizeof(smp->data), &notice);
	ipoib__assert(length > 0);
	return true;
}
