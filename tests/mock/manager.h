/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A little subnet manager, question by question, on a stand-in for a port of the kernel's at
 * host1/1 of a fabric that has none of its own; and that fabric, with a program's port at host2/1
 * and host3/1 each.
 */
#ifndef IPOIB_TESTS_MOCK_MANAGER_H
#define IPOIB_TESTS_MOCK_MANAGER_H

#include "mock/attach.h"
#include "mock/fixture.h"
#include "mock/frame.h"
#include "mock/sma.h"

/* No answer came. */
#define MANAGER_SILENCE 0xffff
/* LIDs that it gives: to the switch, to itself, and 10 and the port's number to the others. */
#define MANAGER_SWITCH 1
#define MANAGER_OWN    2
#define MANAGER_LID(n) (uint16_t)(10 + (n))
/* Ports of the switch: its own, those of the two programs, and one that nobody is at. */
enum { MANAGER_AT = 1, MANAGER_A, MANAGER_B, MANAGER_NOBODY };

struct manager {
	struct ipoib_fabric *fabric;
	struct node a, b;
	int wire;		   /* our end of the device; -1: none */
	struct ipoib__attach info; /* what the device says of itself */
	unsigned sets;
	uint64_t transaction;
	uint8_t data[IPOIB__SMP_DATA_LENGTH]; /* of the next question, and of the last answer */
	struct ipoib__smp answer;
};

extern struct manager manager;

void manager_setup(void);
void manager_teardown(void);
/* Attaches the device. */
int manager_plug(const char *port);

/* A question by directed route: to the switch (port 0), or through a port of it. */
struct ipoib__smp manager_question(uint8_t method, uint16_t attribute, uint32_t modifier,
				   uint8_t port);
/* Sends 256 octets to queue pair 0, and no more. */
void manager_send(const void *octets, uint16_t slid, uint16_t dlid, uint32_t length);
/* The next SMP that has come; false: none. */
bool manager_hear(struct ipoib__smp *smp);
/* Asks with manager.data, and returns the status of the answer, whose data are there then. */
uint16_t manager_ask(uint8_t method, uint16_t attribute, uint32_t modifier, uint8_t port);

/* PortInfo: of a port of the switch, or of the adapter behind it. */
struct ipoib__smp_port_info manager_port_info(uint32_t modifier, uint8_t port);
uint16_t manager_set_port_info(uint32_t modifier, uint8_t port,
			       const struct ipoib__smp_port_info *info);
/* Only the state is set. */
uint16_t manager_set_state(uint32_t modifier, uint8_t port, uint8_t state);
/* The switch sends a LID out of a port. */
void manager_route(uint16_t lid, uint8_t port);
/* The ports of a group: those of the switch whose bit is set in mask. */
void manager_group(uint16_t mlid, uint16_t mask);
/* LIDs, routes, and every link that somebody is at ACTIVE. */
void manager_bring_up(void);

#endif
