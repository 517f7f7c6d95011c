/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>

#include "base/sized.h"
#include "verbs/device.h"
#include "verbs/name.h"
#include "verbs/transport.h"
#include "verbs/verbs.h"

IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_verbs_config, flags, 24);

#define FLAGS (IPOIB_VERBS_NO_HUGE_PAGES | IPOIB_VERBS_NO_UMAD)

int ipoib_verbs_open(struct ipoib_transport **out, struct ipoib_context *context,
		     const struct ipoib_verbs_config *config)
{
	struct ipoib_verbs_config own = IPOIB_VERBS_CONFIG_INIT;
	struct ipoib__verbs_name name;
	struct ipoib__verbs *verbs;
	int status = ipoib__sized_in(&own, sizeof(own), CONFIG_FIRST, config, config->size);

	if (status < 0)
		return status;
	if ((own.flags & ~FLAGS) != 0 || own.gid_index < -1 ||
	    ipoib__verbs_name_parse(&name, own.port) < 0)
		return -EINVAL;
	status = ipoib__verbs_new(&verbs, context, &own, &name);
	if (status < 0)
		return status;
	status = ipoib_transport_new(out, context, &ipoib__verbs_ops, verbs);
	if (status < 0) {
		ipoib__verbs_free(verbs);
		return status;
	}
	verbs->transport = *out;
	status = ipoib__verbs_watch(verbs);
	if (status < 0) {
		ipoib_transport_unref(*out);
		*out = NULL;
	}
	return status;
}
