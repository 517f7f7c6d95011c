/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/interface.h>
#include <ipoib/version.h>

#include "report.h"

void options_begin(struct options *options, const struct option_row *rows, const char *usage,
		   int argc, char **argv)
{
	*options = (struct options){
		.rows = rows, .usage = usage, .argc = argc, .argv = argv, .next = 1
	};
}

int options_hint(void)
{
	fprintf(stderr, "Try '%s --help'.\n", program_name);
	return EXIT_USAGE;
}

/* A command line that makes no sense: the message was printed, the usage follows. */
static int refuse(struct options *options)
{
	fputs(options->usage, stderr);
	options->status = EXIT_USAGE;
	return OPTIONS_EXIT;
}

static int act_on_common(struct options *options, int id)
{
	if (id == OPTION_HELP)
		fputs(options->usage, stdout);
	else
		printf("%s (libipoib) %s\n", program_name, IPOIB_VERSION);
	options->status = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	return OPTIONS_EXIT;
}

/* The value stands behind "=", behind the letter, or in the next argument. */
static int take(struct options *options, const struct option_row *row, const char *attached)
{
	options->value = attached;
	if (row->takes_value && attached == NULL) {
		if (options->next == options->argc) {
			report("option %s needs a value", options->name);
			return refuse(options);
		}
		options->value = options->argv[options->next++];
	}
	if (!row->takes_value && attached != NULL) {
		report("option %s takes no value", options->name);
		return refuse(options);
	}
	if (row->id == OPTION_HELP || row->id == OPTION_VERSION)
		return act_on_common(options, row->id);
	return row->id;
}

static int next_long(struct options *options, const char *argument)
{
	const char *name = argument + 2;
	const char *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);

	for (const struct option_row *row = options->rows; row->id != 0; row++)
		if (row->name && strlen(row->name) == length &&
		    memcmp(row->name, name, length) == 0)
			return take(options, row, equals ? equals + 1 : NULL);
	report("unknown option %s", argument);
	return refuse(options);
}

static int next_short(struct options *options, const char *argument)
{
	for (const struct option_row *row = options->rows; row->id != 0; row++)
		if (row->letter == argument[1])
			return take(options, row, argument[2] != '\0' ? argument + 2 : NULL);
	report("unknown option %s", argument);
	return refuse(options);
}

int options_next(struct options *options)
{
	if (!options->operands_only && options->next < options->argc &&
	    strcmp(options->argv[options->next], "--") == 0) {
		options->operands_only = true;
		options->next++;
	}
	if (options->next == options->argc)
		return OPTIONS_END;

	const char *argument = options->argv[options->next++];

	options->name = argument;
	if (options->operands_only || argument[0] != '-' || argument[1] == '\0') {
		options->value = argument;
		return OPTIONS_OPERAND;
	}
	return argument[1] == '-' ? next_long(options, argument) : next_short(options, argument);
}

bool options_read(const struct option_row *rows, const char *usage, int argc, char **argv,
		  bool (*take_one)(void *chosen, int id, const char *value), void *chosen,
		  int *status)
{
	struct options options;
	int id;

	options_begin(&options, rows, usage, argc, argv);
	while ((id = options_next(&options)) != OPTIONS_END) {
		if (id == OPTIONS_EXIT) {
			*status = options.status;
			return false;
		}
		if (!take_one(chosen, id, options.value)) {
			*status = options_hint();
			return false;
		}
	}
	return true;
}

/* strtoull() takes a sign and leading blanks; a number on a command line has neither. */
static bool parse_number(const char *text, uint64_t *out)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hexadecimal ? text + 2 : text;
	char *end;

	if (digits[strspn(digits, hexadecimal ? "0123456789abcdefABCDEF" : "0123456789")] != '\0' ||
	    *digits == '\0')
		return false;
	errno = 0;
	*out = strtoull(digits, &end, hexadecimal ? 16 : 10);
	return errno == 0;
}

