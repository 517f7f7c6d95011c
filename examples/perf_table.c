/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "perf_table.h"

#include <inttypes.h>

#include <ipoib/interface.h>
#include <ipoib/version.h>

static const char rule[] = "----------------------------------------------------------------------"
			   "-----------------------------------";

/* Packets a second from the first that was sent to the last that came. */
static double rate_of(uint64_t packets, uint64_t begun_ns, uint64_t ended_ns)
{
	return ended_ns > begun_ns ? (double)packets * 1e9 / (double)(ended_ns - begun_ns) : 0;
}

static double seconds_of(uint64_t begun_ns, uint64_t ended_ns)
{
	return ended_ns > begun_ns ? (double)(ended_ns - begun_ns) / 1e9 : 0;
}

static uint64_t missing(uint64_t sent, uint64_t received)
{
	return sent > received ? sent - received : 0;
}

static void pings(struct perf_figures *figures, const struct perf_client *client)
{
	figures->iterations = client->pings;
	figures->received = client->times.count;
	figures->lost = client->pings_lost;
	figures->seconds = seconds_of(client->begun_ns, client->ended_ns);
	figures->packets = rate_of(figures->received, client->begun_ns, client->ended_ns);
	figures->peak = figures->packets;
}

static void add_direction_back(struct perf_figures *figures, const struct perf_client *client)
{
	const struct perf_receiver *back = &client->receiver;
	uint64_t begun_ns = client->sender.begun_ns;
	double seconds = seconds_of(begun_ns, back->last_ns);
	double packets = rate_of(back->received, begun_ns, back->last_ns);

	figures->iterations += client->server_sent;
	figures->received += back->received;
	figures->lost += missing(client->server_sent, back->received);
	figures->duplicates += back->duplicates;
	figures->packets += packets;
	figures->peak += packets; /* of that direction the average alone is known here */
	if (seconds > figures->seconds)
		figures->seconds = seconds;
}

void perf_figures(struct perf_figures *figures, const struct perf_client *client)
{
	const struct perf_sender *sender = &client->sender;

	*figures = (struct perf_figures){ .size = client->terms.size };
	if (client->terms.latency) {
		pings(figures, client);
		return;
	}
	figures->iterations = sender->sent;
	figures->received = client->server_received;
	figures->lost = missing(sender->sent, client->server_received);
	figures->duplicates = client->server_duplicates;
	figures->seconds = seconds_of(sender->begun_ns, sender->last_ns);
	figures->packets = rate_of(client->server_received, sender->begun_ns, sender->last_ns);
	figures->peak = sender->peak > figures->packets ? sender->peak : figures->packets;
	if (client->terms.both)
		add_direction_back(figures, client);
}

/* The unit that perftest calls MB/sec: 2 to the power of 20. */
static double mebibytes(const struct perf_figures *figures, double packets)
{
	return packets * figures->size / 1048576;
}

static double usec(double ns)
{
	return ns / 1000;
}

/* ---- the table ---- */

static void text_begin(FILE *to, const struct perf_terms *terms, uint32_t mtu)
{
	bool connected = terms->mode == IPOIB_MODE_CONNECTED;

	fprintf(to, "%s\n", rule);
	fprintf(to, "                    IPoIB %s Test\n",
		terms->latency ? "Latency" : terms->both ? "Bidirectional Bandwidth" : "Bandwidth");
	fprintf(to, " Mode            : %s\t\tMTU             : %u\n",
		connected ? "rc (connected)" : "ud (datagram)", (unsigned)mtu);
	fprintf(to, " Window          : %u\t\tBatch           : %u\n", (unsigned)terms->window,
		(unsigned)terms->batch);
	fprintf(to, " Receives        : %s\n", terms->event ? "event" : "poll");
	fprintf(to, "%s\n", rule);
	if (terms->latency)
		fprintf(to, " #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    "
			    "t_avg[usec]    t_stdev[usec]   99%% percentile[usec]   "
			    "99.9%% percentile[usec]   lost\n");
	else
		fprintf(to, " #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   "
			    "MsgRate[Mpps]   lost\n");
}

