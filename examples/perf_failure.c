/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_failure.h"

#include <ipoib/interface.h>

#include "perf_client.h"
#include "report.h"

static void report_refusal(const struct perf_client *client, const char *server)
{
	switch (client->reason) {
	case PERF_REFUSED_VERSION:
		report("the server at %s speaks version %u of this test's protocol, and this "
		       "program version %d: use the same release on both sides",
		       server, (unsigned)client->number, PERF_VERSION);
		return;
	case PERF_REFUSED_BUSY:
		report("the server at %s is serving another client", server);
		return;
	case PERF_REFUSED_MODE:
		report("the server at %s runs with -m %s, and this client with -m %s: they must "
		       "be the same",
		       server, client->number == IPOIB_MODE_CONNECTED ? "rc" : "ud",
		       client->wanted.mode == IPOIB_MODE_CONNECTED ? "rc" : "ud");
		return;
	case PERF_REFUSED_SIZE:
		report("-s %u is more than the server at %s takes: its MTU is %u, so -s %u is the "
		       "most",
		       (unsigned)client->wanted.size, server, (unsigned)client->number,
		       (unsigned)client->number - PERF_IP_HEADERS);
		return;
	default:
		report("the server at %s refuses this test", server);
	}
}

void perf_failure_report(const struct perf_client *client)
{
	char server[IPOIB_IP_TEXT];

	ipoib_ip_format(&client->server, server);
	switch (client->failure) {
	case PERF_FAILED_NO_ANSWER:
		report("%s does not answer: is an ipoib-perf without a server's address running "
		       "there?",
		       server);
		return;
	case PERF_FAILED_UNREACHABLE:
		report("%s is unreachable: nobody on the link has this address", server);
		return;
	case PERF_FAILED_SILENCE:
		report("the server at %s has fallen silent", server);
		return;
	case PERF_FAILED_NOT_READY:
		report("packets of %u octets and their answers do not pass between here and %s%s",
		       (unsigned)client->terms.size + PERF_IP_HEADERS, server,
		       client->terms.mode == IPOIB_MODE_CONNECTED ?
			       ": no connection comes up in both directions" :
			       "");
		return;
	case PERF_FAILED_TOO_BIG:
		report("packets of %u octets are too long for the way to %s: the MTU is %u",
		       (unsigned)client->wanted.size + PERF_IP_HEADERS, server,
		       (unsigned)client->number);
		return;
	default:
		report_refusal(client, server);
	}
}
