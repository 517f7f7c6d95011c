/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* lib/sa, its channel of MADs, and the interface above, against the real OpenSM: subnet PART. */
#include <stdio.h>
#include <string.h>

#include "subnet/suites.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} parts[] = {
		{ "statuses", part_statuses }, { "silence", part_silence },
		{ "restart", part_restart },   { "slow", part_slow },
		{ "beside", part_beside },     { "interface", part_interface },
		{ "loss", part_loss },	       { "crowd", part_crowd },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(argv[1], parts[i].name) == 0) {
			parts[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: subnet PART, inside ib-fabric\n");
	return 2;
}
