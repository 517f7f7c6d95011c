/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ping_traffic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "partition.h"
#include "ping_send.h"
#include "report.h"

/* How soon a request is tried again for which there was no room: a millisecond. */
#define RETRY_NS UINT64_C(1000000)

/* ---- what comes in ---- */

/* As Linux answers: by a packet that may be cut. A lost answer is a lost packet. */
static void answer_request(struct ping *ping, const struct ping_echo *request)
{
	struct ping_echo reply = *request;
	uint32_t mtu;

	if (!ipoib_ip_equal(&request->destination, &ping->options.address.ip))
		return;
	reply.type = PING_REPLY;
	reply.source = request->destination;
	reply.destination = request->source;
	reply.dont_fragment = false;
	reply.identification = ping->answers++;
	memcpy(ping->packet + PING_HEADERS, request->data, request->data_length);
	ping_packet_write(ping->packet, &reply);
	ping_send(ping->interface, &reply.destination, ping->packet,
		  PING_HEADERS + reply.data_length, &mtu);
}

static bool is_ours(const struct ping *ping, const struct ping_echo *echo)
{
	return !ping->options.listen && echo->identifier == ping->identifier;
}

/* Whether an answer comes from where it should; of a group everybody may answer. */
static bool is_asked(const struct ping *ping, const struct ping_echo *echo)
{
	return ping->options.to_group ||
	       ipoib_ip_equal(&echo->source, &ping->options.destination);
}

void ping_traffic_receive(struct ipoib_interface *interface, struct ipoib_buffer *const *packets,
			  size_t count, void *user)
{
	struct ping *ping = user;
	struct ping_echo echo;

	(void)interface;
	for (size_t i = 0; i < count; i++) {
		size_t length = ipoib_buffer_length(packets[i]);
		const uint8_t *packet = ping_reassembly_take(
			&ping->reassembly, ipoib_buffer_data(packets[i]), &length, ping_now(ping));

		if (packet == NULL || !ping_packet_parse(packet, length, &echo))
			continue;
		if (echo.type == PING_REQUEST)
			answer_request(ping, &echo);
		else if (is_ours(ping, &echo) && is_asked(ping, &echo))
			ping_record_reply(ping->record, &echo, ping_now(ping));
	}
}

static void too_long(struct ping *ping, uint32_t mtu)
{
	ping->learnt_mtu = mtu;
	ping_record_too_long(ping->record, mtu);
}

void ping_traffic_undelivered(struct ipoib_interface *interface, struct ipoib_buffer *packet,
			      const struct ipoib_undelivered *fate, void *user)
{
	struct ping *ping = user;
	struct ping_echo echo;
	char why[80];

	(void)interface;
	if (!ping_packet_parse(ipoib_buffer_data(packet), ipoib_buffer_length(packet), &echo) ||
	    echo.type != PING_REQUEST || !is_ours(ping, &echo))
		return;
	switch (fate->reason) {
	case IPOIB_SEND_DROP_UNREACHABLE:
	case IPOIB_SEND_DROP_NO_PATH:
		ping_record_unreachable(ping->record, echo.sequence);
		return;
	case IPOIB_SEND_DROP_TOO_BIG:
		too_long(ping, fate->mtu);
		return;
	case IPOIB_SEND_DROP_CLOSED:
		return; /* the statistics are printed already; it counts as lost */
	default:
		snprintf(why, sizeof(why), "icmp_seq=%u not sent: %s", (unsigned)echo.sequence,
			 ipoib_send_drop_name(fate->reason));
		ping_record_failed(ping->record, why);
	}
}

/* Nothing is sent before the address is ours: it is probed first. */
static void on_ready(struct ping *ping)
{
	if (ping->was_up)
		return;
	if (ping->options.listen)
		announce_ready();
	else
		ping_record_begin(ping->record);
	ping->up = true;
	ping->was_up = true;
}

static void on_up(struct ping *ping)
{
	if (!ping->was_up)
		return;
	report("port %s is back", ping_port(ping));
	ping->up = true;
}

