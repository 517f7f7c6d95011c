/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ipoib-audit: what in the settings of a Linux host will bite its IPoIB interfaces, and the remedy.
 * It reads, and changes nothing.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipoib/audit.h>

#include "audit_json.h"
#include "options.h"
#include "report.h"

const char program_name[] = "ipoib-audit";

static const char usage[] =
	"Usage: ipoib-audit [--root DIR] [-j]\n"
	"What in the settings of this host will bite its IPoIB interfaces, and the remedy.\n"
	"It changes nothing. The status is 0: no findings, 1: findings, 2: could not read.\n"
	"\n"
	"  --root DIR        where sys and proc of the host are (default /)\n"
	"  -j, --json        as JSON\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n";

enum { OPTION_ROOT = 1, OPTION_JSON };

static const struct option_row rows[] = {
	{ OPTION_ROOT, "root", 0, true },
	{ OPTION_JSON, "json", 'j', false },
	OPTION_ROWS_COMMON,
	{ 0, NULL, 0, false },
};

/* Exit statuses. What cannot be read is as bad as what cannot be understood. */
#define EXIT_FINDINGS 1
#define EXIT_UNREAD 2

struct audit_options {
	const char *root;
	bool json;
};

static bool take_option(void *options, int id, const char *value)
{
	struct audit_options *chosen = options;

	switch (id) {
	case OPTION_ROOT:
		chosen->root = value;
		return true;
	case OPTION_JSON:
		chosen->json = true;
		return true;
	default:
		report("\"%s\" is no option, and there is nothing else to say", value);
		return false;
	}
}

/* Every line of a remedy, indented below its finding. */
static void print_remedy(const char *remedy)
{
	while (*remedy != '\0') {
		size_t length = strcspn(remedy, "\n");

		printf("    %.*s\n", (int)length, remedy);
		remedy += length + (remedy[length] == '\n');
	}
}

static void print_text(const struct ipoib_audit *audit)
{
	struct ipoib_audit_finding finding = { .size = sizeof(finding) };

	for (size_t i = 0; ipoib_audit_finding(audit, i, &finding) == 0; i++) {
		printf("%s: %s: %s [%s]\n", ipoib_audit_severity_name(finding.severity),
		       finding.subject, finding.text, finding.id);
		print_remedy(finding.remedy);
	}
	if (ipoib_audit_count(audit) == 0)
		printf("no findings; %zu IPoIB interfaces\n", ipoib_audit_interface_count(audit));
}

static void report_unread(const char *root, int error)
{
	if (error == -ENOBUFS)
		report("--root %s: too many network interfaces", root);
	else
		report("--root %s: %s: sys/class/net and proc/sys/net/ipv4 must be readable there",
		       root, error_text(error));
}

int main(int argc, char **argv)
{
	struct ipoib_audit_config config = IPOIB_AUDIT_CONFIG_INIT;
	struct audit_options chosen = { .root = "/" };
	struct ipoib_audit *audit;
	int status;

	report_begin();
	if (!options_read(rows, usage, argc, argv, take_option, &chosen, &status))
		return status;
	config.root = chosen.root;

	int error = ipoib_audit_new(&audit, &config);

	if (error) {
		report_unread(chosen.root, error);
		return EXIT_UNREAD;
	}
	status = ipoib_audit_count(audit) == 0 ? EXIT_SUCCESS : EXIT_FINDINGS;
	if (!chosen.json) {
		print_text(audit);
	} else if (!audit_json_print(audit, chosen.root)) {
		report("out of memory, or --root is not UTF-8");
		status = EXIT_UNREAD;
	}
	ipoib_audit_close(audit);
	if (fflush(stdout) != 0) {
		report("standard output: %s", error_text(-errno));
		status = EXIT_UNREAD;
	}
	return status;
}
