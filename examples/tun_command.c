/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "report.h"
#include "tun_port.h"

/* "neigh add IP LLADDR dev NAME", and one more to find that there are too many. */
#define WORDS_MAX 7

struct words {
	char copy[CONTROL_REQUEST_ROOM];
	char *at[WORDS_MAX];
	size_t count;
};

static void split(struct words *words, const char *request)
{
	char *rest = words->copy;

	snprintf(words->copy, sizeof(words->copy), "%s", request);
	words->count = 0;
	while (words->count < WORDS_MAX) {
		rest += strspn(rest, " ");
		if (*rest == '\0')
			return;
		words->at[words->count++] = rest;
		rest += strcspn(rest, " ");
		if (*rest != '\0')
			*rest++ = '\0';
	}
}

static json_t *refuse(const char *format, ...) PRINTF_LIKE(1, 2);

static json_t *refuse(const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return json_pack("{s:s}", "error", text);
}

/* The port whose device the last two words, "dev NAME", name; or NULL and the answer. */
static struct tun_port *port_of(const struct words *words, struct tun_port *ports, size_t count,
				json_t **answer)
{
	const char *name = words->at[words->count - 1];

	for (size_t i = 0; i < count; i++)
		if (ports[i].interface && strcmp(ports[i].device.name, name) == 0)
			return &ports[i];
	*answer = refuse("dev %s: this ipoib-tun has no such interface", name);
	return NULL;
}

static bool read_ip(const char *text, struct ipoib_ip *ip, json_t **answer)
{
	if (ipoib_ip_parse(ip, text) == 0)
		return true;
	*answer = refuse("\"%s\" is not an address, such as 10.10.1.2 or fe80::1", text);
	return false;
}

static json_t *add(const struct words *words, struct tun_port *port)
{
	struct ipoib_ip ip;
	struct ipoib_link_address link_address;
	json_t *answer;

	if (!read_ip(words->at[2], &ip, &answer))
		return answer;
	if (ipoib_link_address_parse(&link_address, words->at[3]) != 0)
		return refuse("\"%s\" is not a link address: 20 octets in hexadecimal, with colons",
			      words->at[3]);

	int error = ipoib_neighbour_add(port->interface, &ip, &link_address);

	if (error == -EINVAL)
		return refuse("%s cannot be a neighbour at %s: it must be the address of another "
			      "host, and the link address that of a port",
			      words->at[2], words->at[3]);
	if (error == -ENOBUFS)
		return refuse("%s: the neighbour table has no room for another permanent entry",
			      words->at[2]);
	return error ? refuse("%s: %s", words->at[2], error_text(error)) : json_array();
}

static json_t *del(const struct words *words, struct tun_port *port)
{
	struct ipoib_ip ip;
	json_t *answer;

	if (!read_ip(words->at[2], &ip, &answer))
		return answer;
	if (ipoib_neighbour_remove(port->interface, &ip) != 0)
		return refuse("%s: there is no such neighbour at %s", words->at[2],
			      port->device.name);
	return json_array();
}

static json_t *probe(const struct words *words, struct tun_port *port)
{
	struct ipoib_ip ip;
	json_t *answer;

	if (!read_ip(words->at[2], &ip, &answer))
		return answer;

	int error = ipoib_neighbour_probe(port->interface, &ip);

	if (error == -EPERM)
		return refuse("%s is permanent, and is never asked", words->at[2]);
	if (error == -EINVAL)
		return refuse("%s cannot be a neighbour: it must be the address of another host",
			      words->at[2]);
	return error ? refuse("%s: %s", words->at[2], error_text(error)) : json_array();
}

static json_t *flush(const struct words *words, struct tun_port *port)
{
	bool all = words->count == 5;

	if (all && strcmp(words->at[2], "all") != 0)
		return refuse("\"%s\" is not \"all\"", words->at[2]);
	ipoib_neighbour_flush(port->interface, all);
	return json_array();
}

json_t *tun_command_answer(const char *request, struct tun_port *ports, size_t count)
{
	static const struct {
		const char *verb;
		json_t *(*act)(const struct words *words, struct tun_port *port);
		size_t least, most; /* words */
		const char *form;
	} rows[] = {
		{ "add", add, 6, 6, "neigh add IP LLADDR dev NAME" },
		{ "del", del, 5, 5, "neigh del IP dev NAME" },
		{ "flush", flush, 4, 5, "neigh flush [all] dev NAME" },
		{ "probe", probe, 5, 5, "neigh probe IP dev NAME" },
	};
	struct words words;
	json_t *answer = NULL;

	split(&words, request);
	if (words.count < 2 || strcmp(words.at[0], "neigh") != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(words.at[1], rows[i].verb) != 0)
			continue;
		if (words.count < rows[i].least || words.count > rows[i].most ||
		    strcmp(words.at[words.count - 2], "dev") != 0)
			return refuse("it is \"%s\"", rows[i].form);

		struct tun_port *port = port_of(&words, ports, count, &answer);

		return port ? rows[i].act(&words, port) : answer;
	}
	return NULL;
}
