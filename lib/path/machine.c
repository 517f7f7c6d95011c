/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pure half of path.h. */
#include "path/path.h"

bool ipoib__path_usable(const struct ipoib__path *path)
{
	return path->state == IPOIB_PATH_VALID || path->state == IPOIB_PATH_REFRESH;
}

uint64_t ipoib__path_hold(unsigned failures)
{
	uint64_t hold = IPOIB__PATH_HOLD_NS;

	for (unsigned i = 1; i < failures && hold < IPOIB__PATH_HOLD_MAX_NS; i++)
		hold *= 2;
	return hold < IPOIB__PATH_HOLD_MAX_NS ? hold : IPOIB__PATH_HOLD_MAX_NS;
}

void ipoib__path_proof(struct ipoib__path *path, uint64_t now)
{
	uint64_t earliest = path->asked_at + IPOIB__PATH_PROOF_NS;

	if (earliest < now)
		earliest = now;
	if (path->state == IPOIB_PATH_FAILED && path->hold_until > earliest)
		path->hold_until = earliest;
}

static unsigned on_need(struct ipoib__path *path, uint64_t now)
{
	switch (path->state) {
	case IPOIB__PATH_NEW:
		path->state = IPOIB_PATH_QUERYING;
		return IPOIB__PATH_ASK;
	case IPOIB_PATH_FAILED:
		if (now < path->hold_until)
			return 0;
		path->state = IPOIB_PATH_QUERYING;
		path->deadline = IPOIB_NEVER;
		return IPOIB__PATH_ASK;
	case IPOIB_PATH_VALID:
		if (!path->doubted || now < path->hold_until)
			return 0;
		path->state = IPOIB_PATH_REFRESH;
		return IPOIB__PATH_ASK;
	default:
		return 0; /* asked already */
	}
}

static unsigned on_answer(struct ipoib__path *path, const struct ipoib_path_record *record,
			  uint64_t age, uint64_t now)
{
	path->record = *record;
	path->state = IPOIB_PATH_VALID;
	path->doubted = false;
	path->failures = 0;
	path->hold_until = 0;
	path->since = now;
	path->deadline = now + age;
	return IPOIB__PATH_USABLE;
}

static void note_failure(struct ipoib__path *path, uint64_t hold, uint64_t now)
{
	if (path->failures < UINT8_MAX)
		path->failures++;
	path->hold_until = now + hold;
}

static unsigned on_refusal(struct ipoib__path *path, uint64_t hold, uint64_t now)
{
	note_failure(path, hold, now);
	path->state = IPOIB_PATH_FAILED;
	path->deadline = IPOIB_NEVER;
	return IPOIB__PATH_LOST;
}

/* A silent SA is no reason to stop using what it once said. */
static unsigned on_silence(struct ipoib__path *path, uint64_t hold, uint64_t now)
{
	if (path->state != IPOIB_PATH_REFRESH)
		return on_refusal(path, hold, now);
	note_failure(path, hold, now);
	path->state = IPOIB_PATH_VALID;
	path->doubted = true;
	return 0;
}

unsigned ipoib__path_step(struct ipoib__path *path, enum ipoib__path_event event,
			  const struct ipoib_path_record *record, uint64_t jittered, uint64_t now)
{
	switch (event) {
	case IPOIB__PATH_NEED:
		return on_need(path, now);
	case IPOIB__PATH_ANSWER:
		return on_answer(path, record, jittered, now);
	case IPOIB__PATH_REFUSAL:
		return on_refusal(path, jittered, now);
	case IPOIB__PATH_SILENCE:
		return on_silence(path, jittered, now);
	case IPOIB__PATH_TIMER:
		path->deadline = IPOIB_NEVER;
		if (path->state != IPOIB_PATH_VALID)
			return 0;
		path->doubted = true;
		return 0;
	case IPOIB__PATH_FLUSH:
		path->state = IPOIB__PATH_NEW;
		path->doubted = false;
		path->failures = 0;
		path->hold_until = 0;
		path->deadline = IPOIB_NEVER;
		return IPOIB__PATH_FLUSHED;
	}
	return 0;
}
