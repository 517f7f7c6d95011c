/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names of enumerated values, as programs print them. */
#include <ipoib/connection.h>

#include "interface/interface.h"

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

static const char *name_of(const char *const *names, size_t count, uint32_t value)
{
	return value < count ? names[value] : NULL;
}

const char *ipoib_send_drop_name(unsigned reason)
{
	static const char *const names[IPOIB_SEND_DROPS] = {
		[IPOIB_SEND_DROP_UNREACHABLE] = "unreachable",
		[IPOIB_SEND_DROP_NO_PATH] = "no-path",
		[IPOIB_SEND_DROP_NO_GROUP] = "no-group",
		[IPOIB_SEND_DROP_QUEUE_FULL] = "queue-full",
		[IPOIB_SEND_DROP_QUEUE_AGE] = "queue-age",
		[IPOIB_SEND_DROP_TOO_BIG] = "too-big",
		[IPOIB_SEND_DROP_TRANSPORT] = "transport",
		[IPOIB_SEND_DROP_LINK_DOWN] = "link-down",
		[IPOIB_SEND_DROP_NO_MEMORY] = "no-memory",
		[IPOIB_SEND_DROP_CLOSED] = "closed",
		[IPOIB_SEND_DROP_EVICTED] = "evicted",
	};

	return name_of(names, COUNT(names), reason);
}

const char *ipoib_receive_drop_name(unsigned reason)
{
	static const char *const names[IPOIB_RECEIVE_DROPS] = {
		[IPOIB_RECEIVE_DROP_SHORT] = "short",
		[IPOIB_RECEIVE_DROP_TYPE] = "type",
		[IPOIB_RECEIVE_DROP_MALFORMED] = "malformed",
		[IPOIB_RECEIVE_DROP_OWN] = "own",
		[IPOIB_RECEIVE_DROP_NO_CALLBACK] = "no-callback",
		[IPOIB_RECEIVE_DROP_TRANSPORT] = "transport",
		[IPOIB_RECEIVE_DROP_NO_BUFFER] = "no-buffer",
	};

	return name_of(names, COUNT(names), reason);
}

const char *ipoib_event_name(uint32_t type)
{
	static const char *const names[] = {
		[IPOIB_EVENT_UP] = "up",
		[IPOIB_EVENT_DOWN] = "down",
		[IPOIB_EVENT_MTU] = "mtu",
		[IPOIB_EVENT_SEND_ROOM] = "send-room",
		[IPOIB_EVENT_PORT] = "port",
		[IPOIB_EVENT_JOIN_FAILED] = "join-failed",
		[IPOIB_EVENT_NEIGHBOUR_FAILED] = "neighbour-failed",
		[IPOIB_EVENT_NEIGHBOUR_MOVED] = "neighbour-moved",
		[IPOIB_EVENT_DEVICE_GONE] = "device-gone",
		[IPOIB_EVENT_NEIGHBOUR_MTU] = "neighbour-mtu",
		[IPOIB_EVENT_NEIGHBOUR_FLUX] = "neighbour-flux",
		[IPOIB_EVENT_ADDRESS_CONFLICT] = "address-conflict",
		[IPOIB_EVENT_ADDRESS_READY] = "address-ready",
		[IPOIB_EVENT_SAME_LINK] = "same-link",
		[IPOIB_EVENT_SAME_SUBNET] = "same-subnet",
		[IPOIB_EVENT_PATH_STALE] = "path-stale",
		[IPOIB_EVENT_CONNECTION_FOREIGN] = "connection-foreign",
		[IPOIB_EVENT_BUFFERS] = "buffers",
		[IPOIB_EVENT_MEMBERSHIP] = "membership",
		[IPOIB_EVENT_CONNECTION_LOST] = "connection-lost",
	};

	return name_of(names, COUNT(names), type);
}

const char *ipoib_pkey_membership_name(uint32_t membership)
{
	static const char *const names[] = {
		[IPOIB_PKEY_MEMBERSHIP_NONE] = "none",
		[IPOIB_PKEY_MEMBERSHIP_LIMITED] = "limited",
		[IPOIB_PKEY_MEMBERSHIP_FULL] = "full",
	};

	return name_of(names, COUNT(names), membership);
}

