/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fabric_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL "0123456789"
#define HEXADECIMAL DECIMAL "abcdefABCDEF"

/* One percent, and the decimals of a percentage that make whole parts. */
#define PARTS_A_PERCENT 10000
#define DECIMALS 4

/* strtoull() takes a sign and leading blanks; these numbers have neither. */
bool fabric_value_number(const char *text, uint64_t most, uint64_t *out)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hexadecimal ? text + 2 : text;

	if (*digits == '\0' || digits[strspn(digits, hexadecimal ? HEXADECIMAL : DECIMAL)] != '\0')
		return false;
	errno = 0;
	*out = strtoull(digits, NULL, hexadecimal ? 16 : 10);
	return errno == 0 && *out <= most;
}

/* In whole numbers: a percentage is short, and 0.1 is no fraction of a computer's. */
bool fabric_value_parts(const char *text, uint64_t *out)
{
	size_t whole = strspn(text, DECIMAL), decimals = 0;
	uint64_t parts = 0;

	if (text[whole] == '\0')
		return fabric_value_number(text, 100 * PARTS_A_PERCENT, out);
	if (whole < 1 || whole > 3)
		return false;
	for (size_t i = 0; i < whole; i++)
		parts = parts * 10 + (uint64_t)(text[i] - '0');
	text += whole;
	if (*text == '.') {
		text++;
		decimals = strspn(text, DECIMAL);
		if (decimals < 1 || decimals > DECIMALS)
			return false;
	}
	for (size_t i = 0; i < DECIMALS; i++)
		parts = parts * 10 + (i < decimals ? (uint64_t)(text[i] - '0') : 0);
	*out = parts;
	return strcmp(text + decimals, "%") == 0 && parts <= 100 * PARTS_A_PERCENT;
}

bool fabric_value_pkey(const char *text, uint16_t *out)
{
	uint64_t number;

	if (!fabric_value_number(text, UINT16_MAX, &number) || number == 0x8000)
		return false;
	*out = (uint16_t)number;
	return true;
}

bool fabric_value_gid(const char *text, struct ipoib_gid *out)
{
	struct ipoib_ip ip;

	if (ipoib_ip_parse(&ip, text) != 0 || ip.family != IPOIB_IPV6)
		return false;
	memcpy(out->raw, ip.raw, sizeof(out->raw));
	return true;
}
