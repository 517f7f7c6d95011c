/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* NAME,port=PORT,address=ADDRESS/LENGTH[,KEYWORD=VALUE...]: an interface on the command line. */
#ifndef EXAMPLES_TUN_SPECIFICATION_H
#define EXAMPLES_TUN_SPECIFICATION_H

#include <stdbool.h>

struct tun_interface_options;

/* False after a message that says what was found and what would be right. */
bool tun_specification_read(struct tun_interface_options *interface, const char *text);

#endif
