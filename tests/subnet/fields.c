/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "subnet/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum field_type { GID, LID, U8, U16, U32, U64, BOOL };

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
};

#define FIELD(record, name, type)                                                                  \
	{                                                                                          \
		#name, type, offsetof(struct ipoib__sa_##record, name)                             \
	}

static const struct field path_fields[] = {
	FIELD(path, service_id, U64),
	FIELD(path, dgid, GID),
	FIELD(path, sgid, GID),
	FIELD(path, dlid, LID),
	FIELD(path, slid, LID),
	FIELD(path, raw_traffic, BOOL),
	FIELD(path, flow_label, U32),
	FIELD(path, hop_limit, U8),
	FIELD(path, traffic_class, U8),
	FIELD(path, reversible, BOOL),
	FIELD(path, numb_path, U8),
	FIELD(path, pkey, U16),
	FIELD(path, qos_class, U16),
	FIELD(path, sl, U8),
	FIELD(path, mtu_selector, U8),
	FIELD(path, mtu, U8),
	FIELD(path, rate_selector, U8),
	FIELD(path, rate, U8),
	FIELD(path, life_selector, U8),
	FIELD(path, life, U8),
	FIELD(path, preference, U8),
	{ NULL, U8, 0 },
};

static const struct field member_fields[] = {
	FIELD(mcmember, mgid, GID),
	FIELD(mcmember, port_gid, GID),
	FIELD(mcmember, qkey, U32),
	FIELD(mcmember, mlid, LID),
	FIELD(mcmember, mtu_selector, U8),
	FIELD(mcmember, mtu, U8),
	FIELD(mcmember, traffic_class, U8),
	FIELD(mcmember, pkey, U16),
	FIELD(mcmember, rate_selector, U8),
	FIELD(mcmember, rate, U8),
	FIELD(mcmember, life_selector, U8),
	FIELD(mcmember, life, U8),
	FIELD(mcmember, sl, U8),
	FIELD(mcmember, flow_label, U32),
	FIELD(mcmember, hop_limit, U8),
	FIELD(mcmember, scope, U8),
	FIELD(mcmember, join_state, U8),
	FIELD(mcmember, proxy_join, BOOL),
	{ NULL, U8, 0 },
};

static const struct field info_fields[] = {
	FIELD(class_port_info, base_version, U8),
	FIELD(class_port_info, class_version, U8),
	FIELD(class_port_info, capability_mask, U16),
	FIELD(class_port_info, capability_mask2, U32),
	FIELD(class_port_info, response_time, U8),
	FIELD(class_port_info, redirect_gid, GID),
	FIELD(class_port_info, redirect_traffic_class, U8),
	FIELD(class_port_info, redirect_sl, U8),
	FIELD(class_port_info, redirect_flow_label, U32),
	FIELD(class_port_info, redirect_lid, LID),
	FIELD(class_port_info, redirect_pkey, U16),
	FIELD(class_port_info, redirect_qpn, U32),
	FIELD(class_port_info, redirect_qkey, U32),
	{ NULL, U8, 0 },
};

/* ---- the kinds ---- */

static int path_encode(void *bytes, size_t room, const union record *record)
{
	return ipoib__sa_path_encode(bytes, room, &record->path);
}

static int path_decode(union record *record, const void *bytes, size_t length)
{
	return ipoib__sa_path_decode(&record->path, bytes, length);
}

static int member_encode(void *bytes, size_t room, const union record *record)
{
	return ipoib__sa_mcmember_encode(bytes, room, &record->member);
}

static int member_decode(union record *record, const void *bytes, size_t length)
{
	return ipoib__sa_mcmember_decode(&record->member, bytes, length);
}

static int info_encode(void *bytes, size_t room, const union record *record)
{
	return ipoib__sa_class_port_info_encode(bytes, room, &record->info);
}

static int info_decode(union record *record, const void *bytes, size_t length)
{
	return ipoib__sa_class_port_info_decode(&record->info, bytes, length);
}

static const struct record_kind kinds[] = {
	{ "path", IPOIB__SA_PATH_RECORD, path_fields, path_encode, path_decode },
	{ "member", IPOIB__SA_MCMEMBER_RECORD, member_fields, member_encode, member_decode },
	{ "info", IPOIB__SA_CLASS_PORT_INFO, info_fields, info_encode, info_decode },
	/* Whatever it is, an SA that knows it not at all is asked for it: no fields. */
	{ "service", IPOIB__SA_SERVICE_RECORD, NULL, NULL, NULL },
	{ "unknown", 0x7777, NULL, NULL, NULL },
};

