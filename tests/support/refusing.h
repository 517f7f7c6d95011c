/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A transport that has nothing: what is asked of it is refused (-ENOTSUP), and nothing ever
 * arrives. A test's own transport begins with this table and replaces what the test is about.
 */
#ifndef IPOIB_TESTS_SUPPORT_REFUSING_H
#define IPOIB_TESTS_SUPPORT_REFUSING_H

#include <ipoib/transport.h>

struct ipoib_transport_ops refusing_ops(void);

#endif
