/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reading below a root directory, in bounds. The tree may be anything: files that are directories,
 * pipes or ten megabytes long, links in circles or to the outside.
 *
 * A path is resolved here and not by the kernel, which knows no other root than its own: an
 * absolute link starts again at our root, ".." of the root is the root. What is then opened is a
 * path without links, component by component, so that a link that appears meanwhile is an error
 * and not a way out.
 */
#ifndef IPOIB__AUDIT_TREE_H
#define IPOIB__AUDIT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/* The longest path that is asked for, and that links may lead to. sysfs stays below 300. */
#define IPOIB__AUDIT_PATH 1024
/* Room for an attribute of sysfs or a sysctl that is understood here: all are shorter by far. */
#define IPOIB__AUDIT_VALUE 128

struct ipoib__audit_tree {
	int root; /* a descriptor */
};

/* All return a negative errno when they fail. */
int ipoib__audit_tree_open(struct ipoib__audit_tree *tree, const char *root);
void ipoib__audit_tree_close(struct ipoib__audit_tree *tree);
/* Whether the root is that of this machine, under whatever name. */
bool ipoib__audit_tree_is_running(const struct ipoib__audit_tree *tree);

/*
 * Reads a small file without the white space at its end; 0, or -EFBIG when it is too long to be
 * what was expected, -EILSEQ when it is not printable text in one line.
 */
int ipoib__audit_tree_text(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_VALUE],
			   const char *format, ...) IPOIB__PRINTF(3, 4);
/* The same for one number, decimal or hexadecimal after 0x; -EILSEQ when it is none. */
int ipoib__audit_tree_number(const struct ipoib__audit_tree *tree, uint32_t *out,
			     const char *format, ...) IPOIB__PRINTF(3, 4);
/*
 * The last component of where a path leads, when that exists: the driver behind a link. -EILSEQ
 * when it is not plain.
 */
int ipoib__audit_tree_target(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_VALUE],
			     const char *format, ...) IPOIB__PRINTF(3, 4);
/* Whether it is there, whatever it is. */
bool ipoib__audit_tree_exists(const struct ipoib__audit_tree *tree, const char *format, ...)
	IPOIB__PRINTF(2, 3);

/*
 * Names in a directory, one a call of take, "." and ".." left out; take returns 0 to go on. The
 * order is the file system's.
 */
int ipoib__audit_tree_list(const struct ipoib__audit_tree *tree, const char *path,
			   int (*take)(const char *name, void *user), void *user);

/*
 * Lines of a long file, one a call of take, without their ends; take returns 0 to go on. Lines that
 * are longer than any of /proc/net are left out; so is what follows some megabytes, and then it
 * returns -EFBIG.
 */
int ipoib__audit_tree_lines(const struct ipoib__audit_tree *tree, const char *path,
			    int (*take)(const char *line, void *user), void *user);

/*
 * Whether a name from the tree can stand in a command for a shell and mean itself. The kernel lets
 * the name of an interface hold anything but blanks, '/' and ':'.
 */
bool ipoib__audit_is_plain(const char *name);

/* One number, decimal or hexadecimal after 0x; nothing may follow it. */
int ipoib__audit_number(uint32_t *out, const char *text);

#endif
