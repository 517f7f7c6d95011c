# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What a packet costs in the library. "make bench" prints it; check-counts.sh holds the instructions
# against counts.txt, in the build that they were counted in: gcc, optimised, not instrumented.
check_PROGRAMS += %D%/bench
%C%_bench_SOURCES = %D%/bench.c %D%/null.c %D%/null.h %D%/peers.c $(refusing_sources)
%C%_bench_LDADD = lib/libcore.la lib/libfoundation.la

# The same beside others that are packaged: a file each, and none of them is needed (configure.ac).
check_PROGRAMS += %D%/lookup %D%/timers
peer_cppflags = -D_GNU_SOURCE -I$(top_builddir)/include -I$(top_srcdir)/include -I$(top_srcdir)/lib
%C%_lookup_SOURCES = %D%/lookup.c %D%/lookup.h %D%/lookup_libipoib.c %D%/measure.c %D%/measure.h
%C%_lookup_CPPFLAGS = $(library_cppflags)
%C%_lookup_LDADD =
if HAVE_DPDK
check_LTLIBRARIES += %D%/libdpdkpeer.la
%C%_libdpdkpeer_la_SOURCES = %D%/lookup_dpdk.c
%C%_libdpdkpeer_la_CPPFLAGS = $(peer_cppflags)
%C%_libdpdkpeer_la_CFLAGS = $(AM_CFLAGS) $(DPDK_CFLAGS)
%C%_lookup_CPPFLAGS += -DHAVE_DPDK
%C%_lookup_LDADD += %D%/libdpdkpeer.la $(DPDK_LIBS)
endif
if HAVE_GLIB
check_LTLIBRARIES += %D%/libglibpeer.la
%C%_libglibpeer_la_SOURCES = %D%/lookup_glib.c
%C%_libglibpeer_la_CPPFLAGS = $(peer_cppflags)
%C%_libglibpeer_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
%C%_lookup_CPPFLAGS += -DHAVE_GLIB
%C%_lookup_LDADD += %D%/libglibpeer.la $(GLIB_LIBS)
endif
if HAVE_URCU
check_LTLIBRARIES += %D%/liburcupeer.la
%C%_liburcupeer_la_SOURCES = %D%/lookup_urcu.c
%C%_liburcupeer_la_CPPFLAGS = $(peer_cppflags)
%C%_liburcupeer_la_CFLAGS = $(AM_CFLAGS) $(URCU_CFLAGS)
%C%_lookup_CPPFLAGS += -DHAVE_URCU
%C%_lookup_LDADD += %D%/liburcupeer.la $(URCU_LIBS)
endif
# What they call lies in the archive of the library; the last to be named.
%C%_lookup_LDADD += lib/libfoundation.la
%C%_timers_SOURCES = %D%/timers.c %D%/timers.h %D%/timers_wheel.c %D%/measure.c %D%/measure.h
%C%_timers_CPPFLAGS = $(library_cppflags)
%C%_timers_LDADD = lib/libfoundation.la
if HAVE_EV
%C%_timers_SOURCES += %D%/timers_libev.c
%C%_timers_CPPFLAGS += -DHAVE_EV
%C%_timers_LDADD += $(EV_LIBS)
endif
if HAVE_LWIP
check_PROGRAMS += %D%/resolve
%C%_resolve_SOURCES = %D%/resolve.c %D%/measure.c %D%/measure.h
%C%_resolve_CPPFLAGS = -D_GNU_SOURCE
%C%_resolve_CFLAGS = $(AM_CFLAGS) $(LWIP_CFLAGS)
%C%_resolve_LDADD = $(LWIP_LIBS)
endif

style_tests += %D%/check-counts.sh %D%/check-lookup.sh
EXTRA_DIST += %D%/counts.py %D%/counts.txt %D%/plot.py %D%/report.py %D%/run.sh

bench: $(check_LTLIBRARIES) $(filter %D%/%,$(check_PROGRAMS))
	CC='$(CC)' CFLAGS='$(CFLAGS)' bash $(srcdir)/%D%/run.sh %D% >%D%/results.tmp
	mv %D%/results.tmp %D%/results.txt
	python3 -B $(srcdir)/%D%/report.py %D%/results.txt
# What the last "make bench" has found becomes that section of doc/perf.md, with its plots.
bench-doc:
	python3 -B $(srcdir)/%D%/report.py %D%/results.txt $(srcdir)/doc
CLEANFILES += %D%/results.txt %D%/results.tmp
.PHONY: bench bench-doc
