/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit_json.h"

#include <stdio.h>

#include <ipoib/audit.h>
#include <jansson.h>

/* What is not there is null. */
static json_t *text_or_null(const char *text)
{
	return *text != '\0' ? json_string(text) : json_null();
}

static json_t *number_or_null(uint32_t number)
{
	return number != 0 ? json_integer(number) : json_null();
}

static json_t *pkey_or_null(uint16_t pkey)
{
	char text[sizeof("0xffff")];

	if (pkey == 0)
		return json_null();
	snprintf(text, sizeof(text), "0x%04x", (unsigned)pkey);
	return json_string(text);
}

static json_t *address_or_null(const struct ipoib_audit_interface *interface)
{
	char text[IPOIB_LINK_ADDRESS_TEXT];

	if (!interface->has_address)
		return json_null();
	return json_string(ipoib_link_address_format(&interface->address, text));
}

static json_t *interface_object(const struct ipoib_audit_interface *interface)
{
	return json_pack("{s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", interface->name, "up", interface->admin_up,
			 "bond", interface->is_bond,
			 "operstate", text_or_null(interface->operstate),
			 "mode", text_or_null(interface->mode),
			 "mtu", number_or_null(interface->mtu),
			 "pkey", pkey_or_null(interface->pkey),
			 "lladdr", address_or_null(interface),
			 "device", text_or_null(interface->device),
			 "port", number_or_null(interface->port),
			 "driver", text_or_null(interface->driver),
			 "parent", text_or_null(interface->parent),
			 "master", text_or_null(interface->master));
}

static json_t *finding_object(const struct ipoib_audit_finding *finding)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", finding->id, "severity",
			 ipoib_audit_severity_name(finding->severity), "subject", finding->subject,
			 "text", finding->text, "remedy", finding->remedy);
}

bool audit_json_print(const struct ipoib_audit *audit, const char *root)
{
	struct ipoib_audit_interface interface = { .size = sizeof(interface) };
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };
	json_t *interfaces = json_array(), *findings = json_array();
	bool good = true;

	for (size_t i = 0; good && ipoib_audit_interface(audit, i, &interface) == 0; i++)
		good = json_array_append_new(interfaces, interface_object(&interface)) == 0;
	for (size_t i = 0; good && ipoib_audit_finding(audit, i, &finding) == 0; i++)
		good = json_array_append_new(findings, finding_object(&finding)) == 0;

	json_t *document = json_pack("{s:s, s:o, s:o}", "root", root, "interfaces", interfaces,
				     "findings", findings);

	good = good && document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0;
	if (good)
		putchar('\n');
	json_decref(document);
	return good;
}
