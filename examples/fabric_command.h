/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The commands by which faults are injected into a running ipoib-fabric, and where they go.
 *
 * Beside the socket PATH at which ports attach, ipoib-fabric listens at PATH.control, a local
 * stream socket. A client sends one line, a command; it gets one JSON document, {"ok": true},
 * {"error": "..."} or the status, and the connection ends. Both sides read commands with this
 * parser: the client so that a wrong one is told at once, the fabric because anybody may ask.
 */
#ifndef EXAMPLES_FABRIC_COMMAND_H
#define EXAMPLES_FABRIC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipoib/mock.h>

/* A command with its line's end; the longest is a P_Key table. */
#define FABRIC_LINE_ROOM 512
/* What is wrong with one. */
#define FABRIC_ERROR_ROOM 512
/* The longest path of a local socket is shorter than this. */
#define FABRIC_PATH_ROOM 128

enum fabric_verb {
	FABRIC_LINK = 1, /* up */
	FABRIC_LIDS,
	FABRIC_LID, /* number; 0: one that is free */
	FABRIC_SM,  /* action */
	FABRIC_REREGISTER,
	FABRIC_PKEY_SET,   /* number: index; pkeys[0] */
	FABRIC_PKEY_TABLE, /* pkeys, pkey_count */
	FABRIC_GID,	   /* gid */
	FABRIC_PREFIX,	   /* gid, of which the first half counts */
	FABRIC_LOSS,	   /* number: parts per million */
	FABRIC_DUPLICATE,  /* the same */
	FABRIC_REORDER,	   /* the same, and time */
	FABRIC_DELAY,	   /* time, jitter */
	FABRIC_CM_LOSS,	   /* the same, and cm_kinds */
	FABRIC_SA,	   /* action, time */
	FABRIC_STATUS,
};

enum fabric_action {
	FABRIC_SM_RESTART = 1,
	FABRIC_SM_MOVE,
	FABRIC_SM_STOP,
	FABRIC_SM_START,
	FABRIC_SA_SILENT,
	FABRIC_SA_BUSY,
	FABRIC_SA_SLOW,
	FABRIC_SA_NORMAL,
};

/* What port says when every port is meant, and when the subnet manager's own frames are. */
#define FABRIC_ALL "all"
#define FABRIC_MANAGER "sm"

/* A command; which members count stands at its verb. */
struct fabric_command {
	enum fabric_verb verb;
	enum fabric_action action;
	char port[32]; /* a name, FABRIC_ALL or FABRIC_MANAGER */
	bool up;
	uint64_t number;
	uint64_t time_ns;
	uint64_t jitter_ns;
	uint32_t cm_kinds; /* 0: all */
	struct ipoib_gid gid;
	uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX];
	size_t pkey_count;
};

/* A line without its end. False, with what is wrong in error: what, where, what would be right. */
bool fabric_command_read(struct fabric_command *command, const char *line,
			 char error[FABRIC_ERROR_ROOM]);

/* "0xffff,0x8001". False, with what is wrong in error. */
bool fabric_pkeys_read(uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX], size_t *count, const char *text,
		       char error[FABRIC_ERROR_ROOM]);

/* The name of the control socket beside a fabric's. False: it is too long. */
bool fabric_control_path(char path[FABRIC_PATH_ROOM], const char *fabric_socket);

#endif
