/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tun_told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "tun_device.h"
#include "tun_port.h"

#define FLUSH_PATH "/proc/sys/net/ipv4/route/flush"
#define EXPIRES_PATH "/proc/sys/net/ipv4/route/mtu_expires"
#define EXPIRES_USUAL 600 /* seconds */

/*
 * The kernel may take an ICMP error from the device a moment after it was written; and neighbours
 * come back in bursts.
 */
#define DELAY_NS UINT64_C(20000000)
/* A flush costs each neighbour that still takes less another error. */
#define PAUSE_NS UINT64_C(1000000000)
/* Routes of IPv6 that are deleted in one go, by two system calls each. */
#define DELETIONS_MOST 64

#define NS_PER_SECOND 1e9

/* RFC 792, RFC 1191, RFC 4443 section 3.2: headers without options, and what the error quotes. */
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define ICMP_HEADER 8
#define ICMP_PROTOCOL 1
#define ICMP_UNREACHABLE 3
#define ICMP_FRAGMENTATION_NEEDED 4
#define ICMPV6_PROTOCOL 58
#define ICMPV6_PACKET_TOO_BIG 2

/* ---- entries ---- */

static struct tun_told_entry *set_of(struct tun_told *told, const struct ipoib_ip *ip)
{
	uint32_t hash = 2166136261U; /* FNV-1a; a set that is overrun costs a flush, no more */

	for (size_t i = 0; i < sizeof(ip->raw); i++)
		hash = (hash ^ ip->raw[i]) * 16777619U;
	return told->entries[(hash ^ hash >> 16) % TUN_TOLD_SETS];
}

static bool is_alive(const struct tun_told *told, const struct tun_told_entry *entry, uint64_t now)
{
	return entry->port != NULL && now - entry->time_ns < told->expires_ns;
}

static struct tun_told_entry *find(struct tun_told *told, const struct tun_port *port,
				   const struct ipoib_ip *ip)
{
	struct tun_told_entry *set = set_of(told, ip);
	uint64_t now = ipoib_clock_monotonic(NULL);

	for (size_t i = 0; i < TUN_TOLD_WAYS; i++)
		if (set[i].port == port && ipoib_ip_equal(&set[i].ip, ip) &&
		    is_alive(told, &set[i], now))
			return &set[i];
	return NULL;
}

/* The entry of this neighbour, a free one, or the oldest. */
static struct tun_told_entry *place_for(struct tun_told *told, struct tun_port *port,
					const struct ipoib_ip *ip)
{
	struct tun_told_entry *set = set_of(told, ip);
	struct tun_told_entry *oldest = &set[0];
	uint64_t now = ipoib_clock_monotonic(NULL);

	for (size_t i = 0; i < TUN_TOLD_WAYS; i++) {
		if (set[i].port == port && ipoib_ip_equal(&set[i].ip, ip))
			return &set[i];
		if (set[i].port == NULL || set[i].time_ns < oldest->time_ns)
			oldest = &set[i];
	}
	told->overflowed = told->overflowed || is_alive(told, oldest, now);
	*oldest = (struct tun_told_entry){ .port = port, .ip = *ip };
	return oldest;
}

/* ---- taking out ---- */

static void arm(struct tun_told *told, uint64_t delay_ns)
{
	ev_timer_set(&told->timer, (double)delay_ns / NS_PER_SECOND, 0.);
	ev_timer_start(told->loop, &told->timer);
}

static void outdate(struct tun_told *told, struct tun_told_entry *entry)
{
	entry->outdated = true;
	if (!ev_is_active(&told->timer))
		arm(told, DELAY_NS);
}

/* It is said once: the network works, but more slowly than it could for some minutes. */
static void refused(struct tun_told *told, const char *what, int error)
{
	if (!told->refused)
		report("the system cannot be made to forget that neighbours took short packets "
		       "only: %s: %s; it sends such to them for up to %u s (net.ipv4.route."
		       "mtu_expires)",
		       what, error_text(error),
		       (unsigned)((double)told->expires_ns / NS_PER_SECOND));
	told->refused = true;
}

static void clear(struct tun_told_entry *entry)
{
	entry->port->counters.mtu_taken_out++;
	*entry = (struct tun_told_entry){ .port = NULL };
}

static void clear_ipv4(struct tun_told *told)
{
	for (size_t i = 0; i < TUN_TOLD_SETS * TUN_TOLD_WAYS; i++) {
		struct tun_told_entry *entry = &told->entries[0][0] + i;

		if (entry->port && entry->ip.family == IPOIB_IPV4)
			clear(entry);
	}
}

