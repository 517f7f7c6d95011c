/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is longer than an attribute: directories, and the tables of /proc/net. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/path.h"
#include "audit/tree.h"

/* Lines of /proc/net/route have 128 octets, of the statistics 200, of "ip -o -d link" 700. */
#define LINE_ROOM 2048
/* Half a million routes; what comes behind is told as not read. */
#define FILE_MAX ((size_t)64 << 20)

static int list(DIR *directory, int (*take)(const char *name, void *user), void *user)
{
	const struct dirent *entry;
	int status = 0;

	/* The only user of the stream: readdir() keeps nothing outside of it. */
	while (!status && (errno = 0, entry = readdir(directory)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			status = take(entry->d_name, user);
	return status ? status : -errno;
}

int ipoib__audit_tree_list(const struct ipoib__audit_tree *tree, const char *path,
			   int (*take)(const char *name, void *user), void *user)
{
	char resolved[IPOIB__AUDIT_PATH];
	int error = ipoib__audit_path_resolve(tree->root, path, resolved);

	if (error)
		return error;

	int fd = ipoib__audit_path_open_directory(tree->root, resolved);

	if (fd < 0)
		return fd;

	DIR *directory = fdopendir(fd);

	if (!directory) {
		error = -errno;
		close(fd);
		return error;
	}
	error = list(directory, take, user);
	closedir(directory);
	return error;
}

/* A line that is put together from pieces of the file. */
struct line {
	char text[LINE_ROOM];
	size_t length;
	bool is_too_long;
};

static int end_line(struct line *line, int (*take)(const char *line, void *user), void *user)
{
	bool is_whole = !line->is_too_long && line->length > 0;

	line->text[line->length] = '\0';
	line->length = 0;
	line->is_too_long = false;
	return is_whole ? take(line->text, user) : 0;
}

static void add_octet(struct line *line, char octet)
{
	if (line->length + 1 < sizeof(line->text))
		line->text[line->length++] = octet;
	else
		line->is_too_long = true;
}

static int read_lines(int fd, int (*take)(const char *line, void *user), void *user)
{
	char piece[4096];
	struct line line = { .length = 0 };
	size_t total = 0;
	int status = 0;

	while (!status) {
		ssize_t count = read(fd, piece, sizeof(piece));

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			return end_line(&line, take, user);
		total += (size_t)count;
		if (total > FILE_MAX)
			return -EFBIG;
		for (ssize_t i = 0; i < count && !status; i++)
			if (piece[i] == '\n')
				status = end_line(&line, take, user);
			else
				add_octet(&line, piece[i]);
	}
	return status;
}

int ipoib__audit_tree_lines(const struct ipoib__audit_tree *tree, const char *path,
			    int (*take)(const char *line, void *user), void *user)
{
	char resolved[IPOIB__AUDIT_PATH];
	int error = ipoib__audit_path_resolve(tree->root, path, resolved);

	if (error)
		return error;

	int fd = ipoib__audit_path_open_file(tree->root, resolved);

	if (fd < 0)
		return fd;
	error = read_lines(fd, take, user);
	close(fd);
	return error;
}
