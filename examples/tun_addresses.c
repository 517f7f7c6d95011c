/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_addresses.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

/* RFC 8200 section 5: a link with less has no IPv6, and the system takes its addresses away. */
#define IPV6_MTU_MIN 1280
/* RFC 4291 section 2.5.6. */
#define LINK_LOCAL_PREFIX 64

static struct tun_address *find(struct tun_addresses *addresses, const struct ipoib_ip *ip)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->at[i].binding && ipoib_ip_equal(&addresses->at[i].subnet.ip, ip))
			return &addresses->at[i];
	return NULL;
}

static int bind_address(struct tun_addresses *addresses, struct tun_address *address)
{
	int error = ipoib_binding_open(&address->binding, addresses->interface,
				       &address->subnet.ip, address->subnet.prefix_length);
	char text[IPOIB_IP_TEXT];

	if (error)
		report("interface %s: address %s/%u: %s", addresses->device->name,
		       ipoib_ip_format(&address->subnet.ip, text), address->subnet.prefix_length,
		       error_text(error));
	return error;
}

/*
 * With its first address of a subnet a device loses the others of that subnet too, unless
 * net.ipv4.conf.*.promote_secondaries is set: they are given to it again.
 */
static void take_from_device(struct tun_addresses *addresses, struct tun_address *address)
{
	if (!address->on_device)
		return;
	tun_device_remove_address(addresses->device, &address->subnet);
	address->on_device = false;
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->at[i].on_device)
			tun_device_add_address(addresses->device, &addresses->at[i].subnet);
}

static void unbind(struct tun_addresses *addresses, struct tun_address *address)
{
	ipoib_binding_close(address->binding);
	address->binding = NULL;
	take_from_device(addresses, address);
}

static bool has_any(const struct tun_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->at[i].binding)
			return true;
	report("interface %s: no address is left that it could have", addresses->device->name);
	return false;
}

int tun_addresses_open(struct tun_addresses *addresses, struct ipoib_interface *interface,
		       const struct tun_device *device,
		       const struct tun_interface_options *options)
{
	*addresses = (struct tun_addresses){ .interface = interface, .device = device,
					     .ipv6 = tun_device_ipv6(device) };
	if (addresses->ipv6 == TUN_IPV6_DISABLED)
		report("interface %s: goes without IPv6: it is switched off by "
		       "net.ipv6.conf.%s.disable_ipv6, or by that of \"default\" or \"all\"",
		       device->name, device->name);
	for (size_t i = 0; i < options->address_count; i++) {
		struct tun_address *address = &addresses->at[addresses->count++];

		address->subnet = options->addresses[i];
		if (address->subnet.ip.family == IPOIB_IPV6 && addresses->ipv6 != TUN_IPV6_THERE)
			continue;

		int error = bind_address(addresses, address);

		if (error)
			return error;
	}
	return has_any(addresses) ? 0 : -EAFNOSUPPORT;
}

void tun_addresses_close(struct tun_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		ipoib_binding_close(addresses->at[i].binding);
	addresses->count = 0;
}

/* The place of the link-local address is behind those of the command line. */
static int bind_link_local(struct tun_addresses *addresses, const struct ipoib_ip *ip)
{
	struct tun_address *address = &addresses->at[addresses->count];

	if (find(addresses, ip))
		return 0; /* the command line has it */
	*address = (struct tun_address){
		.subnet = { .ip = *ip, .prefix_length = LINK_LOCAL_PREFIX }, .from_guid = true,
	};
	addresses->count++;
	return bind_address(addresses, address);
}

static void leave_ipv6_out(struct tun_addresses *addresses, uint32_t mtu)
{
	report("interface %s: goes without IPv6: that needs an MTU of %d at least, and this one "
	       "is %u",
	       addresses->device->name, IPV6_MTU_MIN, (unsigned)mtu);
	addresses->ipv6 = TUN_IPV6_ABSENT;
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->at[i].subnet.ip.family == IPOIB_IPV6)
			unbind(addresses, &addresses->at[i]);
}

