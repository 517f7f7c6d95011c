/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The public face: read everything, judge everything, keep the answers. */
#include <ipoib/audit.h>

#include <errno.h>

#include "audit/rules.h"
#include "base/sized.h"

IPOIB__FIRST_VERSION(CONFIG_FIRST, struct ipoib_audit_config, allocator_user, 40);
IPOIB__FIRST_VERSION(FINDING_FIRST, struct ipoib_audit_finding, remedy, 48);
IPOIB__FIRST_VERSION(INTERFACE_FIRST, struct ipoib_audit_interface, address, 96);

struct ipoib_audit {
	struct ipoib__memory memory;
	struct ipoib__audit_host host;
	struct ipoib__audit_findings findings;
};

static void judge_interface(struct ipoib__audit_case *c, ipoib__audit_if *interface)
{
	ipoib__audit_judge_arp(c, interface);
	ipoib__audit_judge_subnet(c, interface);
	ipoib__audit_judge_filter(c, interface);
	ipoib__audit_judge_mtu(c, interface);
	ipoib__audit_judge_mode(c, interface);
	ipoib__audit_judge_memory(c, interface);
	ipoib__audit_judge_port(c, interface);
	ipoib__audit_judge_pkey(c, interface);
	ipoib__audit_judge_link(c, interface);
	ipoib__audit_judge_bond(c, interface);
}

static int judge(struct ipoib_audit *audit)
{
	const struct ipoib__audit_host *host = &audit->host;
	struct ipoib__audit_case c = { .host = host, .list = &audit->findings };

	for (size_t i = 0; i < host->n_interfaces; i++) {
		uint32_t bits = host->interfaces[i].pkey.value & IPOIB__AUDIT_PKEY_BITS;

		if (host->interfaces[i].pkey.known)
			c.taken[bits / 8] |= (uint8_t)(1u << bits % 8);
	}
	for (size_t i = 0; i < host->n_interfaces; i++)
		judge_interface(&c, &host->interfaces[i]);
	ipoib__audit_judge_all(&c);
	ipoib__audit_judge_tables(&c);
	ipoib__audit_judge_reading(&c);
	return ipoib__audit_findings_finish(&audit->findings);
}

static void give_back(struct ipoib_audit *audit)
{
	/* A copy: the allocator must not stand in what it takes back. */
	struct ipoib__memory memory = audit->memory;

	ipoib__memory_put(&memory, audit, sizeof(*audit));
}

int ipoib_audit_new(struct ipoib_audit **out, const struct ipoib_audit_config *config)
{
	struct ipoib_audit_config checked = IPOIB_AUDIT_CONFIG_INIT;
	struct ipoib__memory memory;

	if (!out || !config)
		return -EINVAL;
	int error =
		ipoib__sized_in(&checked, sizeof(checked), CONFIG_FIRST, config, config->size);

	if (error)
		return error;
	if (!checked.allocate != !checked.release)
		return -EINVAL;
	ipoib__memory_init(&memory, checked.allocate, checked.release, checked.allocator_user);

	struct ipoib_audit *audit = ipoib__memory_get(&memory, sizeof(*audit));

	if (!audit)
		return -ENOMEM;
	audit->memory = memory;
	ipoib__audit_findings_init(&audit->findings, &audit->memory);
	error = ipoib__audit_host_read(&audit->host, &audit->memory,
				       checked.root ? checked.root : "/");
	if (error) {
		give_back(audit);
		return error;
	}
	error = judge(audit);
	if (error) {
		ipoib_audit_close(audit);
		return error;
	}
	*out = audit;
	return 0;
}

void ipoib_audit_close(struct ipoib_audit *audit)
{
	if (!audit)
		return;
	ipoib__audit_findings_end(&audit->findings);
	ipoib__audit_host_end(&audit->host);
	give_back(audit);
}

size_t ipoib_audit_count(const struct ipoib_audit *audit)
{
	return audit->findings.count;
}

int ipoib_audit_finding(const struct ipoib_audit *audit, size_t index,
			struct ipoib_audit_finding *out)
{
	if (index >= audit->findings.count)
		return -ENOENT;

	const struct ipoib__audit_entry *entry = &audit->findings.entries[index];
	const struct ipoib_audit_finding finding = {
		.size = sizeof(finding),
		.severity = entry->severity,
		.id = entry->id,
		.subject = entry->subject,
		.text = entry->text.at,
		.remedy = entry->remedy.at ? entry->remedy.at : "",
	};

	return ipoib__sized_out(out, out->size, FINDING_FIRST, &finding, sizeof(finding));
}

size_t ipoib_audit_interface_count(const struct ipoib_audit *audit)
{
	return audit->host.n_interfaces;
}

static const char *mode_name(enum ipoib__audit_mode mode)
{
	switch (mode) {
	case IPOIB__AUDIT_MODE_DATAGRAM:
		return "datagram";
	case IPOIB__AUDIT_MODE_CONNECTED:
		return "connected";
	default:
		return "";
	}
}

static uint32_t value_or_0(struct ipoib__audit_number number)
{
	return number.known ? number.value : 0;
}

int ipoib_audit_interface(const struct ipoib_audit *audit, size_t index,
			  struct ipoib_audit_interface *out)
{
	if (index >= audit->host.n_interfaces)
		return -ENOENT;

	const struct ipoib__audit_interface *seen = &audit->host.interfaces[index];
	const struct ipoib_audit_interface interface = {
		.size = sizeof(interface),
		.name = seen->name,
		.driver = seen->driver,
		.device = seen->device,
		.parent = seen->parent,
		.master = seen->master,
		.mode = mode_name(seen->mode),
		.operstate = seen->operstate,
		.mtu = value_or_0(seen->mtu),
		.port = (uint16_t)value_or_0(seen->port),
		.pkey = (uint16_t)value_or_0(seen->pkey),
		.admin_up = seen->admin_up,
		.is_bond = seen->bond.is_bond,
		.has_address = seen->has_address,
		.address = seen->address,
	};

	return ipoib__sized_out(out, out->size, INTERFACE_FIRST, &interface,
				sizeof(interface));
}

const char *ipoib_audit_severity_name(uint32_t severity)
{
	switch (severity) {
	case IPOIB_AUDIT_NOTE:
		return "note";
	case IPOIB_AUDIT_WARNING:
		return "warning";
	case IPOIB_AUDIT_ERROR:
		return "error";
	default:
		return NULL;
	}
}
