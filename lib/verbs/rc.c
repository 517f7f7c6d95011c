/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "verbs/rc.h"

#include <errno.h>

int ipoib__verbs_rc_open(struct ipoib__verbs *verbs)
{
	(void)verbs;
	return 0;
}

void ipoib__verbs_rc_close(struct ipoib__verbs *verbs)
{
	(void)verbs;
}

int ipoib__verbs_rc_ud_init(struct ipoib__verbs_ud *ud)
{
	return ud->attributes.connected_depth == 0 ? 0 : -ENOTSUP;
}

void ipoib__verbs_rc_ud_fini(struct ipoib__verbs_ud *ud)
{
	(void)ud;
}

bool ipoib__verbs_rc_completed(struct ipoib__verbs_ud *ud, const struct ibv_wc *wc,
			       struct ipoib_ud_completion *completion)
{
	(void)ud;
	(void)wc;
	(void)completion;
	return false;
}

bool ipoib__verbs_rc_take(struct ipoib__verbs_ud *ud, struct ipoib_ud_completion *completion)
{
	(void)ud;
	(void)completion;
	return false;
}

void ipoib__verbs_rc_async(struct ipoib__verbs *verbs, const struct ibv_async_event *event)
{
	(void)verbs;
	(void)event;
}

void ipoib__verbs_rc_port(struct ipoib__verbs *verbs)
{
	(void)verbs;
}

void ipoib__verbs_rc_process(struct ipoib__verbs *verbs, uint64_t now)
{
	(void)verbs;
	(void)now;
}

uint64_t ipoib__verbs_rc_deadline(const struct ipoib__verbs *verbs)
{
	(void)verbs;
	return IPOIB_NEVER;
}

bool ipoib__verbs_rc_next_event(struct ipoib__verbs *verbs, struct ipoib_transport_event *event)
{
	(void)verbs;
	(void)event;
	return false;
}

int ipoib__verbs_rc_listen(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t service_id)
{
	(void)verbs;
	(void)ud;
	(void)service_id;
	return -ENOTSUP;
}

int ipoib__verbs_rc_connect(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			    const struct ipoib_rc_attributes *attributes, void **rc)
{
	(void)verbs;
	(void)ud;
	(void)attributes;
	(void)rc;
	return -ENOTSUP;
}

int ipoib__verbs_rc_accept(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
			   uint64_t request, const struct ipoib_rc_attributes *attributes,
			   void **rc)
{
	(void)verbs;
	(void)ud;
	(void)request;
	(void)attributes;
	(void)rc;
	return -ENOTSUP;
}

void ipoib__verbs_rc_reject(struct ipoib__verbs *verbs, uint64_t request, uint16_t reason,
			    const void *private_data, size_t private_length)
{
	(void)verbs;
	(void)request;
	(void)reason;
	(void)private_data;
	(void)private_length;
}

void ipoib__verbs_rc_destroy(struct ipoib__verbs *verbs, void *rc)
{
	(void)verbs;
	(void)rc;
}

int ipoib__verbs_rc_post_send(struct ipoib__verbs *verbs, void *rc,
			      const struct ipoib_rc_send *sends, size_t count)
{
	(void)verbs;
	(void)rc;
	(void)sends;
	(void)count;
	return -ENOTSUP;
}

int ipoib__verbs_rc_post_receive(struct ipoib__verbs *verbs, struct ipoib__verbs_ud *ud,
				 const struct ipoib_ud_receive *receives, size_t count)
{
	(void)verbs;
	(void)ud;
	(void)receives;
	(void)count;
	return -ENOTSUP;
}
