/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Members of an element of a document, or of the document: "" and 0 where there is no such one. */
#ifndef EXAMPLES_CTL_ELEMENT_H
#define EXAMPLES_CTL_ELEMENT_H

#include <jansson.h>

const char *ctl_string(const json_t *element, const char *name);
json_int_t ctl_number(const json_t *element, const char *name);

#endif
