/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EXAMPLES_AUDIT_JSON_H
#define EXAMPLES_AUDIT_JSON_H

#include <stdbool.h>

struct ipoib_audit;

/* Prints {"root", "interfaces", "findings"}; false when it could not be made. */
bool audit_json_print(const struct ipoib_audit *audit, const char *root);

#endif
