/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What holds for every codec of fixed length. Each bit of a message is a value, part of a constant
 * or reserved; the tables below say which, and the tests go through all of them, so that no bit is
 * forgotten, read by two fields or read and not written.
 */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "wire/wire.h"
#include "wire/arp.h"
#include "wire/cm_rep.h"
#include "wire/cm_req.h"
#include "wire/cm_small.h"
#include "wire/encap.h"
#include "wire/grh.h"
#include "wire/ipoib_cm.h"
#include "wire/sa.h"
#include "wire/sa_class_port_info.h"
#include "wire/sa_mcmember.h"
#include "wire/sa_path.h"
#include "wire/smp.h"
#include "wire/smp_node.h"
#include "wire/smp_port.h"

#define MESSAGE_MAX 256
#define ROUNDS 500

#define WRAP(name)                                                                                 \
	static int decode_##name(void *out, const void *bytes, size_t length)                      \
	{                                                                                          \
		return ipoib__##name##_decode(out, bytes, length);                                 \
	}                                                                                          \
	static int encode_##name(void *bytes, size_t room, const void *in)                         \
	{                                                                                          \
		return ipoib__##name##_encode(bytes, room, in);                                    \
	}

WRAP(encap)
WRAP(grh)
WRAP(arp)
WRAP(mad)
WRAP(sa_path)
WRAP(sa_mcmember)
WRAP(sa_class_port_info)
WRAP(cm_req)
WRAP(cm_rep)
WRAP(cm_mra)
WRAP(cm_rej)
WRAP(cm_rtu)
WRAP(cm_dreq)
WRAP(cm_drep)
WRAP(cm_private)
WRAP(smp)
WRAP(smp_words)
WRAP(smp_notice)
WRAP(smp_node_info)
WRAP(smp_switch_info)
WRAP(smp_port_info)

static int decode_sa(void *out, const void *bytes, size_t length)
{
	return ipoib__sa_decode(out, bytes, length);
}

static int encode_sa(void *bytes, size_t room, const void *in)
{
	return ipoib__sa_encode(bytes, room, in, NULL, 0);
}

union any {
	struct ipoib__encap encap;
	struct ipoib__grh grh;
	struct ipoib__arp arp;
	struct ipoib__mad mad;
	struct ipoib__sa sa;
	struct ipoib__sa_path path;
	struct ipoib__sa_mcmember member;
	struct ipoib__sa_class_port_info info;
	struct ipoib__cm_req req;
	struct ipoib__cm_rep rep;
	struct ipoib__cm_mra mra;
	struct ipoib__cm_rej rej;
	struct ipoib__cm_rtu rtu;
	struct ipoib__cm_dreq dreq;
	struct ipoib__cm_drep drep;
	struct ipoib__cm_private private_data;
	struct ipoib__smp smp;
	struct ipoib__smp_words words;
	struct ipoib__smp_notice notice;
	struct ipoib__smp_node_info node;
	struct ipoib__smp_switch_info switch_info;
	struct ipoib__smp_port_info port;
};

