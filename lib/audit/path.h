/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Paths below a root, and what tree.h says of them. */
#ifndef IPOIB__AUDIT_PATH_H
#define IPOIB__AUDIT_PATH_H

#include "audit/tree.h"

/*
 * Where a path leads, below the root and without links; "" is the root itself. It exists, or
 * -ENOENT and the like come back; -ELOOP for links in a circle.
 */
int ipoib__audit_path_resolve(int root, const char *path, char out[IPOIB__AUDIT_PATH]);

/* Opens what was resolved; a descriptor or a negative errno. A file is a regular one. */
int ipoib__audit_path_open_file(int root, const char *resolved);
int ipoib__audit_path_open_directory(int root, const char *resolved);

#endif
