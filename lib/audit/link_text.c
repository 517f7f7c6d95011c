/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The output of "ip -d link show", with or without -o:
 *
 *	7: ib0.8002@ib0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 65520 ...
 *	    link/infiniband 80:00:...
 *	    ipoib pkey  0x8002 mode  connected umcast  0000 addrgenmode eui64 ...
 */
#include <string.h>

#include "audit/link_info.h"

/* The longest of them with -o have 700 octets. */
#define LINE_MAX_LENGTH 2048

struct text {
	struct ipoib__audit_host *host;
	struct ipoib__audit_link_info info; /* of the interface whose lines these are */
};

/* A word that ends with a colon, without it; false for any other. */
static bool chop_colon(char *word)
{
	size_t length = strlen(word);

	if (length < 2 || word[length - 1] != ':')
		return false;
	word[length - 1] = '\0';
	return true;
}

static void take_header(struct text *text, char *index, char *name)
{
	struct ipoib__audit_link_info *info = &text->info;

	*info = (struct ipoib__audit_link_info){ .mode = IPOIB__AUDIT_MODE_UNKNOWN };
	if (!chop_colon(index) || !chop_colon(name))
		return;
	info->index.known = ipoib__audit_number(&info->index.value, index) == 0;

	/* "ib0.8002@if4": the parent is in another network namespace, and 4 is its index there. */
	size_t length = strcspn(name, "@");

	info->has_foreign_link = strncmp(name + length, "@if", 3) == 0 &&
				 name[length + 3] >= '0' && name[length + 3] <= '9';
	if (length < sizeof(info->name)) {
		memcpy(info->name, name, length);
		info->name[length] = '\0';
	}
}

static void take_pair(struct ipoib__audit_link_info *info, const char *word, const char *value)
{
	if (strcmp(word, "pkey") == 0)
		info->pkey.known = ipoib__audit_number(&info->pkey.value, value) == 0;
	else if (strcmp(word, "umcast") == 0)
		info->umcast.known = ipoib__audit_number(&info->umcast.value, value) == 0;
	else if (strcmp(word, "mode") == 0 && strcmp(value, "connected") == 0)
		info->mode = IPOIB__AUDIT_MODE_CONNECTED;
	else if (strcmp(word, "mode") == 0 && strcmp(value, "datagram") == 0)
		info->mode = IPOIB__AUDIT_MODE_DATAGRAM;
}

static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t\\");
	size_t length = strcspn(word, " \t\\");

	*rest = word + length;
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return length > 0 ? word : NULL;
}

/* "ipoib pkey 0x8002 mode connected umcast 0000": pairs behind the word that names the kind. */
static bool take_details(struct ipoib__audit_link_info *info, char *rest)
{
	char *word;

	while ((word = next_word(&rest)) != NULL)
		if (strcmp(word, "ipoib") == 0)
			break;
	for (unsigned i = 0; word && i < 3; i++) {
		char *name = next_word(&rest), *value = name ? next_word(&rest) : NULL;

		if (!value)
			break;
		take_pair(info, name, value);
	}
	return word != NULL;
}

static int take_line(const char *text_line, void *user)
{
	struct text *text = user;
	char line[LINE_MAX_LENGTH];

	if (strlen(text_line) >= sizeof(line))
		return 0;
	memcpy(line, text_line, strlen(text_line) + 1);

	char *rest = line;

	if (line[0] >= '0' && line[0] <= '9') {
		char *index = next_word(&rest), *name = next_word(&rest);

		take_header(text, index, name ? name : rest);
	}
	if (!take_details(&text->info, rest))
		return 0;

	struct ipoib__audit_interface *interface =
		ipoib__audit_host_find(text->host, text->info.name);

	if (interface)
		ipoib__audit_take_link_info(interface, &text->info);
	return 0;
}

void ipoib__audit_read_link_text(struct ipoib__audit_host *host)
{
	struct text text = { .host = host };

	(void)ipoib__audit_tree_lines(&host->tree, "ip-link", take_line, &text);
}
