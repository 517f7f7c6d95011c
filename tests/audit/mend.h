/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Remedies, done to a tree as an administrator would do them to a host: lines of sysctl.d are
 * written to proc/sys, commands that the shell would run are understood word by word. A line that
 * is neither, nor an explanation, fails the test.
 */
#ifndef IPOIB_TESTS_AUDIT_MEND_H
#define IPOIB_TESTS_AUDIT_MEND_H

/* Does what the remedies of this id say, of all subjects, and asserts that it is found no more. */
void mend(const char *id);

#endif
