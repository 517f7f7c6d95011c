/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ipoib-ctl fabric: commands to a running ipoib-fabric. */
#ifndef EXAMPLES_CTL_FABRIC_H
#define EXAMPLES_CTL_FABRIC_H

/* The command line from the word "fabric" on. Returns the exit status. */
int ctl_fabric(int argc, char **argv);

#endif
