/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "attachment.h"

#include <errno.h>
#include <stddef.h>

#include <ipoib/mock.h>
#ifdef HAVE_VERBS
#include <ipoib/verbs.h>
#endif

#include "report.h"

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

bool attachment_take(struct attachment *attachment, int id, const char *value)
{
	switch (id) {
	case OPTION_FABRIC:
		attachment->fabric = value;
		return true;
	case OPTION_PORT:
		attachment->port = value;
		return true;
	case OPTION_DEVICE:
		attachment->device = value;
		return true;
	default:
		return false;
	}
}

bool attachment_has_devices(const char *what)
{
#ifdef HAVE_VERBS
	(void)what;
	return true;
#else
	report("%s: this %s was built without rdma-core, and knows simulated fabrics alone; build "
	       "it again with libibverbs, librdmacm and libibumad",
	       what, program_name);
	return false;
#endif
}

bool attachment_is_complete(const struct attachment *attachment)
{
	if (attachment->device != NULL) {
		if (attachment->fabric != NULL || attachment->port != NULL)
			report("--device is a port of an adapter, --fabric and --port are one of a "
			       "simulated fabric: give one or the other");
		else if (!is_given(attachment->device))
			report("--device: \"\" is not the port of an adapter, such as rxe0/1");
		else
			return attachment_has_devices("--device");
	} else if (!is_given(attachment->fabric)) {
		report("--fabric PATH is missing: where does the fabric listen? Or give --device, "
		       "such as --device rxe0/1, for an adapter");
	} else if (!is_given(attachment->port)) {
		report("--port is missing, such as --port host2/1");
	} else {
		return true;
	}
	return false;
}

const char *attachment_name(const struct attachment *attachment)
{
	return attachment->device != NULL ? attachment->device : attachment->port;
}

#ifdef HAVE_VERBS
static void report_device(const char *device, int error)
{
	switch (error) {
	case -ENODEV:
		report("device %s: this host has no such port of an adapter", device);
		return;
	case -EACCES:
	case -EPERM:
		report("device %s: /dev/infiniband may not be opened: its permissions, or the "
		       "limit of locked memory, are in the way",
		       device);
		return;
	case -ENOTSUP:
		report("device %s: its link layer is neither InfiniBand nor Ethernet", device);
		return;
	default:
		report("device %s: %s", device, error_text(error));
	}
}

static int open_device(struct ipoib_transport **out, struct ipoib_context *context,
		       const char *device)
{
	struct ipoib_verbs_config config = IPOIB_VERBS_CONFIG_INIT;
	int error;

	config.port = device;
	error = ipoib_verbs_open(out, context, &config);
	if (error)
		report_device(device, error);
	return error;
}
#else
static int open_device(struct ipoib_transport **out, struct ipoib_context *context,
		       const char *device)
{
	(void)out;
	(void)context;
	(void)device;
	return -ENOTSUP; /* attachment_has_devices() has said so */
}
#endif

int attachment_open(struct ipoib_transport **out, struct ipoib_context *context,
		    const struct attachment *attachment)
{
	int error;

	if (attachment->device != NULL)
		return open_device(out, context, attachment->device);
	error = ipoib_mock_connect(out, context, attachment->fabric, attachment->port);
	if (error)
		report_connect(attachment->fabric, attachment->port, error);
	return error;
}
