# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The real subnet manager, OpenSM, on a simulated subnet.
subnet_tests += %D%/subnet.sh
if HAVE_CHECK
# What the mock's SA answers, against what OpenSM has answered before.
script_tests += %D%/recorded.sh
check_PROGRAMS += %D%/answers_mock
%C%_answers_mock_SOURCES = \
	%D%/answers.c %D%/answers.h \
	%D%/answers_mock.c \
	%D%/fields.c %D%/fields.h \
	%D%/require.c %D%/require.h
%C%_answers_mock_LDADD = lib/libfabric.la lib/libsa.la lib/libcore.la lib/libfoundation.la
if HAVE_UMAD
check_PROGRAMS += %D%/answers_opensm %D%/subnet
%C%_answers_opensm_SOURCES = \
	%D%/answers.c %D%/answers.h \
	%D%/answers_opensm.c \
	%D%/fields.c %D%/fields.h \
	%D%/host.c %D%/host.h \
	%D%/require.c %D%/require.h
%C%_answers_opensm_LDADD = $(%C%_subnet_LDADD)
%C%_subnet_SOURCES = \
	%D%/host.c %D%/host.h \
	%D%/main.c \
	%D%/part_client.c \
	%D%/part_interface.c \
	%D%/rail.c %D%/rail.h \
	%D%/rail_port.c \
	%D%/require.c %D%/require.h \
	%D%/suites.h \
	$(refusing_sources)
# On the kernel's ib_umad, in the virtual machine of tests/kernel.
check_PROGRAMS += %D%/mads
vm_programs += %D%/mads
%C%_mads_SOURCES = \
	%D%/host.c %D%/host.h \
	%D%/mads.c \
	%D%/require.c %D%/require.h
%C%_mads_LDADD = $(%C%_subnet_LDADD)
%C%_subnet_LDADD = lib/libumad.la lib/libfabric.la lib/libsa.la lib/libcore.la lib/libfoundation.la $(UMAD_LIBS)
endif
endif
EXTRA_DIST += \
	%D%/compare.awk \
	%D%/differences.txt \
	%D%/ib-fabric \
	%D%/keeper.bash \
	%D%/netlist.awk \
	%D%/opensm-3.3.23.txt \
	%D%/questions.txt \
	%D%/recorded.sh \
	%D%/subnet.sh