/* Want of descriptors or memory is no refusal: it is tried again. */
static bool is_passing(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

static void flush_ipv4(struct tun_told *told, uint64_t now)
{
	int fd = open(FLUSH_PATH, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 || write(fd, "1", 1) != 1 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	told->flushed_ns = now;
	if (is_passing(error)) {
		arm(told, PAUSE_NS);
		return;
	}
	if (error)
		refused(told, FLUSH_PATH, error);
	told->overflowed = false;
	clear_ipv4(told);
}

/* Deletes the routes of IPv6 that are outdated. Returns whether addresses of IPv4 are as well. */
static bool delete_ipv6(struct tun_told *told, size_t *deletions)
{
	bool is_ipv4 = false;

	for (size_t i = 0; i < TUN_TOLD_SETS * TUN_TOLD_WAYS; i++) {
		struct tun_told_entry *entry = &told->entries[0][0] + i;

		if (!entry->outdated)
			continue;
		if (entry->ip.family == IPOIB_IPV4) {
			is_ipv4 = true;
		} else if (*deletions < DELETIONS_MOST) {
			int error = tun_device_forget_mtu(&entry->port->device, &entry->ip,
							  &entry->source);

			if (error)
				refused(told, "RTM_DELROUTE", error);
			clear(entry);
			++*deletions;
		}
	}
	return is_ipv4;
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct tun_told *told = timer->data;
	uint64_t now = ipoib_clock_monotonic(NULL);
	uint64_t due = told->flushed_ns == 0 ? now : told->flushed_ns + PAUSE_NS;
	size_t deletions = 0;
	bool is_ipv4 = delete_ipv6(told, &deletions);

	(void)loop;
	(void)events;
	if (is_ipv4 && now >= due)
		flush_ipv4(told, now);
	else if (is_ipv4)
		arm(told, due - now);
	if (deletions == DELETIONS_MOST)
		arm(told, DELAY_NS);
}

/* ---- what is heard ---- */

/*
 * Such an error comes from the neighbour itself, as far as the system can see: its source is where
 * the packet that it quotes was to go.
 */
static bool decode_ipv4(struct tun_told_entry *out, const uint8_t *packet, size_t length)
{
	const uint8_t *icmp = packet + IPV4_HEADER;
	const uint8_t *quoted = icmp + ICMP_HEADER;

	if (length < IPV4_HEADER + ICMP_HEADER + IPV4_HEADER || packet[0] != 0x45 ||
	    packet[9] != ICMP_PROTOCOL || icmp[0] != ICMP_UNREACHABLE ||
	    icmp[1] != ICMP_FRAGMENTATION_NEEDED || memcmp(packet + 12, quoted + 16, 4) != 0)
		return false;
	out->ip = ipoib_ip_from_ipv4(packet + 12);
	out->source = ipoib_ip_from_ipv4(packet + 16);
	out->mtu = (uint32_t)icmp[6] << 8 | icmp[7];
	return true;
}

static bool decode_ipv6(struct tun_told_entry *out, const uint8_t *packet, size_t length)
{
	const uint8_t *icmp = packet + IPV6_HEADER;
	const uint8_t *quoted = icmp + ICMP_HEADER;

	if (length < IPV6_HEADER + ICMP_HEADER + IPV6_HEADER || packet[0] >> 4 != 6 ||
	    packet[6] != ICMPV6_PROTOCOL || icmp[0] != ICMPV6_PACKET_TOO_BIG ||
	    memcmp(packet + 8, quoted + 24, 16) != 0)
		return false;
	out->ip = ipoib_ip_from_ipv6(packet + 8);
	out->source = ipoib_ip_from_ipv6(packet + 24);
	out->mtu = (uint32_t)icmp[4] << 24 | (uint32_t)icmp[5] << 16 | (uint32_t)icmp[6] << 8 |
		   icmp[7];
	return true;
}

void tun_told_packet(struct tun_told *told, struct tun_port *port, const uint8_t *packet,
		     size_t length)
{
	struct tun_told_entry heard;
	struct tun_told_entry *entry;
	uint32_t mtu;

	if (!decode_ipv4(&heard, packet, length) && !decode_ipv6(&heard, packet, length))
		return;
	entry = place_for(told, port, &heard.ip);
	entry->source = heard.source;
	entry->mtu = heard.mtu;
	entry->time_ns = ipoib_clock_monotonic(NULL);
	entry->outdated = false;
	entry->removed = false;
	port->counters.mtu_told++;
	/* Errors are told after events: this may be an older story than the last event's. */
	if (ipoib_neighbour_mtu(port->interface, &heard.ip, &mtu) == 0 && mtu > heard.mtu)
		outdate(told, entry);
}

void tun_told_mtu(struct tun_told *told, struct tun_port *port, const struct ipoib_ip *ip,
		  uint32_t mtu)
{
	struct tun_told_entry *entry = find(told, port, ip);

	/* What gave way may have been of this neighbour. */
	if (entry == NULL && told->overflowed) {
		entry = place_for(told, port, ip);
		entry->time_ns = ipoib_clock_monotonic(NULL);
	}
	if (entry && mtu > entry->mtu)
		outdate(told, entry);
}

/* The MTU of a new entry of the table is told only if it is less than the interface's. */
void tun_told_change(struct tun_told *told, struct tun_port *port,
		     const struct ipoib_neighbour_change *change)
{
	struct tun_told_entry *entry = find(told, port, &change->ip);
	uint32_t mtu;

	if (entry == NULL)
		return;
	if (change->type == IPOIB_NEIGHBOUR_REMOVED) {
		entry->removed = true;
	} else if (entry->removed && change->state != IPOIB_NEIGHBOUR_INCOMPLETE &&
		   ipoib_neighbour_mtu(port->interface, &change->ip, &mtu) == 0) {
		entry->removed = false;
		tun_told_mtu(told, port, &change->ip, mtu);
	}
}

const struct tun_told_entry *tun_told_find(struct tun_told *told, const struct tun_port *port,
					   const struct ipoib_ip *ip, uint64_t *age_ns)
{
	const struct tun_told_entry *entry = find(told, port, ip);

	if (entry)
		*age_ns = ipoib_clock_monotonic(NULL) - entry->time_ns;
	return entry;
}

static uint64_t read_expires(void)
{
	char text[24] = "";
	int fd = open(EXPIRES_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		close(fd);
	return (count > 0 ? strtoul(text, NULL, 10) : EXPIRES_USUAL) * UINT64_C(1000000000);
}

void tun_told_open(struct tun_told *told, struct ev_loop *loop)
{
	*told = (struct tun_told){ .loop = loop, .expires_ns = read_expires() };
	ev_timer_init(&told->timer, on_timer, 0., 0.);
	told->timer.data = told;
}

void tun_told_close(struct tun_told *told)
{
	if (told->loop)
		ev_timer_stop(told->loop, &told->timer);
}
