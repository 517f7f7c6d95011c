/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fabric_kernel.h"

#include <errno.h>
#include <string.h>

#include "report.h"

/* The name of a port has no "=" in it, the path of a device may: the last one counts. */
static bool split(const char *text, char path[KERNEL_PORT_PATH], const char **port)
{
	const char *equals = strrchr(text, '=');
	size_t length = equals == NULL ? strlen(text) : (size_t)(equals - text);

	if (length == 0 || length >= KERNEL_PORT_PATH)
		return false;
	memcpy(path, text, length);
	path[length] = '\0';
	*port = equals == NULL ? NULL : equals + 1;
	return true;
}

bool kernel_ports_add(struct kernel_ports *ports, const char *text)
{
	char path[KERNEL_PORT_PATH];
	const char *port;

	if (!split(text, path, &port)) {
		report("--kernel-port %s: a device is wanted, such as /dev/vhca0", text);
		return false;
	}
	if (ports->count == KERNEL_PORTS_MAX) {
		report("--kernel-port %s: there are %d before it, and no room for more", text,
		       KERNEL_PORTS_MAX);
		return false;
	}
	ports->given[ports->count++] = text;
	return true;
}

static void explain(const char *text, int error)
{
	switch (error) {
	case -ENOENT:
		report("--kernel-port %s: no such device or no such port; ports are named host1/1, "
		       "host1/2, ..., as far as --hosts and --ports go",
		       text);
		break;
	case -EBUSY:
		report("--kernel-port %s: another process has the device, the port is attached "
		       "already or none is free (--hosts makes more), or a port has its GUID",
		       text);
		break;
	case -ENODEV:
		report("--kernel-port %s: this is not the device of a virtual HCA", text);
		break;
	case -EPROTO:
		report("--kernel-port %s: its port cannot be used; with --external-sm the "
		       "module is to be loaded with sma=1",
		       text);
		break;
	case -ENOTSUP:
		report("--kernel-port %s: only Linux has such devices", text);
		break;
	default:
		report("--kernel-port %s: %s", text, error_text(error));
	}
}

int kernel_ports_attach(const struct kernel_ports *ports, struct ipoib_fabric *fabric)
{
	for (size_t i = 0; i < ports->count; i++) {
		char path[KERNEL_PORT_PATH];
		const char *port = NULL;
		int error = -EINVAL;

		if (split(ports->given[i], path, &port))
			error = ipoib_fabric_attach_device(fabric, path, port);
		if (error) {
			explain(ports->given[i], error);
			return error;
		}
	}
	return 0;
}
