# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Of programs without Check, too.
refusing_sources = %D%/refusing.c %D%/refusing.h
if HAVE_CHECK
support_sources += %D%/support.c %D%/support.h
# The harness is tested too.
unit_tests += %D%/test_support
%C%_test_support_SOURCES = %D%/test_support.c
endif
