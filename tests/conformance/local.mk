# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What <ipoib/transport.h> promises, held against each transport.
conformance_sources = \
	%D%/rc_rig.c %D%/rc_rig.h \
	%D%/rig.c %D%/rig.h \
	%D%/suites.h \
	%D%/test_connect.c \
	%D%/test_datagram.c \
	%D%/test_ending.c \
	%D%/test_errors.c \
	%D%/test_group.c \
	%D%/test_messages.c \
	%D%/test_port.c \
	%D%/test_questions.c \
	%D%/test_refuse.c
unit_tests += %D%/test_conformance
%C%_test_conformance_SOURCES = $(conformance_sources) %D%/main.c
# Needs two ports, as those of the machine that tests/rxe boots.
if HAVE_VERBS
check_PROGRAMS += %D%/conformance
%C%_conformance_SOURCES = $(conformance_sources) %D%/device.c
%C%_conformance_LDADD = tests/libsupport.la lib/libverbsglue.la lib/libumad.la lib/libsa.la lib/libcore.la \
	lib/libfoundation.la $(VERBS_LIBS) $(CHECK_LIBS)
endif
