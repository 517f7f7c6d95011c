/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ctl_element.h"

const char *ctl_string(const json_t *element, const char *name)
{
	const char *text = json_string_value(json_object_get(element, name));

	return text ? text : "";
}

json_int_t ctl_number(const json_t *element, const char *name)
{
	return json_integer_value(json_object_get(element, name));
}
