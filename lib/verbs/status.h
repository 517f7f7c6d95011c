/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Errors of rdma-core. Its calls fail in three ways: with NULL and errno, with -1 and errno, with
 * a positive errno. Here they become one, a negative errno, at the call.
 */
#ifndef IPOIB__VERBS_STATUS_H
#define IPOIB__VERBS_STATUS_H

#include <infiniband/verbs.h>

/* The errno of a call that has just failed, negative; -EIO when it has left none. */
int ipoib__verbs_errno(void);
/* 0, or a negative errno, of a call that returns 0, a positive errno, or -1 and errno. */
int ipoib__verbs_status(int result);
/* The status of a completion, as a negative errno. */
int ipoib__verbs_wc_status(const struct ibv_wc *wc);
/* Makes a descriptor non-blocking: those of rdma-core block when they are made. */
int ipoib__verbs_nonblocking(int fd);

#endif
