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

/* In the order of the bits of enum ipoib_fabric_cm. */
static const char *const cm_names[] = { "req", "mra", "rej", "rep", "rtu", "dreq", "drep" };

#define CM_NAMES (sizeof(cm_names) / sizeof(cm_names[0]))

const char *fabric_value_cm_name(unsigned bit)
{
	return bit < CM_NAMES ? cm_names[bit] : NULL;
}

bool fabric_value_cm_kinds(const char *text, uint32_t *out)
{
	*out = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		size_t i = 0;

		while (i < CM_NAMES &&
		       (strlen(cm_names[i]) != length || memcmp(cm_names[i], text, length) != 0))
			i++;
		if (i == CM_NAMES)
			return false;
		*out |= UINT32_C(1) << i;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

bool fabric_value_port(const char *text)
{
	uint64_t host, number;
	char digits[8];
	const char *slash = strchr(text, '/');

	if (strncmp(text, "process", 7) == 0)
		return fabric_value_number(text + 7, UINT16_MAX, &number) && text[7] != '0';
	if (strncmp(text, "host", 4) != 0 || slash == NULL ||
	    (size_t)(slash - text - 4) >= sizeof(digits))
		return false;
	memcpy(digits, text + 4, (size_t)(slash - text - 4));
	digits[slash - text - 4] = '\0';
	return fabric_value_number(digits, UINT16_MAX, &host) && host > 0 &&
	       fabric_value_number(slash + 1, UINT8_MAX, &number) && number > 0;
}
