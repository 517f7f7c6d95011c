/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "interface/origin.h"

#include <string.h>

static bool gid_equal(const struct ipoib_gid *a, const struct ipoib_gid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool gid_is_set(const struct ipoib_gid *gid)
{
	static const struct ipoib_gid none;

	return !gid_equal(gid, &none);
}

/* The first LID of a port is a multiple of their number. */
bool ipoib__origin_same_port(uint16_t a, uint16_t b, uint8_t lmc)
{
	return a >> lmc == b >> lmc;
}

enum ipoib__origin ipoib__origin_judge(const struct ipoib__origin_facts *facts)
{
	if (gid_is_set(&facts->came_gid) && !gid_equal(&facts->came_gid, &facts->named_gid))
		return IPOIB__ORIGIN_CONTRADICTED;
	if (!facts->local || facts->came_lid == 0)
		return IPOIB__ORIGIN_UNKNOWN;
	if (facts->named_lid != 0 &&
	    !ipoib__origin_same_port(facts->came_lid, facts->named_lid, facts->lmc))
		return IPOIB__ORIGIN_CONTRADICTED;
	if (facts->record_lid == 0)
		return IPOIB__ORIGIN_UNKNOWN;
	return ipoib__origin_same_port(facts->came_lid, facts->record_lid, facts->lmc) ?
		       IPOIB__ORIGIN_CONFIRMED :
		       IPOIB__ORIGIN_CONTRADICTED;
}
