# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_binding
%C%_test_binding_SOURCES = \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_binding.c \
	%D%/test_policy.c \
	%D%/test_probe.c \
	%D%/test_probe_model.c
