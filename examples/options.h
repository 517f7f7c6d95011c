/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Command lines of the example programs: "--name value", "--name=value", "-n value", "-nvalue".
 *
 * getopt_long() is not POSIX, and getopt() knows no long names; so this is a table and a cursor.
 * Whatever is wrong is reported on standard error: what was found, where, what would be right.
 */
#ifndef EXAMPLES_OPTIONS_H
#define EXAMPLES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <ipoib/types.h>

/* Exit statuses that all programs share; ipoib-ping has its own, which are ping's. */
#define EXIT_USAGE 2

/* An option that a program knows. A table of them ends with a row of zeroes. */
struct option_row {
	int id;           /* what options_next() returns; above 0 */
	const char *name; /* without the dashes, or NULL */
	char letter;      /* the short form, or 0 */
	bool takes_value;
};

/* Every table has these two; options_next() acts on them. */
#define OPTION_HELP 1000
#define OPTION_VERSION 1001
#define OPTION_ROWS_COMMON                                                                         \
	{ OPTION_HELP, "help", 'h', false }, { OPTION_VERSION, "version", 'V', false }

/* What options_next() returns beside the ids. */
#define OPTIONS_END 0      /* nothing is left */
#define OPTIONS_OPERAND -1 /* options.value is an argument that is no option */
#define OPTIONS_EXIT -2    /* leave with options.status: everything is said already */

/* A walk through a command line. */
struct options {
	const struct option_row *rows;
	const char *usage; /* the text of --help */
	int argc;
	char **argv;
	int next;           /* index of the argument that comes next */
	bool operands_only; /* "--" was seen */
	const char *name;   /* the option as it was written, for messages */
	const char *value;
	int status;
};

void options_begin(struct options *options, const struct option_row *rows, const char *usage,
		   int argc, char **argv);
int options_next(struct options *options);

/*
 * Walks a whole command line: take_one() gets each option and operand, and returns false after a
 * message. Returns true, or false with the exit status; everything is said then.
 */
bool options_read(const struct option_row *rows, const char *usage, int argc, char **argv,
		  bool (*take_one)(void *chosen, int id, const char *value), void *chosen,
		  int *status);

/* Says where to read on, after a message about a wrong command line. Returns EXIT_USAGE. */
int options_hint(void);

/* An address with the prefix of its subnet: "10.10.1.1/24", "fd00::1/64". */
struct subnet_address {
	struct ipoib_ip ip;
	unsigned prefix_length;
};

/*
 * Values. Each returns true, or false after a message that begins with `what`. Numbers are decimal,
 * or hexadecimal after 0x.
 */
bool read_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *out);
bool read_seconds(const char *what, const char *text, double least, double most, uint64_t *out_ns);
bool read_address(const char *what, const char *text, struct subnet_address *out);
bool read_address_ipv6(const char *what, const char *text, struct subnet_address *out);
/* "datagram" or "connected", as an enum ipoib_mode. */
bool read_mode(const char *what, const char *text, uint8_t *out);

#endif
