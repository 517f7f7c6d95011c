/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one bounded reader and the one bounded writer of the library. Every octet that comes from or
 * goes to the wire passes here, so a length is checked in one place only.
 *
 * Failure is sticky: a reader that was asked for more than there is gives zeros from then on, a
 * writer that ran out of room writes nothing more. A codec reads or writes all its fields in a row
 * and asks once, at the end, whether it went well. Integers on the wire are big-endian.
 */
#ifndef IPOIB__BASE_BYTES_H
#define IPOIB__BASE_BYTES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"

struct ipoib__reader {
	const uint8_t *at, *end;
	bool failed;
};

struct ipoib__writer {
	uint8_t *start, *at, *end;
	bool failed;
};

/* NULL is an empty buffer: arithmetic on it is undefined even where it adds nothing. */
static inline void ipoib__reader_init(struct ipoib__reader *r, const void *bytes, size_t length)
{
	ipoib__assert(bytes != NULL || length == 0);
	r->at = bytes != NULL ? bytes : (const uint8_t *)"";
	r->end = r->at + length;
	r->failed = false;
}

/* Octets not yet read; 0 after a failure. */
static inline size_t ipoib__read_left(const struct ipoib__reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->at);
}

/* The next n octets, which are then behind us; NULL, and failed, when there are fewer. */
static inline const uint8_t *ipoib__read_take(struct ipoib__reader *r, size_t n)
{
	if (n > ipoib__read_left(r) || r->failed) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *taken = r->at;
	r->at += n;
	return taken;
}

static inline void ipoib__read_skip(struct ipoib__reader *r, size_t n)
{
	(void)ipoib__read_take(r, n);
}

/* On failure out is filled with zeros: no decoder hands out what was never written. */
static inline void ipoib__read_bytes(struct ipoib__reader *r, void *out, size_t n)
{
	const uint8_t *p = ipoib__read_take(r, n);

	if (n == 0)
		return;
	if (p != NULL)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

/* An unsigned integer of 1 to 8 octets; 0 on failure. */
static inline uint64_t ipoib__read_integer(struct ipoib__reader *r, size_t octets)
{
	const uint8_t *p = ipoib__read_take(r, octets);
	uint64_t value = 0;

	for (size_t i = 0; p != NULL && i < octets; i++)
		value = value << 8 | p[i];
	return value;
}

static inline uint8_t ipoib__read_u8(struct ipoib__reader *r)
{
	return (uint8_t)ipoib__read_integer(r, 1);
}

static inline uint16_t ipoib__read_u16(struct ipoib__reader *r)
{
	return (uint16_t)ipoib__read_integer(r, 2);
}

static inline uint32_t ipoib__read_u24(struct ipoib__reader *r)
{
	return (uint32_t)ipoib__read_integer(r, 3);
}

static inline uint32_t ipoib__read_u32(struct ipoib__reader *r)
{
	return (uint32_t)ipoib__read_integer(r, 4);
}

static inline uint64_t ipoib__read_u64(struct ipoib__reader *r)
{
	return ipoib__read_integer(r, 8);
}

/* The width bits of a word that begin at bit shift, bit 0 being the least. */
static inline uint32_t ipoib__bits_get(uint32_t word, unsigned shift, unsigned width)
{
	return word >> shift & ((UINT32_C(1) << width) - 1);
}

/* A value of width bits, moved to where it stands in a word; too wide a value is a bug of ours. */
static inline uint32_t ipoib__bits_put(uint32_t value, unsigned shift, unsigned width)
{
	ipoib__assert(value >> width == 0);
	return value << shift;
}

static inline void ipoib__writer_init(struct ipoib__writer *w, void *bytes, size_t room)
{
	ipoib__assert(bytes != NULL || room == 0);
	w->start = bytes;
	w->at = bytes;
	w->end = room != 0 ? w->start + room : w->start;
	w->failed = false;
}

/* Octets written so far. */
static inline size_t ipoib__write_length(const struct ipoib__writer *w)
{
	return w->at == w->start ? 0 : (size_t)(w->at - w->start);
}

/* Octets that can still be written; 0 after a failure. */
static inline size_t ipoib__write_left(const struct ipoib__writer *w)
{
	return w->failed || w->at == w->end ? 0 : (size_t)(w->end - w->at);
}

/* What an encoder returns: the octets written, or -ENOBUFS when they did not fit. */
static inline int ipoib__write_result(const struct ipoib__writer *w)
{
	return w->failed ? -ENOBUFS : (int)ipoib__write_length(w);
}

/* Room for n octets, which the caller fills; NULL when there is not enough (or n is 0). */
static inline uint8_t *ipoib__write_take(struct ipoib__writer *w, size_t n)
{
	if (n > ipoib__write_left(w) || w->failed) {
		w->failed = true;
		return NULL;
	}
	if (n == 0)
		return NULL;
	uint8_t *taken = w->at;
	w->at += n;
	return taken;
}

static inline void ipoib__write_bytes(struct ipoib__writer *w, const void *bytes, size_t n)
{
	uint8_t *p = ipoib__write_take(w, n);

	if (p != NULL)
		memcpy(p, bytes, n);
}

static inline void ipoib__write_zero(struct ipoib__writer *w, size_t n)
{
	uint8_t *p = ipoib__write_take(w, n);

	if (p != NULL)
		memset(p, 0, n);
}

/* An unsigned integer of 1 to 8 octets. One too wide for them is a bug of ours. */
static inline void ipoib__write_integer(struct ipoib__writer *w, uint64_t value, size_t octets)
{
	uint8_t *p = ipoib__write_take(w, octets);

	ipoib__assert(octets == 8 || value >> (8 * octets) == 0);
	for (size_t i = octets; p != NULL && i > 0; i--) {
		p[i - 1] = (uint8_t)(value & 0xff);
		value >>= 8;
	}
}

static inline void ipoib__write_u8(struct ipoib__writer *w, uint8_t value)
{
	ipoib__write_integer(w, value, 1);
}

static inline void ipoib__write_u16(struct ipoib__writer *w, uint16_t value)
{
	ipoib__write_integer(w, value, 2);
}

static inline void ipoib__write_u24(struct ipoib__writer *w, uint32_t value)
{
	ipoib__write_integer(w, value, 3);
}

static inline void ipoib__write_u32(struct ipoib__writer *w, uint32_t value)
{
	ipoib__write_integer(w, value, 4);
}

static inline void ipoib__write_u64(struct ipoib__writer *w, uint64_t value)
{
	ipoib__write_integer(w, value, 8);
}

#endif
