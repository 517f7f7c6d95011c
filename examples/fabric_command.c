/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fabric_command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "fabric_value.h"
#include "report.h"

#define CONTROL_SUFFIX ".control"
/* Verb, port, and what most of them take; one more shows that there are too many. */
#define WORDS_MOST 6
#define BLANKS " \t\r"
/* The highest LID of a port; above it are the subnet manager's, and groups. */
#define LID_LAST 0xbffd
/* What is longer is a link that is down, or an SA that is silent. */
#define DELAY_MOST_US UINT64_C(60000000)
#define SLOW_MOST_MS UINT64_C(600000)
/* How long frames are held back that others shall overtake. */
#define REORDER_US 1000

struct reading {
	const struct verb *verb;
	const char *words[WORDS_MOST];
	size_t count, next;
	struct fabric_command *command;
	char *error; /* FABRIC_ERROR_ROOM octets */
};

struct verb {
	const char *name;
	const char *usage;
	enum fabric_verb id;
	bool (*read)(struct reading *reading);
};

/* ---- words ---- */

static bool fail(struct reading *reading, const char *format, ...) PRINTF_LIKE(2, 3);

/* What is wrong, and what would be right. */
static bool fail(struct reading *reading, const char *format, ...)
{
	char what[FABRIC_ERROR_ROOM / 2];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(reading->error, FABRIC_ERROR_ROOM, "%s: %s; write it as \"%s\"",
		 reading->verb->name, what, reading->verb->usage);
	return false;
}

static bool more(const struct reading *reading)
{
	return reading->next < reading->count;
}

/* NULL after a message. */
static const char *word(struct reading *reading, const char *what)
{
	if (more(reading))
		return reading->words[reading->next++];
	fail(reading, "%s is missing", what);
	return NULL;
}

/* Which of a list of words it is: its index, or -1 after a message. */
static int choice(struct reading *reading, const char *const *list, const char *listed)
{
	const char *text = word(reading, listed);

	for (int i = 0; text != NULL && list[i] != NULL; i++)
		if (strcmp(text, list[i]) == 0)
			return i;
	if (text != NULL)
		fail(reading, "\"%s\" is not %s", text, listed);
	return -1;
}

/* also: what beside the name of a port is accepted, or NULL. */
static bool port(struct reading *reading, const char *also, const char *too)
{
	const char *text = word(reading, "PORT");

	if (text == NULL)
		return false;
	if (!fabric_value_port(text) && (also == NULL || strcmp(text, also) != 0) &&
	    (too == NULL || strcmp(text, too) != 0))
		return fail(reading, "\"%s\" is not the name of a port such as host1/1%s%s%s%s",
			    text, also ? " or " : "", also ? also : "", too ? " or " : "",
			    too ? too : "");
	snprintf(reading->command->port, sizeof(reading->command->port), "%s", text);
	return true;
}

static bool number(struct reading *reading, const char *what, uint64_t most, uint64_t *out)
{
	const char *text = word(reading, what);

	if (text == NULL)
		return false;
	return fabric_value_number(text, most, out) ||
	       fail(reading, "%s \"%s\" is not a number from 0 to %llu", what, text,
		    (unsigned long long)most);
}

static bool microseconds(struct reading *reading, uint64_t *out_ns)
{
	if (!number(reading, "MICROSECONDS", DELAY_MOST_US, out_ns))
		return false;
	*out_ns *= 1000;
	return true;
}

/* ---- what stands behind each verb ---- */

static bool read_nothing(struct reading *reading)
{
	(void)reading;
	return true;
}

static bool read_link(struct reading *reading)
{
	static const char *const states[] = { "down", "up", NULL };
	int state;

	if (!port(reading, FABRIC_ALL, NULL))
		return false;
	state = choice(reading, states, "up or down");
	reading->command->up = state == 1;
	return state >= 0;
}

static bool read_lid(struct reading *reading)
{
	uint64_t *lid = &reading->command->number;

	if (!port(reading, NULL, NULL))
		return false;
	if (!more(reading))
		return true;
	return number(reading, "LID", LID_LAST, lid) &&
	       (*lid > 0 || fail(reading, "0 is no LID; without one a free one is chosen"));
}

static bool read_sm(struct reading *reading)
{
	static const char *const actions[] = { "restart", "move", "stop", "start", NULL };
	int action = choice(reading, actions, "restart, move, stop or start");

	reading->command->action = (enum fabric_action)(FABRIC_SM_RESTART + action);
	return action >= 0;
}

