/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * Everything that a program needs of libipoib itself.
 *
 * A port comes from a transport: <ipoib/mock.h> (libipoib-mock) simulates a fabric.
 * <ipoib/ev.h> (libipoib-ev) puts a context into a libev loop. <ipoib/transport.h> is for those
 * who write a transport.
 */
#ifndef IPOIB_IPOIB_H
#define IPOIB_IPOIB_H

#include <ipoib/audit.h>
#include <ipoib/binding.h>
#include <ipoib/buffer.h>
#include <ipoib/capture.h>
#include <ipoib/connection.h>
#include <ipoib/context.h>
#include <ipoib/event.h>
#include <ipoib/interface.h>
#include <ipoib/membership.h>
#include <ipoib/multicast.h>
#include <ipoib/neighbour.h>
#include <ipoib/path.h>
#include <ipoib/port.h>
#include <ipoib/region.h>
#include <ipoib/statistics.h>
#include <ipoib/types.h>
#include <ipoib/version.h>

#endif