/* Octets that are not given are zero: a value bit in the masks. */
static const struct codec {
	wire_decoder *decode;
	int (*encode)(void *bytes, size_t room, const void *in);
	size_t length;	/* what a decoder needs */
	size_t encoded; /* what an encoder writes */
	const char *constant;	   /* the start of a good message, */
	const char *constant_mask; /* which bits of it must be so, */
	const char *reserved_mask; /* and which bits are reserved */
} codecs[] = {
	{ decode_encap, encode_encap, 4, 4, "0800", "ffff", "0000ffff" },
	{ decode_grh, encode_grh, 40, 40, "60", "f0", "" },
	{ decode_arp, encode_arp, 56, 56, "0020080014040001", "ffffffffffffffff", "" },
	{ decode_mad, encode_mad, 24, 24, "01", "ff",
	  "000000000000000000000000000000000000ffff" },
	{ decode_sa, encode_sa, 56, 256, "010302", "ffffff",
	  "000000000000000000000000000000000000ffff00000000"
	  "00000000000000000000000000000000000000000000ffff" },
	{ decode_sa_path, encode_sa_path, 64, 64, "", "",
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000007000000000000000000000000000ffffffffffff" },
	{ decode_sa_mcmember, encode_sa_mcmember, 52, 52, "", "",
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000007fffff" },
	{ decode_sa_class_port_info, encode_sa_class_port_info, 72, 72, "", "",
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "ff00000000000000ffffffffffffffffffffffffffffffffffffffffffffffff"
	  "ffffffffffffffff" },
	{ decode_cm_req, encode_cm_req, 232, 232, "", "",
	  "00000000ffffffff00000000000000000000000000000000ffffffff00000000"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000000000000000000fc000000707"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000fc000000707" },
	{ decode_cm_rep, encode_cm_rep, 232, 232, "", "",
	  "000000000000000000000000000000ff000000ff000000ff0000000f" },
	{ decode_cm_mra, encode_cm_mra, 232, 232, "", "", "00000000000000003f07" },
	{ decode_cm_rej, encode_cm_rej, 232, 232, "", "", "00000000000000003f01" },
	{ decode_cm_rtu, encode_cm_rtu, 232, 232, "", "", "" },
	{ decode_cm_dreq, encode_cm_dreq, 232, 232, "", "", "0000000000000000000000ff" },
	{ decode_cm_drep, encode_cm_drep, 232, 232, "", "", "" },
	{ decode_cm_private, encode_cm_private, 8, 8, "", "", "ff" },
	{ decode_smp, encode_smp, 256, 256, "010101", "ff7fff",
	  "000000000000000000000000000000000000ffff000000000000000000000000"
	  "00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ decode_smp_words, encode_smp_words, 64, 64, "", "", "" },
	{ decode_smp_notice, encode_smp_notice, 64, 64, "", "", "" },
	{ decode_smp_node_info, encode_smp_node_info, 40, 40, "", "", "" },
	{ decode_smp_switch_info, encode_smp_switch_info, 20, 20, "", "",
	  "0000000000000000000000000000000007ff0000" },
	{ decode_smp_port_info, encode_smp_port_info, 64, 64, "", "",
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000380000000000000000000000000000000000e0000000ff000000000000e0" },
};

#define CODECS ((int)(sizeof(codecs) / sizeof(codecs[0])))

struct masks {
	uint8_t constant[MESSAGE_MAX], constant_mask[MESSAGE_MAX], reserved[MESSAGE_MAX];
};

static void read_masks(struct masks *masks, const struct codec *codec)
{
	memset(masks, 0, sizeof(*masks));
	wire_hex(masks->constant, MESSAGE_MAX, codec->constant);
	wire_hex(masks->constant_mask, MESSAGE_MAX, codec->constant_mask);
	wire_hex(masks->reserved, MESSAGE_MAX, codec->reserved_mask);
}

/* A good message with random values and nothing reserved set; zeros behind what a decoder needs. */
static void random_message(uint8_t message[MESSAGE_MAX], const struct codec *codec,
			   const struct masks *masks, struct ipoib__random *random)
{
	memset(message, 0, MESSAGE_MAX);
	wire_random_fill(random, message, codec->length);
	for (size_t i = 0; i < codec->length; i++) {
		message[i] &= (uint8_t)~(masks->constant_mask[i] | masks->reserved[i]);
		message[i] |= masks->constant[i];
	}
}

START_TEST(any_values_survive_decoding_and_encoding)
{
	const struct codec *codec = &codecs[_i];
	struct ipoib__random *random = support_random();
	uint8_t message[MESSAGE_MAX], again[MESSAGE_MAX];
	struct masks masks;
	union any any;

	read_masks(&masks, codec);
	for (int round = 0; round < ROUNDS; round++) {
		random_message(message, codec, &masks, random);
		int consumed = wire_decode_exact(codec->decode, &any, message, codec->length);
		ck_assert_int_eq(consumed, (int)codec->length);
		memset(again, 0xa5, sizeof(again));
		ck_assert_int_eq(codec->encode(again, sizeof(again), &any), (int)codec->encoded);
		ck_assert_mem_eq(again, message, codec->encoded);
	}
}
END_TEST

/* One bit of a good message is turned: what must come of it depends on whose bit it is. */
static void check_flipped_bit(const struct codec *codec, const struct masks *masks,
			      const uint8_t message[MESSAGE_MAX], size_t bit)
{
	uint8_t flipped[MESSAGE_MAX], again[MESSAGE_MAX];
	uint8_t mask = (uint8_t)(0x80 >> bit % 8);
	size_t at = bit / 8;
	union any any;

	memcpy(flipped, message, MESSAGE_MAX);
	flipped[at] ^= mask;
	int consumed = wire_decode_exact(codec->decode, &any, flipped, codec->length);
	if ((masks->constant_mask[at] & mask) != 0) {
		ck_assert_msg(consumed < 0, "octet %zu, mask %02x: a constant", at, mask);
		return;
	}
	ck_assert_int_eq(consumed, (int)codec->length);
	ck_assert_int_eq(codec->encode(again, sizeof(again), &any), (int)codec->encoded);
	const uint8_t *expected = (masks->reserved[at] & mask) != 0 ? message : flipped;
	ck_assert_msg(memcmp(again, expected, codec->encoded) == 0,
		      "octet %zu, mask %02x: lost, or reserved and kept", at, mask);
}

START_TEST(every_single_bit_is_a_value_a_constant_or_reserved)
{
	const struct codec *codec = &codecs[_i];
	uint8_t message[MESSAGE_MAX];
	struct masks masks;

	read_masks(&masks, codec);
	random_message(message, codec, &masks, support_random());
	for (size_t bit = 0; bit < 8 * codec->length; bit++)
		check_flipped_bit(codec, &masks, message, bit);
}
END_TEST

START_TEST(every_truncated_message_is_refused_and_leaves_the_output_alone)
{
	const struct codec *codec = &codecs[_i];
	uint8_t message[MESSAGE_MAX];
	struct masks masks;
	union any any, before;

	read_masks(&masks, codec);
	random_message(message, codec, &masks, support_random());
	memset(&before, 0xa5, sizeof(before));
	for (size_t length = 0; length < codec->length; length++) {
		memcpy(&any, &before, sizeof(any));
		ck_assert_int_eq(wire_decode_exact(codec->decode, &any, message, length), -EINVAL);
		ck_assert_mem_eq(&any, &before, sizeof(any));
	}
}
END_TEST

START_TEST(octets_behind_a_message_do_not_matter)
{
	const struct codec *codec = &codecs[_i];
	uint8_t message[MESSAGE_MAX];
	struct masks masks;
	union any any;

	read_masks(&masks, codec);
	random_message(message, codec, &masks, support_random());
	for (size_t length = codec->length; length <= MESSAGE_MAX; length++) {
		int consumed = wire_decode_exact(codec->decode, &any, message, length);
		ck_assert_int_eq(consumed, (int)codec->length);
	}
}
END_TEST

START_TEST(encoding_into_too_little_room_is_refused)
{
	const struct codec *codec = &codecs[_i];
	uint8_t message[MESSAGE_MAX];
	struct masks masks;
	union any any;

	read_masks(&masks, codec);
	random_message(message, codec, &masks, support_random());
	ck_assert_int_gt(codec->decode(&any, message, codec->length), 0);
	for (size_t room = 0; room <= codec->encoded; room++) {
		uint8_t *exact = wire_copy(message, room);
		int expected = room < codec->encoded ? -ENOBUFS : (int)room;
		ck_assert_int_eq(codec->encode(exact, room, &any), expected);
		wire_put(exact, room);
	}
}
END_TEST

START_TEST(random_octets_do_no_harm)
{
	union any any;

	wire_decode_garbage(codecs[_i].decode, &any, support_random(), MESSAGE_MAX);
}
END_TEST

START_TEST(an_unknown_type_of_encapsulation_is_not_ours)
{
	struct ipoib__encap encap;
	uint8_t bytes[4] = { 0 };
	unsigned known = 0;

	for (unsigned type = 0; type <= 0xffff; type++) {
		bytes[0] = (uint8_t)(type >> 8);
		bytes[1] = (uint8_t)(type & 0xff);
		int result = ipoib__encap_decode(&encap, bytes, sizeof(bytes));
		wire_check(result == -EPROTO || (result == 4 && encap.type == type),
			   "type %04x: %d", type, result);
		known += result == 4;
	}
	ck_assert_uint_eq(known, 4);
}
END_TEST

Suite *suite_codecs(void)
{
	Suite *suite = suite_create("codecs");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_add_loop_test(tcase, any_values_survive_decoding_and_encoding, 0, CODECS);
	tcase_add_loop_test(tcase, every_single_bit_is_a_value_a_constant_or_reserved, 0, CODECS);
	tcase_add_loop_test(tcase, every_truncated_message_is_refused_and_leaves_the_output_alone,
			    0, CODECS);
	tcase_add_loop_test(tcase, octets_behind_a_message_do_not_matter, 0, CODECS);
	tcase_add_loop_test(tcase, encoding_into_too_little_room_is_refused, 0, CODECS);
	tcase_add_loop_test(tcase, random_octets_do_no_harm, 0, CODECS);
	tcase_add_test(tcase, an_unknown_type_of_encapsulation_is_not_ours);
	suite_add_tcase(suite, tcase);
	return suite;
}
