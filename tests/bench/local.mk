# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What a packet costs in the library. "make bench" prints it; check-counts.sh holds the instructions
# against counts.txt, in the build that they were counted in: gcc, optimised, not instrumented.
check_PROGRAMS += %D%/bench
%C%_bench_SOURCES = %D%/bench.c %D%/null.c %D%/null.h %D%/peers.c $(refusing_sources)
%C%_bench_LDADD = lib/libcore.la lib/libfoundation.la
style_tests += %D%/check-counts.sh
EXTRA_DIST += %D%/counts.py %D%/counts.txt %D%/run.sh

bench: %D%/bench
	bash $(srcdir)/%D%/run.sh %D%/bench
.PHONY: bench
