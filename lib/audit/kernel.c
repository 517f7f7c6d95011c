/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the kernel was built with, and the memory that it has free in large blocks. */
#include <string.h>

#include "audit/host.h"

#define OPTION "CONFIG_INFINIBAND_IPOIB_CM"

/* A kernel with pages of 4 KiB lists blocks of orders 0 to 10; with larger pages it has more. */
#define ORDERS 11
#define ORDER_WANTED 5 /* 128 KiB */

struct config {
	bool is_config; /* it has lines of one */
	bool is_on;
};

static int take_config(const char *line, void *user)
{
	struct config *config = user;

	config->is_config = config->is_config || strncmp(line, "CONFIG_", 7) == 0;
	config->is_on = config->is_on || strcmp(line, OPTION "=y") == 0;
	return 0;
}

/* As distributions install it: boot/config-RELEASE. An option that is off stands in it nowhere. */
static enum ipoib__audit_option read_option(const struct ipoib__audit_tree *tree)
{
	char release[IPOIB__AUDIT_VALUE], path[IPOIB__AUDIT_VALUE + sizeof("boot/config-")];
	struct config config = { .is_config = false };

	if (ipoib__audit_tree_text(tree, release, "proc/sys/kernel/osrelease") ||
	    !ipoib__audit_is_plain(release))
		return IPOIB__AUDIT_OPTION_UNKNOWN;
	memcpy(path, "boot/config-", sizeof("boot/config-"));
	memcpy(path + sizeof("boot/config-") - 1, release, strlen(release) + 1);
	if (ipoib__audit_tree_lines(tree, path, take_config, &config) || !config.is_config)
		return IPOIB__AUDIT_OPTION_UNKNOWN;
	return config.is_on ? IPOIB__AUDIT_OPTION_ON : IPOIB__AUDIT_OPTION_OFF;
}

/* The next number of a line that ends or goes on with a blank; false where there is none. */
static bool next_number(const char **rest, uint32_t *out)
{
	char digits[sizeof("4294967295")];
	const char *at = *rest + strspn(*rest, " ");
	size_t length = strcspn(at, " ");

	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, at, length);
	digits[length] = '\0';
	*rest = at + length;
	return ipoib__audit_number(out, digits) == 0;
}

/* "Node 0, zone   Normal  90112  40210 ...": free blocks of 1, 2, 4... pages. */
static int take_zone(const char *line, void *user)
{
	struct ipoib__audit_number *blocks = user;
	const char *rest = strstr(line, "zone ");
	uint32_t count;
	uint64_t sum = 0;
	unsigned order = 0;

	if (!rest)
		return 0;
	rest += sizeof("zone ") - 1;
	rest += strspn(rest, " ");

	/* The first 16 MiB are for old devices, and the last that anything else is given. */
	bool is_dma = strncmp(rest, "DMA ", 4) == 0;

	for (rest += strcspn(rest, " "); order < ORDERS && next_number(&rest, &count); order++)
		if (order >= ORDER_WANTED)
			sum += (uint64_t)count << (order - ORDER_WANTED);
	if (order < ORDERS || next_number(&rest, &count) || is_dma)
		return 0;
	sum += blocks->value;
	blocks->value = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
	blocks->known = true;
	return 0;
}

void ipoib__audit_read_kernel(struct ipoib__audit_host *host)
{
	host->connected_mode = read_option(&host->tree);
	host->min_free.known = ipoib__audit_tree_number(&host->tree, &host->min_free.value,
							"proc/sys/vm/min_free_kbytes") == 0;
	if (ipoib__audit_tree_lines(&host->tree, "proc/buddyinfo", take_zone, &host->blocks))
		host->blocks.known = false;
}
