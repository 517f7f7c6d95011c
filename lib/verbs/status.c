/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/status.h"

#include <errno.h>
#include <fcntl.h>

int ipoib__verbs_errno(void)
{
	return errno > 0 ? -errno : -EIO;
}

int ipoib__verbs_status(int result)
{
	if (result == 0)
		return 0;
	return result > 0 ? -result : ipoib__verbs_errno();
}

int ipoib__verbs_wc_status(const struct ibv_wc *wc)
{
	switch (wc->status) {
	case IBV_WC_SUCCESS:
		return 0;
	case IBV_WC_WR_FLUSH_ERR:
		return -ECANCELED;
	case IBV_WC_LOC_LEN_ERR:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

int ipoib__verbs_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ipoib__verbs_errno();
	return 0;
}
