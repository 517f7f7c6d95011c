/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A command, done to a fabric; and what there is to be seen of the fabric. */
#ifndef EXAMPLES_FABRIC_APPLY_H
#define EXAMPLES_FABRIC_APPLY_H

#include <stdbool.h>

#include <jansson.h>

#include "fabric_command.h"

/* Does every command but FABRIC_STATUS. False, with what is wrong in error. */
bool fabric_apply(struct ipoib_fabric *fabric, const struct fabric_command *command,
		  char error[FABRIC_ERROR_ROOM]);

/*
 * Whether a command is one for a fabric without a subnet manager of its own. False, with why not in
 * error.
 */
bool fabric_apply_external(const struct fabric_command *command, char error[FABRIC_ERROR_ROOM]);

/* fabric_status.c: a new document; NULL without memory. */
json_t *fabric_status(struct ipoib_fabric *fabric, bool external_sm);

#endif