static bool read_reregister(struct reading *reading)
{
	strcpy(reading->command->port, FABRIC_ALL);
	return !more(reading) || port(reading, FABRIC_ALL, NULL);
}

static bool read_pkey_set(struct reading *reading)
{
	struct fabric_command *command = reading->command;
	const char *text;

	if (!number(reading, "INDEX", IPOIB_FABRIC_PKEYS_MAX - 1, &command->number))
		return false;
	text = word(reading, "VALUE");
	command->pkey_count = 1;
	return text != NULL && (fabric_value_pkey(text, command->pkeys) ||
				fail(reading,
				     "\"%s\" is not a P_Key: 0 (none) to 0xffff, except 0x8000",
				     text));
}

static bool read_pkey(struct reading *reading)
{
	static const char *const forms[] = { "set", "table", NULL };
	struct fabric_command *command = reading->command;
	char error[FABRIC_ERROR_ROOM];
	const char *text;
	int form;

	if (!port(reading, FABRIC_ALL, NULL))
		return false;
	form = choice(reading, forms, "set or table");
	if (form == 0)
		command->verb = FABRIC_PKEY_SET;
	if (form <= 0)
		return form == 0 && read_pkey_set(reading);
	text = word(reading, "VALUE,VALUE,...");
	return text != NULL &&
	       (fabric_pkeys_read(command->pkeys, &command->pkey_count, text, error) ||
		fail(reading, "%.200s", error));
}

static bool read_prefix(struct reading *reading)
{
	static const uint8_t zero[8];
	struct ipoib_gid *gid = &reading->command->gid;
	const char *text = word(reading, "PREFIX");

	reading->command->verb = FABRIC_PREFIX;
	if (text == NULL)
		return false;
	return (fabric_value_gid(text, gid) && memcmp(gid->raw + 8, zero, sizeof(zero)) == 0) ||
	       fail(reading, "\"%s\" is not a subnet prefix such as fe80:: or fec0:0:0:1::", text);
}

static bool read_gid(struct reading *reading)
{
	const char *text;

	if (!port(reading, FABRIC_ALL, NULL))
		return false;
	text = word(reading, "GID or prefix PREFIX");
	if (text == NULL)
		return false;
	if (strcmp(text, "prefix") == 0)
		return read_prefix(reading);
	if (strcmp(reading->command->port, FABRIC_ALL) == 0)
		return fail(reading, "a GID is one port's; all can have a prefix in common");
	return fabric_value_gid(text, &reading->command->gid) ||
	       fail(reading, "\"%s\" is not a GID such as fe80::2:c903:0:101", text);
}

static bool read_parts(struct reading *reading)
{
	const char *text;

	if (!port(reading, FABRIC_ALL, FABRIC_MANAGER))
		return false;
	text = word(reading, "PPM or PERCENT%");
	return text != NULL &&
	       (fabric_value_parts(text, &reading->command->number) ||
		fail(reading,
		     "\"%s\" is not a number of parts per million up to 1000000, or a percentage "
		     "such as 2.5%%",
		     text));
}

static bool read_reorder(struct reading *reading)
{
	reading->command->time_ns = (uint64_t)REORDER_US * 1000;
	return read_parts(reading) &&
	       (!more(reading) || microseconds(reading, &reading->command->time_ns));
}

static bool read_delay(struct reading *reading)
{
	return port(reading, FABRIC_ALL, FABRIC_MANAGER) &&
	       microseconds(reading, &reading->command->time_ns) &&
	       (!more(reading) || microseconds(reading, &reading->command->jitter_ns));
}

static bool read_cm_loss(struct reading *reading)
{
	const char *text;

	if (!read_parts(reading))
		return false;
	if (!more(reading))
		return true;
	text = word(reading, "KIND,KIND,...");
	return fabric_value_cm_kinds(text, &reading->command->cm_kinds) ||
	       fail(reading, "\"%s\" is not a list of req, mra, rej, rep, rtu, dreq and drep",
		    text);
}

static bool read_sa(struct reading *reading)
{
	static const char *const actions[] = { "silent", "busy", "slow", "normal", NULL };
	struct fabric_command *command = reading->command;
	int action = choice(reading, actions, "silent, busy, slow or normal");

	if (action < 0)
		return false;
	command->action = (enum fabric_action)(FABRIC_SA_SILENT + action);
	if (command->action != FABRIC_SA_SLOW)
		return true;
	if (!number(reading, "MILLISECONDS", SLOW_MOST_MS, &command->time_ns))
		return false;
	command->time_ns *= 1000000;
	return true;
}

