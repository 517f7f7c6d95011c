/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "resolve_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *status_text(int status)
{
	switch (status) {
	case 0:
		return "resolved";
	case -EINPROGRESS:
		return "no answer yet";
	case -ENETDOWN:
		return "link down";
	default:
		return "unreachable";
	}
}

static bool is_known(const struct ipoib_resolution *resolution)
{
	return ipoib_link_address_qpn(&resolution->link_address) != 0;
}

void resolve_text_print(const struct ipoib_resolution *resolution)
{
	const struct ipoib_path_record *path = &resolution->path;
	char ip[IPOIB_IP_TEXT], link_address[IPOIB_LINK_ADDRESS_TEXT];

	printf("%s", ipoib_ip_format(&resolution->ip, ip));
	if (is_known(resolution))
		printf(" lladdr %s", ipoib_link_address_format(&resolution->link_address,
							       link_address));
	if (resolution->status != 0) {
		printf(" %s\n", status_text(resolution->status));
		return;
	}
	if (path->dlid != 0)
		printf(" lid %" PRIu16 " sl %" PRIu8, path->dlid, path->sl);
	printf(" rate %" PRIu32 " path-mtu %" PRIu32 " mtu %" PRIu32 "\n", resolution->rate_mbps,
	       path->mtu, resolution->mtu);
}

static json_t *path_json(const struct ipoib_resolution *resolution)
{
	const struct ipoib_path_record *path = &resolution->path;
	char dgid[IPOIB_IP_TEXT], sgid[IPOIB_IP_TEXT];

	if (resolution->status != 0)
		return json_null();
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:I, s:i, s:I, s:i, s:i}", "dgid",
			 ipoib_gid_format(&path->dgid, dgid), "sgid",
			 ipoib_gid_format(&path->sgid, sgid), "dlid", (int)path->dlid, "slid",
			 (int)path->slid, "pkey", (int)path->pkey, "sl", (int)path->sl,
			 "rate_mbps", (json_int_t)resolution->rate_mbps, "hop_limit",
			 (int)path->hop_limit, "mtu", (json_int_t)path->mtu, "packet_life",
			 (int)path->packet_life, "traffic_class", (int)path->traffic_class);
}

json_t *resolve_json(const struct ipoib_resolution *resolution)
{
	char ip[IPOIB_IP_TEXT], link_address[IPOIB_LINK_ADDRESS_TEXT], text[IPOIB_IP_TEXT];
	struct ipoib_gid gid = ipoib_link_address_gid(&resolution->link_address);

	ipoib_ip_format(&resolution->ip, ip);
	if (!is_known(resolution))
		return json_pack("{s:s, s:s, s:n, s:n, s:n, s:n, s:n, s:n}", "ip", ip, "status",
				 status_text(resolution->status), "link_address", "gid", "qpn",
				 "flags", "mtu", "path");
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:i, s:o, s:o}", "ip", ip, "status",
		status_text(resolution->status), "link_address",
		ipoib_link_address_format(&resolution->link_address, link_address), "gid",
		ipoib_gid_format(&gid, text), "qpn",
		(json_int_t)ipoib_link_address_qpn(&resolution->link_address), "flags",
		(int)ipoib_link_address_flags(&resolution->link_address), "mtu",
		resolution->status == 0 ? json_integer(resolution->mtu) : json_null(), "path",
		path_json(resolution));
}
