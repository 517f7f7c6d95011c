# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_verbs
%C%_test_verbs_SOURCES = \
	%D%/adapter.c %D%/adapter.h \
	%D%/fake_cm.c %D%/fake_cm.h \
	%D%/fake_rc.c %D%/fake_rc.h \
	%D%/main.c \
	%D%/rc_rig.c %D%/rc_rig.h \
	%D%/suites.h \
	%D%/test_ah.c \
	%D%/test_cq.c \
	%D%/test_gid.c \
	%D%/test_infiniband.c \
	%D%/test_names.c \
	%D%/test_open.c \
	%D%/test_posted.c \
	%D%/test_rc.c \
	%D%/test_rc_end.c \
	%D%/test_rc_private.c \
	%D%/test_ud.c
%C%_test_verbs_CPPFLAGS = $(AM_CPPFLAGS) $(VERBS_CFLAGS)
%C%_test_verbs_LDADD = tests/libsupport.la lib/libverbsglue.la lib/libumad.la lib/libsa.la lib/libcore.la \
	lib/libfoundation.la $(VERBS_LIBS) $(CHECK_LIBS)

# libibumad is not in it: the channel of MADs is the test's.
unit_tests += %D%/test_umad
%C%_test_umad_SOURCES = \
	lib/verbs/umad.c \
	%D%/fake_channel.c %D%/fake_channel.h \
	%D%/main_umad.c \
	%D%/test_umad.c
%C%_test_umad_LDADD = tests/libsupport.la lib/libsa.la lib/libcore.la lib/libfoundation.la $(CHECK_LIBS)
