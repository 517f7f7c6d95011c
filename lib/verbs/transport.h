/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The operations of a transport. */
#ifndef IPOIB__VERBS_TRANSPORT_H
#define IPOIB__VERBS_TRANSPORT_H

#include <ipoib/transport.h>

/* `self` of the operations is the struct ipoib__verbs. */
extern const struct ipoib_transport_ops ipoib__verbs_ops;

#endif
