/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Assertions state what only a bug of this library can break. What a peer or a caller can cause is
 * a handled case with a test, never an assertion.
 *
 * The condition is evaluated in every build, so that a condition with a side effect means the same
 * with NDEBUG and without; only the abort is left out.
 */
#ifndef IPOIB__BASE_ASSERT_H
#define IPOIB__BASE_ASSERT_H

#include <assert.h>

#ifdef NDEBUG
#define ipoib__assert(condition) ((void)(condition))
#else
#define ipoib__assert(condition) assert(condition)
#endif

#endif