bool read_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	uint64_t number;

	if (!parse_number(text, &number) || number < least || number > most) {
		report("%s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64, what, text, least,
		       most);
		return false;
	}
	*out = number;
	return true;
}

bool read_seconds(const char *what, const char *text, double least, double most, uint64_t *out_ns)
{
	char *end = NULL;
	double seconds = 0;

	/* Digits and a point only: strtod() would also take "inf", "nan" and "0x1p3". */
	if (*text != '\0' && text[strspn(text, "0123456789.")] == '\0')
		seconds = strtod(text, &end);
	if (end == NULL || *end != '\0' || seconds < least || seconds > most) {
		report("%s: \"%s\" is not a number of seconds from %g to %g", what, text, least,
		       most);
		return false;
	}
	*out_ns = (uint64_t)(seconds * 1e9);
	return true;
}

/* 0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0 and above are no host's address on a link. */
static bool is_host_address(const struct ipoib_ip *ip)
{
	return ip->raw[0] != 0 && ip->raw[0] != 127 && ip->raw[0] < 224;
}

bool read_address(const char *what, const char *text, struct subnet_address *out)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char alone[IPOIB_IP_TEXT];
	struct ipoib_ip ip;

	if (length >= sizeof(alone)) {
		report("%s: \"%s\" is not an IPv4 address such as 10.10.1.1/24", what, text);
		return false;
	}
	memcpy(alone, text, length);
	alone[length] = '\0';
	if (ipoib_ip_parse(&ip, alone) != 0 || ip.family != IPOIB_IPV4 || !is_host_address(&ip)) {
		report("%s: \"%s\" is not the IPv4 address of a host, such as 10.10.1.1", what,
		       alone);
		return false;
	}
	if (slash == NULL) {
		report("%s: address %s has no prefix: write it as %s/24 if its subnet is a /24",
		       what, text, text);
		return false;
	}

	uint64_t prefix;

	if (!parse_number(slash + 1, &prefix) || prefix < 1 || prefix > 32) {
		report("%s: prefix \"%s\" of %s is not a number from 1 to 32", what, slash + 1,
		       alone);
		return false;
	}
	out->ip = ip;
	out->prefix_length = (unsigned)prefix;
	return true;
}

/* Not "::", "::1" or a group. */
static bool is_host_address_ipv6(const struct ipoib_ip *ip)
{
	static const uint8_t zeroes[15];

	return ip->raw[0] != 0xff && !(memcmp(ip->raw, zeroes, 15) == 0 && ip->raw[15] <= 1);
}

bool read_address_ipv6(const char *what, const char *text, struct subnet_address *out)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char alone[IPOIB_IP_TEXT] = "";
	struct ipoib_ip ip;
	uint64_t prefix;

	if (length < sizeof(alone))
		memcpy(alone, text, length);
	if (ipoib_ip_parse(&ip, alone) != 0 || ip.family != IPOIB_IPV6 ||
	    !is_host_address_ipv6(&ip)) {
		report("%s: \"%.*s\" is not the IPv6 address of a host, such as fd00::1", what,
		       (int)length, text);
		return false;
	}
	if (slash == NULL) {
		report("%s: address %s has no prefix: write it as %s/64 if its subnet is a /64",
		       what, text, text);
		return false;
	}
	if (!parse_number(slash + 1, &prefix) || prefix < 1 || prefix > 128) {
		report("%s: prefix \"%s\" of %s is not a number from 1 to 128", what, slash + 1,
		       alone);
		return false;
	}
	out->ip = ip;
	out->prefix_length = (unsigned)prefix;
	return true;
}

bool read_mode(const char *what, const char *text, uint8_t *out)
{
	if (strcmp(text, "datagram") == 0) {
		*out = IPOIB_MODE_DATAGRAM;
	} else if (strcmp(text, "connected") == 0) {
		*out = IPOIB_MODE_CONNECTED;
	} else {
		report("%s: \"%s\" is not a mode: datagram or connected", what, text);
		return false;
	}
	return true;
}