int tun_addresses_first_up(struct tun_addresses *addresses, uint32_t mtu,
			   const struct ipoib_gid *gid)
{
	struct ipoib_ip ip;

	if (addresses->ipv6 != TUN_IPV6_THERE)
		return 0;
	if (mtu < IPV6_MTU_MIN) {
		leave_ipv6_out(addresses, mtu);
		return has_any(addresses) ? 0 : -EAFNOSUPPORT;
	}

	int error = tun_device_no_link_local(addresses->device);

	if (!error && ipoib_ip_link_local(&ip, gid) == 0)
		error = bind_link_local(addresses, &ip);
	return error;
}

static uint32_t state_of(const struct tun_address *address)
{
	struct ipoib_binding_info info = { .size = sizeof(info) };

	return ipoib_binding_info(address->binding, &info) == 0 ? info.state : 0;
}

/* In their order, because the first of a subnet is the source that the system prefers. */
int tun_addresses_put_ready(struct tun_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++) {
		struct tun_address *address = &addresses->at[i];
		uint32_t state = address->binding ? state_of(address) : 0;

		if (address->on_device)
			continue;
		if (state == IPOIB_BINDING_WAITING || state == IPOIB_BINDING_PROBING)
			return 0; /* another event will tell */
		if (state != IPOIB_BINDING_READY)
			continue;

		int error = tun_device_add_address(addresses->device, &address->subnet);

		address->on_device = !error;
		if (error && address->subnet.ip.family == IPOIB_IPV4)
			return error;
		if (error)
			unbind(addresses, address); /* switched off meanwhile: IPv4 goes on */
	}
	return 0;
}

void tun_addresses_lost(struct tun_addresses *addresses, const struct ipoib_ip *ip)
{
	struct tun_address *address = find(addresses, ip);

	if (address)
		take_from_device(addresses, address);
}

void tun_addresses_set_gid(struct tun_addresses *addresses, const struct ipoib_gid *gid)
{
	struct ipoib_ip ip;

	if (addresses->ipv6 != TUN_IPV6_THERE || ipoib_ip_link_local(&ip, gid) != 0)
		return;
	for (size_t i = 0; i < addresses->count; i++) {
		struct tun_address *address = &addresses->at[i];

		if (!address->from_guid || ipoib_ip_equal(&address->subnet.ip, &ip))
			continue;

		char text[IPOIB_IP_TEXT];

		report("interface %s: the port has another GID; its link-local address is %s now",
		       addresses->device->name, ipoib_ip_format(&ip, text));
		unbind(addresses, address);
		address->subnet.ip = ip;
		bind_address(addresses, address);
	}
}

void tun_addresses_set_mtu(struct tun_addresses *addresses, uint32_t mtu)
{
	if (addresses->ipv6 == TUN_IPV6_THERE && mtu < IPV6_MTU_MIN)
		leave_ipv6_out(addresses, mtu);
}

static void describe(const struct tun_address *address, const struct ipoib_binding_info *info,
		     char text[TUN_WAIT_TEXT])
{
	char ip[IPOIB_IP_TEXT];
	char other[IPOIB_LINK_ADDRESS_TEXT];

	ipoib_ip_format(&address->subnet.ip, ip);
	if (info->state == IPOIB_BINDING_CONFLICT)
		snprintf(text, TUN_WAIT_TEXT, "the address %s, which %s uses as well", ip,
			 ipoib_link_address_format(&info->conflicting, other));
	else
		snprintf(text, TUN_WAIT_TEXT, "the address %s to be found free by probing", ip);
}

bool tun_addresses_wait_for(const struct tun_addresses *addresses, char text[TUN_WAIT_TEXT])
{
	for (size_t i = 0; i < addresses->count; i++) {
		const struct tun_address *address = &addresses->at[i];
		struct ipoib_binding_info info = { .size = sizeof(info) };

		if (address->binding == NULL || address->on_device ||
		    ipoib_binding_info(address->binding, &info) != 0)
			continue;
		describe(address, &info, text);
		return true;
	}
	return false;
}
