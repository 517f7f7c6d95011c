/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "mock/fabric_cast.h"

#include "mock/fabric_copy.h"
#include "mock/fabric_manager.h"

/* A multicast that waits to be copied. */
struct cast {
	struct ipoib__list link;
	uint64_t entered;
	struct ipoib__parcel *parcel;
};

static struct cast *cast_new(struct ipoib_fabric *fabric, const struct ipoib__frame *frame,
			     const void *payload)
{
	struct cast *cast = ipoib__memory_get(&fabric->memory, sizeof(*cast));

	if (cast == NULL)
		return NULL;
	cast->parcel = ipoib__parcel_new(&fabric->memory, frame, payload);
	if (cast->parcel == NULL) {
		ipoib__memory_put(&fabric->memory, cast, sizeof(*cast));
		return NULL;
	}
	cast->entered = ipoib__fabric_now(fabric);
	ipoib__list_init(&cast->link);
	return cast;
}

static void cast_end(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
		     struct cast *cast)
{
	ipoib__list_remove(&cast->link);
	port->cast_count--;
	ipoib__parcel_unref(&fabric->memory, cast->parcel);
	ipoib__memory_put(&fabric->memory, cast, sizeof(*cast));
}

static struct cast *cast_first(const struct ipoib__fabric_port *port)
{
	struct ipoib__list *link = ipoib__list_first(&port->casts);

	return link == NULL ? NULL : ipoib__container_of(link, struct cast, link);
}

void ipoib__fabric_cast_put(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
			    const struct ipoib__frame *frame, const void *payload)
{
	struct cast *cast = NULL;

	if (port->cast_count < IPOIB__FABRIC_CASTS_MAX)
		cast = cast_new(fabric, frame, payload);
	if (cast == NULL) {
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_multicast);
		return;
	}
	if (port->cast_count++ == 0)
		ipoib__list_push_back(&fabric->casting, &port->casting);
	ipoib__list_push_back(&port->casts, &cast->link);
}

/* It may have entered since the turn began. */
static bool is_late(const struct cast *cast, uint64_t now)
{
	return now > cast->entered && now - cast->entered >= IPOIB__FABRIC_CAST_AGE_NS;
}

static void cast_route(struct ipoib_fabric *fabric, const struct ipoib__fabric_port *port,
		       struct ipoib__parcel *parcel, uint64_t now)
{
	struct ipoib__passage passage = {
		.frame = &parcel->frame,
		.payload = parcel->payload,
		.faults = &port->faults,
		.now = now,
		.parcel = parcel,
	};

	fabric->manager->route(fabric, &passage, ipoib__fabric_port_index(fabric, port));
}

static void cast_serve(struct ipoib_fabric *fabric, struct ipoib__fabric_port *port,
		       struct cast *cast, uint64_t now)
{
	if (is_late(cast, now))
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_late);
	else if (!ipoib__fabric_port_alive(port))
		ipoib__fabric_no_copy(fabric, &fabric->statistics.dropped_link);
	else
		cast_route(fabric, port, cast->parcel, now);
	cast_end(fabric, port, cast);
}

void ipoib__fabric_cast_run(struct ipoib_fabric *fabric, uint64_t now)
{
	uint64_t until = fabric->statistics.copies + IPOIB__FABRIC_CAST_COPIES;
	struct ipoib__list *link;

	while (fabric->statistics.copies < until &&
	       (link = ipoib__list_pop_front(&fabric->casting)) != NULL) {
		struct ipoib__fabric_port *port =
			ipoib__container_of(link, struct ipoib__fabric_port, casting);

		cast_serve(fabric, port, cast_first(port), now);
		if (port->cast_count > 0)
			ipoib__list_push_back(&fabric->casting, &port->casting);
	}
}

uint64_t ipoib__fabric_cast_deadline(const struct ipoib_fabric *fabric)
{
	return ipoib__list_empty(&fabric->casting) ? IPOIB_NEVER : 0;
}

void ipoib__fabric_cast_fini(struct ipoib_fabric *fabric)
{
	struct ipoib__list *link;
	struct cast *cast;

	while ((link = ipoib__list_pop_front(&fabric->casting)) != NULL) {
		struct ipoib__fabric_port *port =
			ipoib__container_of(link, struct ipoib__fabric_port, casting);

		while ((cast = cast_first(port)) != NULL)
			cast_end(fabric, port, cast);
	}
}
