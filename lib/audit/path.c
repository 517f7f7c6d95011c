/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as the kernel follows. */
#define LINKS_MAX 40
/* NAME_MAX of every file system that Linux has, and its terminating zero. */
#define COMPONENT_ROOM 256

/* What is resolved already, what is still to be, and the links that were followed. */
struct walk {
	char *out;
	char rest[IPOIB__AUDIT_PATH];
	const char *next; /* in rest */
	unsigned links;
};

/* The next component into out; its length, 0 at the end, or -ENAMETOOLONG. */
static int take_component(const char **from, char out[COMPONENT_ROOM])
{
	*from += strspn(*from, "/");

	size_t length = strcspn(*from, "/");

	if (length >= COMPONENT_ROOM)
		return -ENAMETOOLONG;
	memcpy(out, *from, length);
	out[length] = '\0';
	*from += length;
	return (int)length;
}

static int append(char out[IPOIB__AUDIT_PATH], const char *component)
{
	size_t length = strlen(out), more = strlen(component);

	if (length + 1 + more >= IPOIB__AUDIT_PATH)
		return -ENAMETOOLONG;
	if (length > 0)
		out[length++] = '/';
	memcpy(out + length, component, more + 1);
	return 0;
}

static void chop(char *out)
{
	char *slash = strrchr(out, '/');

	*(slash ? slash : out) = '\0';
}

/* Puts what a link says before what is left of the path. */
static int follow(struct walk *walk, const char *target, size_t length)
{
	char rest[IPOIB__AUDIT_PATH];
	size_t left = strlen(walk->next);

	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	if (length == 0)
		return -ENOENT;
	if (length + 1 + left >= sizeof(rest))
		return -ENAMETOOLONG;
	if (target[0] == '/')
		walk->out[0] = '\0';
	else
		chop(walk->out);
	memcpy(rest, target, length);
	rest[length] = '/';
	memcpy(rest + length + 1, walk->next, left + 1);
	memcpy(walk->rest, rest, length + 1 + left + 1);
	walk->next = walk->rest;
	return 0;
}

static int step(int root, struct walk *walk, const char *component)
{
	char target[IPOIB__AUDIT_PATH];

	if (strcmp(component, ".") == 0)
		return 0;
	if (strcmp(component, "..") == 0) {
		chop(walk->out);
		return 0;
	}

	int error = append(walk->out, component);

	if (error)
		return error;

	ssize_t length = readlinkat(root, walk->out, target, sizeof(target));

	if (length < 0) /* EINVAL: it is there, and no link */
		return errno == EINVAL ? 0 : -errno;
	return follow(walk, target, (size_t)length);
}

int ipoib__audit_path_resolve(int root, const char *path, char out[IPOIB__AUDIT_PATH])
{
	struct walk walk = { .out = out };
	char component[COMPONENT_ROOM];
	int length;

	out[0] = '\0';
	if (strlen(path) >= sizeof(walk.rest))
		return -ENAMETOOLONG;
	memcpy(walk.rest, path, strlen(path) + 1);
	walk.next = walk.rest;
	while ((length = take_component(&walk.next, component)) > 0) {
		int error = step(root, &walk, component);

		if (error)
			return error;
	}
	return length;
}

/* The directory that holds the last component, which goes to name ("." for the root). */
static int open_above(int root, const char *resolved, char name[COMPONENT_ROOM])
{
	int at = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int length = take_component(&resolved, name);

	if (length == 0)
		memcpy(name, ".", sizeof("."));
	while (at >= 0 && length > 0 && *resolved != '\0') {
		int below = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int error = errno;

		close(at);
		errno = error;
		at = below;
		length = take_component(&resolved, name);
	}
	return at < 0 ? -errno : at;
}

static int open_last(int root, const char *resolved, int flags)
{
	char name[COMPONENT_ROOM];
	int above = open_above(root, resolved, name);

	if (above < 0)
		return above;

	int fd = openat(above, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		fd = -errno;
	close(above);
	return fd;
}

/* O_NONBLOCK: a pipe without a writer would hold us for ever. */
int ipoib__audit_path_open_file(int root, const char *resolved)
{
	struct stat status;

	/* Before it is opened: to open a device may do something. */
	if (fstatat(root, resolved, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	return open_last(root, resolved, O_NONBLOCK | O_NOCTTY);
}

int ipoib__audit_path_open_directory(int root, const char *resolved)
{
	return open_last(root, resolved, O_DIRECTORY);
}