static void text_row(FILE *to, const struct perf_client *client, const struct perf_figures *figures)
{
	const struct perf_histogram *times = &client->times;

	if (!client->terms.latency) {
		fprintf(to,
			" %-7u    %-10" PRIu64 "     %-7.2f             %-7.2f               "
			"%-7.6f        %" PRIu64 "\n",
			(unsigned)figures->size, figures->iterations,
			mebibytes(figures, figures->peak), mebibytes(figures, figures->packets),
			figures->packets / 1e6, figures->lost);
		return;
	}
	fprintf(to,
		" %-7u %-10" PRIu64 "    %-7.2f        %-7.2f      %-7.2f            %-7.2f        "
		"%-7.2f         %-7.2f                %-7.2f                  %" PRIu64 "\n",
		(unsigned)figures->size, figures->iterations,
		usec(times->count > 0 ? (double)times->least : 0), usec((double)times->most),
		usec((double)perf_histogram_quantile(times, 500000)), usec(times->mean),
		usec(perf_histogram_deviation(times)),
		usec((double)perf_histogram_quantile(times, 990000)),
		usec((double)perf_histogram_quantile(times, 999000)), figures->lost);
}

/* ---- JSON ---- */

static void json_begin(FILE *to, const struct perf_terms *terms, uint32_t mtu)
{
	fprintf(to,
		"{\n  \"version\": \"%s\",\n  \"test\": \"%s\",\n  \"mode\": \"%s\",\n"
		"  \"bidirectional\": %s,\n  \"receives\": \"%s\",\n  \"mtu\": %u,\n"
		"  \"window\": %u,\n  \"batch\": %u,\n  \"results\": [",
		IPOIB_VERSION, terms->latency ? "latency" : "bandwidth",
		terms->mode == IPOIB_MODE_CONNECTED ? "rc" : "ud", terms->both ? "true" : "false",
		terms->event ? "event" : "poll", (unsigned)mtu, (unsigned)terms->window,
		(unsigned)terms->batch);
}

static void json_times(FILE *to, const struct perf_histogram *times)
{
	fprintf(to,
		", \"t_min_usec\": %.3f, \"t_max_usec\": %.3f, \"t_typical_usec\": %.3f, "
		"\"t_avg_usec\": %.3f, \"t_stdev_usec\": %.3f, \"t_99_usec\": %.3f, "
		"\"t_99_9_usec\": %.3f",
		usec(times->count > 0 ? (double)times->least : 0), usec((double)times->most),
		usec((double)perf_histogram_quantile(times, 500000)), usec(times->mean),
		usec(perf_histogram_deviation(times)),
		usec((double)perf_histogram_quantile(times, 990000)),
		usec((double)perf_histogram_quantile(times, 999000)));
}

static void json_row(const struct perf_table *table, const struct perf_client *client,
		     const struct perf_figures *figures)
{
	fprintf(table->to,
		"%s\n    { \"bytes\": %u, \"packet\": %u, \"iterations\": %" PRIu64
		", \"received\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"duplicates\": %" PRIu64
		", \"seconds\": %.6f",
		table->begun ? "," : "", (unsigned)figures->size,
		(unsigned)figures->size + PERF_IP_HEADERS, figures->iterations, figures->received,
		figures->lost, figures->duplicates, figures->seconds);
	if (client->terms.latency)
		json_times(table->to, &client->times);
	else
		fprintf(table->to,
			", \"bw_peak_mib_sec\": %.3f, \"bw_average_mib_sec\": %.3f, "
			"\"msg_rate_mpps\": %.6f",
			mebibytes(figures, figures->peak), mebibytes(figures, figures->packets),
			figures->packets / 1e6);
	fputs(" }", table->to);
}

/* ---- either ---- */

void perf_table_begin(struct perf_table *table, FILE *to, bool json, const struct perf_terms *terms,
		      uint32_t mtu)
{
	*table = (struct perf_table){ .to = to, .json = json };
	if (json)
		json_begin(to, terms, mtu);
	else
		text_begin(to, terms, mtu);
	fflush(to);
}

void perf_table_row(struct perf_table *table, const struct perf_client *client)
{
	struct perf_figures figures;

	perf_figures(&figures, client);
	if (table->json)
		json_row(table, client, &figures);
	else
		text_row(table->to, client, &figures);
	table->begun = true;
	fflush(table->to);
}

void perf_table_end(struct perf_table *table)
{
	if (table->json)
		fputs("\n  ]\n}\n", table->to);
	else
		fprintf(table->to, "%s\n", rule);
	fflush(table->to);
}
