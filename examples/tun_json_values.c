/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_json_values.h"

#include <string.h>

json_t *tun_json_ms(uint64_t ns)
{
	return ns == IPOIB_NEVER ? json_null() : json_integer((json_int_t)(ns / 1000000));
}

json_t *tun_json_lladdr(const struct ipoib_link_address *address)
{
	static const struct ipoib_link_address none;
	char text[IPOIB_LINK_ADDRESS_TEXT];

	if (memcmp(address, &none, sizeof(none)) == 0)
		return json_null();
	return json_string(ipoib_link_address_format(address, text));
}

json_t *tun_json_name(const char *name)
{
	return json_string(name ? name : "?");
}
