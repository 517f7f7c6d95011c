/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report(const char *format, ...)
{
	char line[1024];
	va_list arguments;

	/* One write for one line, so that lines of several programs do not mix. */
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: %s\n", program_name, line);
}

void report_log(int level, const char *message, void *user)
{
	(void)level;
	(void)user;
	report("%s", message);
}

const char *error_text(int error)
{
	return strerror(-error);
}

void report_connect(const char *fabric, const char *port, int error)
{
	switch (error) {
	case -ENOENT:
		report("port %s: the fabric at %s has no such port; ports are named host1/1, "
		       "host1/2, ..., as far as its --hosts and --ports go",
		       port, fabric);
		return;
	case -EBUSY:
		report("port %s: another program is attached to it at the fabric %s; choose "
		       "another port, or end that program",
		       port, fabric);
		return;
	case -ECONNREFUSED:
		report("fabric %s: nobody listens there; start one with "
		       "\"ipoib-fabric --socket %s\"",
		       fabric, fabric);
		return;
	case -ENAMETOOLONG:
		report("fabric %s: the name is too long for a socket; choose a shorter one",
		       fabric);
		return;
	case -ETIMEDOUT:
		report("fabric %s: no answer; is it an ipoib-fabric, and does it run?", fabric);
		return;
	case -EPROTO:
		report("fabric %s: what listens there is not an ipoib-fabric of this version",
		       fabric);
		return;
	default:
		report("port %s of fabric %s: %s", port, fabric, error_text(error));
	}
}

void announce_ready(void)
{
	puts("ready");
	fflush(stdout);
}
