/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What every part of the transport uses, and what uses no part of it. */
#include "verbs/verbs.h"

#include <stdarg.h>
#include <stdio.h>

void ipoib__verbs_log(const struct ipoib__verbs *verbs, int level, const char *format, ...)
{
	char message[IPOIB__LOG_MESSAGE];
	int length = snprintf(message, sizeof(message), "%s: ", verbs->port.name);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message + length, sizeof(message) - (size_t)length, format, arguments);
	va_end(arguments);
	ipoib_context_log(verbs->context, level, message);
}

void ipoib__verbs_wake(struct ipoib__verbs *verbs)
{
	if (verbs->transport != NULL)
		ipoib_transport_wake(verbs->transport);
}
