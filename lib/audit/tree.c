/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "audit/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/path.h"

int ipoib__audit_tree_open(struct ipoib__audit_tree *tree, const char *root)
{
	tree->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return tree->root < 0 ? -errno : 0;
}

void ipoib__audit_tree_close(struct ipoib__audit_tree *tree)
{
	close(tree->root);
	tree->root = -1;
}

bool ipoib__audit_tree_is_running(const struct ipoib__audit_tree *tree)
{
	struct stat ours, root;

	return fstat(tree->root, &ours) == 0 && stat("/", &root) == 0 &&
	       ours.st_dev == root.st_dev && ours.st_ino == root.st_ino;
}

static int resolve(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_PATH],
		   const char *format, va_list arguments) IPOIB__PRINTF(3, 0);

static int resolve(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_PATH],
		   const char *format, va_list arguments)
{
	char path[IPOIB__AUDIT_PATH];
	int length = vsnprintf(path, sizeof(path), format, arguments);

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	return ipoib__audit_path_resolve(tree->root, path, out);
}

/* ---- small files ---- */

/* As much as there is room for; the count. */
static ssize_t read_all(int fd, char *out, size_t room)
{
	size_t length = 0;

	while (length < room) {
		ssize_t count = read(fd, out + length, room - length);

		if (count == 0)
			break;
		if (count > 0)
			length += (size_t)count;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)length;
}

static bool is_blank(char octet)
{
	return octet == '\n' || octet == ' ' || octet == '\t';
}

static int read_text(const struct ipoib__audit_tree *tree, const char *resolved,
		     char out[IPOIB__AUDIT_VALUE])
{
	int fd = ipoib__audit_path_open_file(tree->root, resolved);

	if (fd < 0)
		return fd;

	ssize_t length = read_all(fd, out, IPOIB__AUDIT_VALUE);

	close(fd);
	if (length < 0)
		return (int)length;
	if (length == IPOIB__AUDIT_VALUE)
		return -EFBIG;
	while (length > 0 && is_blank(out[length - 1]))
		length--;
	out[length] = '\0';
	for (ssize_t i = 0; i < length; i++)
		if (out[i] < ' ' || out[i] > '~')
			return -EILSEQ;
	return 0;
}

static int text_at(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_VALUE],
		   const char *format, va_list arguments) IPOIB__PRINTF(3, 0);

static int text_at(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_VALUE],
		   const char *format, va_list arguments)
{
	char resolved[IPOIB__AUDIT_PATH];
	int error = resolve(tree, resolved, format, arguments);

	if (!error)
		error = read_text(tree, resolved, out);
	if (error)
		out[0] = '\0';
	return error;
}

int ipoib__audit_tree_text(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_VALUE],
			   const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int error = text_at(tree, out, format, arguments);
	va_end(arguments);
	return error;
}

bool ipoib__audit_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._-@+";

	return name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0';
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return INT_MAX;
}

int ipoib__audit_number(uint32_t *out, const char *text)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint32_t base = hexadecimal ? 16 : 10, value = 0;

	if (hexadecimal)
		text += 2;
	if (*text == '\0')
		return -EILSEQ;
	for (; *text != '\0'; text++) {
		uint32_t digit = (uint32_t)digit_of(*text);

		if (digit >= base || value > (UINT32_MAX - digit) / base)
			return -EILSEQ;
		value = value * base + digit;
	}
	*out = value;
	return 0;
}

int ipoib__audit_tree_number(const struct ipoib__audit_tree *tree, uint32_t *out,
			     const char *format, ...)
{
	char text[IPOIB__AUDIT_VALUE];
	va_list arguments;

	va_start(arguments, format);
	int error = text_at(tree, text, format, arguments);
	va_end(arguments);
	return error ? error : ipoib__audit_number(out, text);
}

int ipoib__audit_tree_target(const struct ipoib__audit_tree *tree, char out[IPOIB__AUDIT_VALUE],
			     const char *format, ...)
{
	char resolved[IPOIB__AUDIT_PATH];
	va_list arguments;

	out[0] = '\0';
	va_start(arguments, format);
	int error = resolve(tree, resolved, format, arguments);
	va_end(arguments);
	if (error)
		return error;

	const char *slash = strrchr(resolved, '/');
	const char *last = slash ? slash + 1 : resolved;

	if (strlen(last) >= IPOIB__AUDIT_VALUE)
		return -ENAMETOOLONG;
	if (!ipoib__audit_is_plain(last))
		return -EILSEQ;
	memcpy(out, last, strlen(last) + 1);
	return 0;
}

bool ipoib__audit_tree_exists(const struct ipoib__audit_tree *tree, const char *format, ...)
{
	char resolved[IPOIB__AUDIT_PATH];
	va_list arguments;

	va_start(arguments, format);
	int error = resolve(tree, resolved, format, arguments);
	va_end(arguments);
	return error == 0;
}
