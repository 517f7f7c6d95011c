/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The order of reading: which interfaces there are, of each what there is, and then the rest. */
#include "audit/host.h"

#include <errno.h>
#include <string.h>

#define ARPHRD_INFINIBAND 32
#define ARPHRD_LOOPBACK 772

/* Names of all network interfaces, in blocks of a size that doubles. */
struct names {
	struct ipoib__audit_host *host;
	char (*at)[IPOIB__AUDIT_NAME];
	size_t count;
	size_t room;
};

static int grow_names(struct names *names)
{
	size_t room = names->room ? 2 * names->room : 64;
	void *at = ipoib__memory_get_array(names->host->memory, room, sizeof(*names->at));

	if (!at)
		return -ENOMEM;
	if (names->count > 0)
		memcpy(at, names->at, names->count * sizeof(*names->at));
	ipoib__memory_put(names->host->memory, names->at, names->room * sizeof(*names->at));
	names->at = at;
	names->room = room;
	return 0;
}

static int take_name(const char *name, void *user)
{
	struct names *names = user;
	int error;

	if (strlen(name) >= IPOIB__AUDIT_NAME || !ipoib__audit_is_plain(name)) {
		names->host->odd_names++;
		return 0;
	}
	if (names->count == IPOIB__AUDIT_NAMES_MAX)
		return -ENOBUFS; /* which no call for a file or a directory says */
	error = names->count == names->room ? grow_names(names) : 0;
	if (!error)
		memcpy(names->at[names->count++], name, strlen(name) + 1);
	return error;
}

static void exchange(char a[IPOIB__AUDIT_NAME], char b[IPOIB__AUDIT_NAME])
{
	char c[IPOIB__AUDIT_NAME];

	memcpy(c, a, sizeof(c));
	memcpy(a, b, sizeof(c));
	memcpy(b, c, sizeof(c));
}

static void sift(char (*at)[IPOIB__AUDIT_NAME], size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && strcmp(at[child + 1], at[child]) > 0)
			child++;
		if (strcmp(at[root], at[child]) >= 0)
			return;
		exchange(at[root], at[child]);
	}
}

/* A heap: qsort() may allocate, and not from our allocator. */
static void sort(char (*at)[IPOIB__AUDIT_NAME], size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sift(at, i - 1, count);
	for (size_t i = count; i > 1; i--) {
		exchange(at[0], at[i - 1]);
		sift(at, 0, i - 1);
	}
}

static int read_one(struct ipoib__audit_host *host, const char *name)
{
	struct ipoib__audit_interface *interface;
	uint32_t type;

	if (ipoib__audit_tree_number(&host->tree, &type, "sys/class/net/%s/type", name))
		return 0;
	if (type != ARPHRD_INFINIBAND) {
		host->has_others = host->has_others || type != ARPHRD_LOOPBACK;
		return 0;
	}
	if (host->n_interfaces == IPOIB__AUDIT_INTERFACES_MAX) {
		host->has_too_many = true;
		return 0;
	}
	interface = ipoib__audit_host_add(host, name);
	if (!interface)
		return -ENOMEM;
	ipoib__audit_read_interface(&host->tree, interface);
	return 0;
}

static int read_ports(struct ipoib__audit_host *host)
{
	ipoib__audit_read_children(host);
	for (size_t i = 0; i < host->n_interfaces; i++) {
		struct ipoib__audit_interface *interface = &host->interfaces[i];
		int error = interface->has_parent ? 0 : ipoib__audit_read_port(host, interface);

		if (error)
			return error;
	}
	ipoib__audit_take_after_parents(host);
	return 0;
}

static int read_interfaces(struct ipoib__audit_host *host)
{
	struct names names = { .host = host };
	int error = ipoib__audit_tree_list(&host->tree, "sys/class/net", take_name, &names);

	if (!error)
		sort(names.at, names.count);
	for (size_t i = 0; i < names.count && !error; i++)
		error = read_one(host, names.at[i]);
	ipoib__memory_put(host->memory, names.at, names.room * sizeof(*names.at));
	return error ? error : read_ports(host);
}

static int nothing(const char *name, void *user)
{
	(void)name;
	(void)user;
	return 0;
}

static int read_all(struct ipoib__audit_host *host)
{
	int error = ipoib__audit_tree_list(&host->tree, "proc/sys/net/ipv4", nothing, NULL);

	if (!error)
		error = read_interfaces(host);
	if (error)
		return error;
	ipoib__audit_read_sysctls(&host->tree, "all", host->all);
	ipoib__audit_read_tables(host);
	ipoib__audit_read_kernel(host);
	return ipoib__audit_read_routes(host);
}

int ipoib__audit_host_read(struct ipoib__audit_host *host, struct ipoib__memory *memory,
			   const char *root)
{
	*host = (struct ipoib__audit_host){ .memory = memory };
	int error = ipoib__audit_tree_open(&host->tree, root);

	if (error)
		return error;
	host->is_running = ipoib__audit_tree_is_running(&host->tree);
	error = read_all(host);
	ipoib__audit_tree_close(&host->tree);
	if (error)
		ipoib__audit_host_end(host);
	return error;
}
