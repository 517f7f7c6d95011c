/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void ipoib__log_write(const struct ipoib__log *log, int level, const char *format, ...)
{
	if (!log || !log->write || level > log->level)
		return;

	char message[IPOIB__LOG_MESSAGE];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);

	/* an encoding error leaves the buffer undefined */
	log->write(level, length < 0 ? format : message, log->user);
}
