# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
if HAVE_EV
unit_tests += %D%/test_ev
%C%_test_ev_SOURCES = \
	%D%/fake.c %D%/fake.h \
	%D%/main.c \
	%D%/suites.h \
	%D%/test_ev.c \
	$(refusing_sources)
%C%_test_ev_LDADD = lib/libevglue.la $(unit_ldadd) $(EV_LIBS)
endif
