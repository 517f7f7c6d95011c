/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The device of a transport with all that is made once for it. */
#ifndef IPOIB__VERBS_DEVICE_H
#define IPOIB__VERBS_DEVICE_H

#include <ipoib/verbs.h>

struct ipoib__verbs;
struct ipoib__verbs_name;

/*
 * Opens all but the transport itself, which the caller sets. -ENODEV, -EACCES: there is no such
 * port, or it may not be used; -ENOTSUP: its link layer is not supported; -ENOENT: no such GID; any
 * other negative errno.
 */
int ipoib__verbs_new(struct ipoib__verbs **out, struct ipoib_context *context,
		     const struct ipoib_verbs_config *config,
		     const struct ipoib__verbs_name *name);
/* Ends all of it, however much was opened. */
void ipoib__verbs_free(struct ipoib__verbs *verbs);
/* Has its descriptors watched: verbs->transport is set. */
int ipoib__verbs_watch(struct ipoib__verbs *verbs);

#endif
