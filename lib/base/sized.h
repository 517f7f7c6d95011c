/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Structures that grow. Each public structure that crosses the ABI begins with its size. A shorter
 * one comes from an older caller and gets the defaults for what it does not know; a longer one
 * comes from a newer caller and is taken if all that we do not know of it is zero (the rule of the
 * kernel's copy_struct_from_user).
 */
#ifndef IPOIB__SIZED_H
#define IPOIB__SIZED_H

#include <stddef.h>

/*
 * Names the size of the first version of a structure: up to and with the member that was its last
 * one. It stays as it is when the structure grows. octets is the same as a number, where pointers
 * have 64 bits: who moves a member, or puts one in between, is told so by the compiler.
 */
#define IPOIB__FIRST_VERSION(name, type, member, octets)                                           \
	enum { name = offsetof(type, member) + sizeof(((type *)0)->member) };                      \
	_Static_assert(sizeof(void *) != 8 || name == (octets),                                    \
		       #type ": its first version is not what it was")

/*
 * Copies in over out, which holds the defaults. in_size is what the caller says; first_version_size
 * is the smallest size that any version of the structure had. The size member of out becomes
 * out_size. Returns 0, -EINVAL (smaller than any version) or -E2BIG (an unknown member is set).
 */
int ipoib__sized_in(void *out, size_t out_size, size_t first_version_size, const void *in,
		    size_t in_size);

/*
 * Copies in, which we have filled, to the caller's out of out_size octets; what a longer out has
 * beyond ours is made zero. The size member of out stays the caller's. Returns 0 or -EINVAL
 * (smaller than any version).
 */
int ipoib__sized_out(void *out, size_t out_size, size_t first_version_size, const void *in,
		     size_t in_size);

#endif