const char *ipoib_neighbour_state_name(uint32_t state)
{
	static const char *const names[] = {
		[IPOIB_NEIGHBOUR_INCOMPLETE] = "INCOMPLETE",
		[IPOIB_NEIGHBOUR_REACHABLE] = "REACHABLE",
		[IPOIB_NEIGHBOUR_STALE] = "STALE",
		[IPOIB_NEIGHBOUR_DELAY] = "DELAY",
		[IPOIB_NEIGHBOUR_PROBE] = "PROBE",
		[IPOIB_NEIGHBOUR_FAILED] = "FAILED",
		[IPOIB_NEIGHBOUR_PERMANENT] = "PERMANENT",
	};

	return name_of(names, COUNT(names), state);
}

const char *ipoib_flux_policy_name(uint32_t policy)
{
	static const char *const names[] = {
		[IPOIB_FLUX_CONFIRM] = "confirm",
		[IPOIB_FLUX_ACCEPT] = "accept",
		[IPOIB_FLUX_PIN] = "pin",
		[IPOIB_FLUX_HOLD] = "hold",
	};

	return name_of(names, COUNT(names), policy);
}

const char *ipoib_claim_name(uint32_t claim)
{
	static const char *const names[] = {
		[IPOIB_CLAIM_ARP_REQUEST] = "ARP request",
		[IPOIB_CLAIM_ARP_REPLY] = "ARP reply",
		[IPOIB_CLAIM_ARP_ANNOUNCEMENT] = "ARP announcement",
		[IPOIB_CLAIM_SOLICITATION] = "neighbour solicitation",
		[IPOIB_CLAIM_ADVERTISEMENT] = "neighbour advertisement",
		[IPOIB_CLAIM_DATA] = "data",
	};

	return name_of(names, COUNT(names), claim);
}

const char *ipoib_flux_verdict_name(uint32_t verdict)
{
	static const char *const names[] = {
		[IPOIB_FLUX_PENDING] = "pending",
		[IPOIB_FLUX_ACCEPTED] = "accepted",
		[IPOIB_FLUX_REFUSED] = "refused",
	};

	return name_of(names, COUNT(names), verdict);
}

const char *ipoib_binding_state_name(uint32_t state)
{
	static const char *const names[] = {
		[IPOIB_BINDING_WAITING] = "WAITING",
		[IPOIB_BINDING_PROBING] = "PROBING",
		[IPOIB_BINDING_READY] = "READY",
		[IPOIB_BINDING_CONFLICT] = "CONFLICT",
	};

	return name_of(names, COUNT(names), state);
}

const char *ipoib_path_state_name(uint32_t state)
{
	static const char *const names[] = {
		[IPOIB_PATH_QUERYING] = "QUERYING",
		[IPOIB_PATH_VALID] = "VALID",
		[IPOIB_PATH_REFRESH] = "REFRESH",
		[IPOIB_PATH_FAILED] = "FAILED",
	};

	return name_of(names, COUNT(names), state);
}

const char *ipoib_connection_state_name(uint32_t state)
{
	static const char *const names[] = {
		[IPOIB_CONNECTION_IDLE] = "IDLE",
		[IPOIB_CONNECTION_CONNECTING] = "CONNECTING",
		[IPOIB_CONNECTION_UP] = "UP",
		[IPOIB_CONNECTION_HELD] = "HELD",
		[IPOIB_CONNECTION_TAKEN] = "TAKEN",
	};

	return name_of(names, COUNT(names), state);
}

const char *ipoib_connection_end_name(uint32_t end)
{
	static const char *const names[] = {
		[IPOIB_CONNECTION_END_NONE] = "none",
		[IPOIB_CONNECTION_END_PEER] = "peer",
		[IPOIB_CONNECTION_END_RETRIES] = "retries",
		[IPOIB_CONNECTION_END_RNR] = "RNR",
		[IPOIB_CONNECTION_END_ERROR] = "error",
		[IPOIB_CONNECTION_END_PORT] = "port",
		[IPOIB_CONNECTION_END_REFUSED] = "refused",
		[IPOIB_CONNECTION_END_UNANSWERED] = "unanswered",
	};

	return name_of(names, COUNT(names), end);
}

const char *ipoib_multicast_state_name(uint32_t state)
{
	static const char *const names[] = {
		[IPOIB_MULTICAST_IDLE] = "IDLE",
		[IPOIB_MULTICAST_JOINING] = "JOINING",
		[IPOIB_MULTICAST_JOINED] = "JOINED",
		[IPOIB_MULTICAST_BACKOFF] = "BACKOFF",
	};

	return name_of(names, COUNT(names), state);
}
