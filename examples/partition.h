/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What there is to say about a port that is a limited member of its partition. */
#ifndef EXAMPLES_PARTITION_H
#define EXAMPLES_PARTITION_H

#include <stdbool.h>

#include <ipoib/ipoib.h>

#define PARTITION_TEXT 320

bool partition_is_limited(const struct ipoib_interface *interface);
/*
 * "port host1/1 is a limited member of partition 0x8001 and reaches its full members alone: ...",
 * with what the subnet manager is to be told. The text is handed back.
 */
const char *partition_text(const struct ipoib_interface *interface, char text[PARTITION_TEXT]);

#endif