static void on_conflict(const struct ping *ping, const struct ipoib_event *event)
{
	char ip[IPOIB_IP_TEXT];
	char link_address[IPOIB_LINK_ADDRESS_TEXT];

	report("address %s is used by %s as well%s", ipoib_ip_format(&event->ip, ip),
	       ipoib_link_address_format(&event->link_address, link_address),
	       ping->was_up ? "" : "; it is tried again");
}

static void on_down(struct ping *ping, int status)
{
	if (ping->up)
		report("port %s is down%s%s", ping_port(ping), status ? ": " : "",
		       status ? error_text(status) : "");
	ping->up = false;
}

/* It may be there, and not hear us. */
static void on_failed(struct ping *ping)
{
	char text[PARTITION_TEXT];

	if (ping->partition_told || !partition_is_limited(ping->interface))
		return;
	report("%s", partition_text(ping->interface, text));
	ping->partition_told = true;
}

void ping_traffic_event(struct ipoib_interface *interface, const struct ipoib_event *event,
			void *user)
{
	struct ping *ping = user;

	(void)interface;
	if (event->type == IPOIB_EVENT_UP)
		on_up(ping);
	else if (event->type == IPOIB_EVENT_DOWN)
		on_down(ping, event->status);
	else if (event->type == IPOIB_EVENT_ADDRESS_READY)
		on_ready(ping);
	else if (event->type == IPOIB_EVENT_ADDRESS_CONFLICT)
		on_conflict(ping, event);
	else if (event->type == IPOIB_EVENT_NEIGHBOUR_FAILED &&
		 ipoib_ip_equal(&event->ip, &ping->options.destination))
		on_failed(ping);
	else if (event->type == IPOIB_EVENT_NEIGHBOUR_MTU &&
		 ipoib_ip_equal(&event->ip, &ping->options.destination))
		ping->learnt_mtu = event->mtu;
}

/* ---- what goes out ---- */

/* The kernel's rule for -M: with "want" DF is set as long as the packet fits what was learnt. */
static bool must_stay_whole(const struct ping *ping, size_t length)
{
	switch (ping->options.discovery) {
	case PING_DISCOVERY_DO:
		return true;
	case PING_DISCOVERY_WANT:
		return ping->learnt_mtu == 0 || length <= ping->learnt_mtu;
	default:
		return false;
	}
}

/* Returns 0 or a negative errno, with the MTU. */
static int hand_over(struct ping *ping, uint16_t sequence, uint32_t *mtu)
{
	size_t length = PING_HEADERS + ping->options.size;
	const struct ping_echo echo = {
		.type = PING_REQUEST,
		.dont_fragment = must_stay_whole(ping, length),
		.identification = sequence,
		.identifier = ping->identifier,
		.sequence = sequence,
		.source = ping->options.address.ip,
		.destination = ping->options.destination,
		.data_length = ping->options.size,
	};

	ping_packet_write(ping->packet, &echo);
	return ping_send(ping->interface, &echo.destination, ping->packet, length, mtu);
}

void ping_traffic_request(struct ping *ping, uint64_t now)
{
	uint16_t sequence = (uint16_t)(ping->record->transmitted + 1);
	uint32_t mtu = 0;

	/* Noted before it is sent, because an answer may come from within. */
	uint64_t transmitted = ping->record->transmitted;

	ping_record_sent(ping->record, sequence, now);

	int error = hand_over(ping, sequence, &mtu);

	if (error == -EAGAIN) {
		ping->record->transmitted = transmitted;
		ping->next_ns = now + RETRY_NS;
		return;
	}
	ping->last_ns = now;
	/* The rhythm is kept, but what was missed is not sent in a burst. */
	ping->next_ns += ping->options.interval_ns;
	if (ping->next_ns <= now)
		ping->next_ns = now + ping->options.interval_ns;
	if (error == -EMSGSIZE)
		too_long(ping, mtu);
	else if (error == -EHOSTUNREACH)
		ping_record_unreachable(ping->record, sequence);
	else if (error)
		ping_record_failed(ping->record, error_text(error));
}