const struct record_kind *record_kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- reading ---- */

/* "host2", as an index. */
static bool host_index(unsigned *index, const char *text)
{
	if (strncmp(text, "host", 4) != 0 || text[4] < '1' || text[4] > '0' + ANSWERS_HOSTS ||
	    text[5] != '\0')
		return false;
	*index = (unsigned)(text[4] - '1');
	return true;
}

static bool set_gid(struct ipoib_gid *gid, const char *text, const struct answerer *answerer)
{
	struct ipoib_ip ip;
	unsigned host;

	if (host_index(&host, text)) {
		*gid = answerer->gid[host];
		return true;
	}
	if (ipoib_ip_parse(&ip, text) < 0 || ip.family != IPOIB_IPV6)
		return false;
	memcpy(gid->raw, ip.raw, sizeof(gid->raw));
	return true;
}

static bool set_number(void *at, enum field_type type, uint64_t number)
{
	uint8_t u8 = (uint8_t)number;
	uint16_t u16 = (uint16_t)number;
	uint32_t u32 = (uint32_t)number;
	bool truth = number != 0;

	switch (type) {
	case U8:
		memcpy(at, &u8, sizeof(u8));
		return u8 == number;
	case LID:
	case U16:
		memcpy(at, &u16, sizeof(u16));
		return u16 == number;
	case U32:
		memcpy(at, &u32, sizeof(u32));
		return u32 == number;
	case U64:
		memcpy(at, &number, sizeof(number));
		return true;
	case BOOL:
		memcpy(at, &truth, sizeof(truth));
		return number <= 1;
	default:
		return false;
	}
}

bool record_set(const struct record_kind *kind, union record *record, const char *assignment,
		const struct answerer *answerer)
{
	size_t length = strcspn(assignment, "=");
	const char *value = assignment + length + 1;
	const struct field *field = kind->fields;
	unsigned host;
	char *end;

	if (field == NULL || assignment[length] == '\0')
		return false;
	while (field->name != NULL &&
	       (strncmp(field->name, assignment, length) != 0 || field->name[length] != '\0'))
		field++;
	if (field->name == NULL)
		return false;

	void *at = (uint8_t *)record + field->offset;
	if (field->type == GID)
		return set_gid(at, value, answerer);
	if (field->type == LID && host_index(&host, value))
		return set_number(at, LID, answerer->lid[host]);
	uint64_t number = strtoull(value, &end, 0);
	return end != value && *end == '\0' && set_number(at, field->type, number);
}

/* ---- printing ---- */

static void print_gid(const struct ipoib_gid *gid, const struct answerer *answerer)
{
	char text[IPOIB_IP_TEXT];

	for (unsigned i = 0; i < ANSWERS_HOSTS; i++) {
		if (memcmp(gid, &answerer->gid[i], sizeof(*gid)) == 0) {
			printf("host%u\n", i + 1);
			return;
		}
	}
	printf("%s\n", ipoib_gid_format(gid, text));
}

static void print_lid(uint16_t lid, const struct answerer *answerer)
{
	for (unsigned i = 0; i < ANSWERS_HOSTS; i++) {
		if (lid == answerer->lid[i]) {
			printf("host%u\n", i + 1);
			return;
		}
	}
	printf("0x%x\n", lid);
}

static uint64_t number_at(const void *at, enum field_type type)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	bool truth;

	switch (type) {
	case U8:
		memcpy(&u8, at, sizeof(u8));
		return u8;
	case LID:
	case U16:
		memcpy(&u16, at, sizeof(u16));
		return u16;
	case U32:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	case BOOL:
		memcpy(&truth, at, sizeof(truth));
		return truth;
	default:
		memcpy(&u64, at, sizeof(u64));
		return u64;
	}
}

void record_print(const struct record_kind *kind, const union record *record, const char *name,
		  const struct answerer *answerer)
{
	for (const struct field *field = kind->fields; field->name != NULL; field++) {
		const void *at = (const uint8_t *)record + field->offset;

		printf("%s.%s ", name, field->name);
		if (field->type == GID)
			print_gid(at, answerer);
		else if (field->type == LID)
			print_lid((uint16_t)number_at(at, LID), answerer);
		else
			printf("0x%" PRIx64 "\n", number_at(at, field->type));
	}
}
