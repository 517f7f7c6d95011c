# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the programs have that does no I/O, and the file that --pcap writes.
unit_tests += %D%/test_examples
%C%_test_examples_SOURCES = \
	%D%/main.c \
	%D%/examples.h \
	%D%/perf_rig.c %D%/perf_rig.h \
	%D%/test_pcap_file.c \
	%D%/test_perf_flow.c \
	%D%/test_perf_histogram.c \
	%D%/test_perf_options.c \
	%D%/test_perf_packet.c \
	%D%/test_perf_refusals.c \
	%D%/test_perf_session.c \
	$(common_sources) $(attachment_sources) $(pcap_file_sources) $(perf_sources)
%C%_test_examples_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/examples