static const struct verb verbs[] = {
	{ "link", "link PORT|all up|down", FABRIC_LINK, read_link },
	{ "lids", "lids", FABRIC_LIDS, read_nothing },
	{ "lid", "lid PORT [LID]", FABRIC_LID, read_lid },
	{ "sm", "sm restart|move|stop|start", FABRIC_SM, read_sm },
	{ "reregister", "reregister [PORT]", FABRIC_REREGISTER, read_reregister },
	{ "pkey", "pkey PORT|all set INDEX VALUE\" or \"pkey PORT|all table VALUE,VALUE,...",
	  FABRIC_PKEY_TABLE, read_pkey },
	{ "gid", "gid PORT GID\" or \"gid PORT|all prefix PREFIX", FABRIC_GID, read_gid },
	{ "loss", "loss PORT|all|sm PPM|PERCENT%", FABRIC_LOSS, read_parts },
	{ "duplicate", "duplicate PORT|all|sm PPM|PERCENT%", FABRIC_DUPLICATE, read_parts },
	{ "reorder", "reorder PORT|all|sm PPM|PERCENT% [MICROSECONDS]", FABRIC_REORDER,
	  read_reorder },
	{ "delay", "delay PORT|all|sm MICROSECONDS [JITTER]", FABRIC_DELAY, read_delay },
	{ "cm-loss", "cm-loss PORT|all|sm PPM|PERCENT% [KIND,KIND,...]", FABRIC_CM_LOSS,
	  read_cm_loss },
	{ "sa", "sa silent|busy|slow MILLISECONDS|normal", FABRIC_SA, read_sa },
	{ "status", "status", FABRIC_STATUS, read_nothing },
};

/* ---- the whole ---- */

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

bool fabric_command_read(struct fabric_command *command, const char *line,
			 char error[FABRIC_ERROR_ROOM])
{
	struct reading reading = { .command = command, .error = error };
	char copy[FABRIC_LINE_ROOM], *rest = NULL;

	*command = (struct fabric_command){ .verb = FABRIC_STATUS };
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *text = strtok_r(copy, BLANKS, &rest); text && reading.count < WORDS_MOST;
	     text = strtok_r(NULL, BLANKS, &rest))
		reading.words[reading.count++] = text;
	reading.next = 1;
	reading.verb = reading.count > 0 ? find_verb(reading.words[0]) : NULL;
	if (reading.verb == NULL) {
		snprintf(error, FABRIC_ERROR_ROOM,
			 "\"%.100s\" is not link, lids, lid, sm, reregister, pkey, gid, loss, "
			 "duplicate, reorder, delay, cm-loss, sa or status",
			 reading.count > 0 ? reading.words[0] : "");
		return false;
	}
	command->verb = reading.verb->id;
	if (strlen(line) >= sizeof(copy))
		return fail(&reading, "the command is longer than any is");
	if (!reading.verb->read(&reading))
		return false;
	return !more(&reading) || fail(&reading, "\"%s\" is too much", reading.words[reading.next]);
}

bool fabric_pkeys_read(uint16_t pkeys[IPOIB_FABRIC_PKEYS_MAX], size_t *count, const char *text,
		       char error[FABRIC_ERROR_ROOM])
{
	*count = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		char one[8] = "";

		if (*count == IPOIB_FABRIC_PKEYS_MAX) {
			snprintf(error, FABRIC_ERROR_ROOM, "a table has %d P_Keys at most",
				 IPOIB_FABRIC_PKEYS_MAX);
			return false;
		}
		if (length < sizeof(one))
			memcpy(one, text, length);
		if (!fabric_value_pkey(one, &pkeys[*count])) {
			snprintf(error, FABRIC_ERROR_ROOM,
				 "\"%.*s\" is not a P_Key: 0 (none) to 0xffff, except 0x8000",
				 length > 40 ? 40 : (int)length, text);
			return false;
		}
		(*count)++;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

bool fabric_control_path(char path[FABRIC_PATH_ROOM], const char *fabric_socket)
{
	struct sockaddr_un address;
	int length = snprintf(path, FABRIC_PATH_ROOM, "%s" CONTROL_SUFFIX, fabric_socket);

	return length > 0 && (size_t)length < sizeof(address.sun_path) &&
	       length < FABRIC_PATH_ROOM;
}
