# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
foundation_sources += \
	%D%/assert.h \
	%D%/bytes.h \
	%D%/hash.c %D%/hash.h \
	%D%/list.h \
	%D%/log.c %D%/log.h \
	%D%/memory.c %D%/memory.h \
	%D%/poller.h \
	%D%/poller_set.c %D%/poller_set.h \
	%D%/random.c %D%/random.h \
	%D%/ring.h \
	%D%/sized.c %D%/sized.h \
	%D%/table.c %D%/table.h \
	%D%/wheel.c %D%/wheel.h
# One of the two; the other is shipped all the same.
if POLLER_EPOLL
foundation_sources += %D%/poller_epoll.c
else
foundation_sources += %D%/poller_poll.c
endif
EXTRA_DIST += %D%/poller_epoll.c %D%/poller_poll.c
