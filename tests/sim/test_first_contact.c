/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * First contact with a weak machine. Each question of the strict one is answered by both ports of
 * the weak one, in either order; and whatever the order, each rail carries its own traffic after a
 * moment. What tells the right port from the other one:
 *
 *  announced   both addresses were announced a while ago
 *  heard       the first rail's address is known: the weak machine spoke first. Of the second rail
 *              nothing was ever heard, and nothing comes back
 *  answered    nothing was ever heard of either, and packets come back
 */
#include <string.h>

#include "sim/machines.h"
#include "sim/suites.h"
#include "support/support.h"

#define TURN (10 * MILLISECOND)
#define SEGMENT 1000
/* The port that answers last does so a millisecond after the other. */
#define LATE MILLISECOND
/* Longer than an announcement is remembered. */
#define FORGOTTEN (70 * SECOND)
/* Packets of a rail that may go the wrong way, until what comes back has told. */
#define ASTRAY 3

enum evidence { ANNOUNCED, HEARD, ANSWERED, EVIDENCE };
static const uint8_t policies[] = { IPOIB_FLUX_CONFIRM, IPOIB_FLUX_HOLD, IPOIB_FLUX_PIN };
#define POLICIES (int)(sizeof(policies) / sizeof(policies[0]))
#define ORDERS 2
#define MODES 2

struct contact {
	struct world world;
	struct world_options options;
	enum evidence evidence;
	const struct watch *watch;
	uint64_t sent[RAILS], before[RAILS];
};

static struct host *strict(struct contact *contact, unsigned rail)
{
	return machine_rail(&contact->world, 0, rail);
}

static struct host *weak(struct contact *contact, unsigned rail)
{
	return machine_rail(&contact->world, 1, rail);
}

static void answers_late(struct contact *contact, unsigned rail)
{
	const struct ipoib_fabric_faults faults = { .size = sizeof(faults), .delay_ns = LATE };

	ck_assert_int_eq(ipoib_fabric_set_faults(contact->world.fabric, machine_port(1, rail),
						 &faults), 0);
}

/* The strict machine comes late, unless it is to hear the announcements. */
static void begin(struct contact *contact, int number)
{
	struct world_options weak_options;

	memset(contact, 0, sizeof(*contact));
	contact->evidence = (enum evidence)(number % EVIDENCE);
	contact->options = machine_options(number / EVIDENCE / ORDERS % MODES ?
						   IPOIB_MODE_CONNECTED : IPOIB_MODE_DATAGRAM);
	weak_options = machine_weak(contact->options);
	contact->options.config.flux = policies[number / EVIDENCE / ORDERS / MODES];
	machines_begin(&contact->world, 2, &contact->options);
	if (contact->evidence == ANNOUNCED)
		machine_open(&contact->world, 0, &contact->options);
	machine_open(&contact->world, 1, &weak_options);
	if (contact->evidence != ANNOUNCED) {
		world_run(&contact->world, FORGOTTEN);
		machine_open(&contact->world, 0, &contact->options);
	}
	world_up(&contact->world);
	world_run(&contact->world, 15 * SECOND);
	answers_late(contact, (unsigned)(number / EVIDENCE % ORDERS));
	contact->watch = watch_machine(&contact->world, 0);
}

static void exchange(struct contact *contact, unsigned rail)
{
	contact->sent[rail] +=
		host_send(strict(contact, rail), &weak(contact, rail)->address, SEGMENT) == 0;
	world_run(&contact->world, TURN);
	if (contact->evidence == ANSWERED)
		host_send(weak(contact, rail), &strict(contact, rail)->address, SEGMENT);
}

static void exchange_for(struct contact *contact, uint64_t nanoseconds)
{
	for (uint64_t passed = 0; passed < nanoseconds; passed += TURN * RAILS)
		for (unsigned rail = 0; rail < RAILS; rail++)
			exchange(contact, rail);
}

static void meet(struct contact *contact)
{
	if (contact->evidence == HEARD) {
		host_send(weak(contact, 0), &strict(contact, 0)->address, SEGMENT);
		world_run(&contact->world, SECOND);
	}
	for (unsigned rail = 0; rail < RAILS; rail++)
		contact->before[rail] = weak(contact, rail)->received;
	exchange_for(contact, SECOND);
}

static void count_anew(struct contact *contact)
{
	for (unsigned rail = 0; rail < RAILS; rail++) {
		contact->sent[rail] = 0;
		contact->before[rail] = weak(contact, rail)->received;
	}
}

static bool is_at_its_port(struct contact *contact, unsigned rail)
{
	struct ipoib_neighbour_info n = { .size = sizeof(n) };
	struct ipoib_interface_info i = { .size = sizeof(i) };

	ck_assert_int_eq(ipoib_neighbour_find(strict(contact, rail)->interface,
					      &weak(contact, rail)->address, &n), 0);
	ck_assert_int_eq(ipoib_interface_info(weak(contact, rail)->interface, &i), 0);
	return ipoib_link_address_same_peer(&n.link_address, &i.link_address);
}

/* Flux of each contested first contact, and never more than the one move to the right port. */
static void it_is_told(const struct contact *contact)
{
	uint64_t accepted = 0;

	ck_assert_uint_gt(watch_flux(contact->watch), 0);
	for (unsigned rail = 0; rail < RAILS; rail++)
		for (size_t i = 0; i < contact->watch->count[rail]; i++) {
			ck_assert_uint_le(contact->watch->seen[rail][i].changes, 1);
			accepted += contact->watch->seen[rail][i].accepted;
		}
	ck_assert_uint_eq(accepted, watch_changes(contact->watch));
	ck_assert_uint_eq(contact->watch->failed, 0);
}

START_TEST(each_rail_carries_its_own_traffic)
{
	struct contact contact;

	begin(&contact, _i);
	meet(&contact);
	for (unsigned rail = 0; rail < RAILS; rail++) {
		uint64_t arrived = weak(&contact, rail)->received - contact.before[rail];

		ck_assert(is_at_its_port(&contact, rail));
		ck_assert_uint_ge(arrived + ASTRAY, contact.sent[rail]);
	}
	count_anew(&contact);
	exchange_for(&contact, 30 * SECOND);
	world_run(&contact.world, SECOND);
	for (unsigned rail = 0; rail < RAILS; rail++) {
		ck_assert(is_at_its_port(&contact, rail));
		ck_assert_uint_eq(weak(&contact, rail)->received - contact.before[rail],
				  contact.sent[rail]);
	}
	it_is_told(&contact);
	world_end(&contact.world);
}
END_TEST

Suite *suite_first_contact(void)
{
	Suite *suite = suite_create("first contact");
	TCase *tcase = tcase_create("first contact");

	tcase_add_checked_fixture(tcase, support_setup, support_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, each_rail_carries_its_own_traffic, 0,
			    EVIDENCE * ORDERS * MODES * POLICIES);
	suite_add_tcase(suite, tcase);
	return suite;
}
