# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
unit_tests += %D%/test_base %D%/test_poller_poll
%C%_test_base_SOURCES = \
	%D%/main.c \
	%D%/suites.h \
	%D%/table_rig.h \
	%D%/test_fast_hash.c \
	%D%/test_hash.c \
	%D%/test_list.c \
	%D%/test_log.c \
	%D%/test_memory.c \
	%D%/test_random.c \
	%D%/test_ring.c \
	%D%/test_table.c \
	%D%/test_table_walk.c \
	%D%/test_wheel.c \
	%D%/test_wheel_model.c

# Both pollers are tested, whichever one the library was configured with: each of these programs
# brings its own, which is found before the library's.
%C%_test_poller_poll_SOURCES = %D%/main_poller_poll.c %D%/test_poller.c lib/base/poller_poll.c
if HAVE_EPOLL
unit_tests += %D%/test_poller_epoll
%C%_test_poller_epoll_SOURCES = %D%/main_poller_epoll.c %D%/test_poller.c lib/base/poller_epoll.c
endif
