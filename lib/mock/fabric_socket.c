/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mock/fabric_peer.h"
#include "mock/socket.h"

/* Descriptors looked at in one round, connections taken in one, and those that may wait. */
#define READY_MAX	    64
#define ACCEPTS_MAX	    16
#define CONNECTIONS_WAITING 128
/*
 * Room for a burst to a peer, and no more (Linux gives twice that, and calls the socket writable
 * while a quarter is in use): what is in the socket no lane overtakes. The rest waits with us.
 */
#define SEND_BUFFER (192 << 10)
/* How long to leave new connections waiting when no descriptor is left. */
#define RESUME_NS UINT64_C(100000000)

/* ---- listening ---- */

/* Removes a socket that nobody listens at; whatever else has the name is left to bind(). */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat file;
	int fd, status = 0;

	if (lstat(address->sun_path, &file) < 0 || !S_ISSOCK(file.st_mode))
		return 0;
	fd = ipoib__socket_open();
	if (fd < 0)
		return fd;
	if (ipoib__socket_connect(fd, address) != -ECONNREFUSED)
		status = -EADDRINUSE;
	else if (unlink(address->sun_path) < 0)
		status = -errno;
	close(fd);
	return status;
}

static int bind_and_listen(struct ipoib__listener *listener)
{
	const struct sockaddr *address = (const struct sockaddr *)&listener->address;
	struct stat file;

	if (bind(listener->fd, address, sizeof(listener->address)) < 0)
		return -errno;
	if (lstat(listener->address.sun_path, &file) < 0)
		return -errno;
	listener->device = file.st_dev;
	listener->inode = file.st_ino;
	if (listen(listener->fd, CONNECTIONS_WAITING) < 0) {
		int status = -errno;

		unlink(listener->address.sun_path);
		return status;
	}
	return 0;
}

static int listener_open(struct ipoib_fabric *fabric)
{
	struct ipoib__listener *listener = &fabric->listener;
	int status = remove_stale(&listener->address);

	if (status < 0)
		return status;
	listener->fd = ipoib__socket_open();
	if (listener->fd < 0)
		return listener->fd;
	status = bind_and_listen(listener);
	if (status < 0)
		return status;
	status = ipoib__poller_watch(&fabric->poller, listener->fd, POLLIN);
	if (status < 0)
		unlink(listener->address.sun_path);
	return status;
}

int ipoib_fabric_listen(struct ipoib_fabric *fabric, const char *path)
{
	struct ipoib__listener *listener = &fabric->listener;
	int status;

	if (listener->fd >= 0)
		return -EALREADY;
	status = ipoib__socket_address(&listener->address, path);
	if (status < 0)
		return status;
	if (fabric->buffer == NULL)
		fabric->buffer = ipoib__memory_get(&fabric->memory, IPOIB__FRAME_MAX);
	if (fabric->buffer == NULL)
		return -ENOMEM;
	status = listener_open(fabric);
	if (status < 0) {
		if (listener->fd >= 0)
			close(listener->fd);
		listener->fd = -1;
	}
	return status;
}

static void listener_close(struct ipoib_fabric *fabric)
{
	struct ipoib__listener *listener = &fabric->listener;
	struct stat file;

	if (listener->fd < 0)
		return;
	(void)ipoib__poller_unwatch(&fabric->poller, listener->fd);
	close(listener->fd);
	listener->fd = -1;
	if (lstat(listener->address.sun_path, &file) == 0 && file.st_dev == listener->device &&
	    file.st_ino == listener->inode)
		unlink(listener->address.sun_path);
}

/* ---- connections ---- */

static void take_connection(struct ipoib_fabric *fabric, int fd)
{
	struct ipoib__peer *peer;

	ipoib__socket_buffer(fd, SEND_BUFFER);
	if (ipoib__socket_prepare(fd) < 0 ||
	    ipoib__fabric_peer_new(fabric, fd, &ipoib__peer_process, &peer) < 0) {
		ipoib__log_write(&fabric->log, IPOIB_LOG_ERROR, "no room for one more process");
		close(fd);
	}
}

/* A listener that stays readable because no descriptor is left would keep the caller busy. */
static void pause_listener(struct ipoib_fabric *fabric, uint64_t now)
{
	ipoib__log_write(&fabric->log, IPOIB_LOG_ERROR, "no descriptor for one more process");
	(void)ipoib__poller_unwatch(&fabric->poller, fabric->listener.fd);
	fabric->listener.resume = now + RESUME_NS;
}

static void accept_some(struct ipoib_fabric *fabric, uint64_t now)
{
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept(fabric->listener.fd, NULL, NULL);

		if (fd >= 0) {
			take_connection(fabric, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			pause_listener(fabric, now);
			return;
		} else if (errno == EWOULDBLOCK) {
			return;
		}
	}
}

static struct ipoib__peer *peer_of(struct ipoib__list *link)
{
	return ipoib__container_of(link, struct ipoib__peer, link);
}

static struct ipoib__peer *peer_by_fd(struct ipoib_fabric *fabric, int fd)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, &fabric->peers)
		if (peer_of(link)->fd == fd)
			return peer_of(link);
	return NULL;
}

static bool peer_is_late(const struct ipoib__peer *peer, uint64_t now)
{
	return !peer->attached && now >= peer->opened &&
	       now - peer->opened >= IPOIB__FABRIC_HELLO_NS;
}

static void close_some(struct ipoib_fabric *fabric, uint64_t now)
{
	struct ipoib__list *link, *following;

	ipoib__list_for_each_safe (link, following, &fabric->peers) {
		struct ipoib__peer *peer = peer_of(link);

		if (peer->broken || peer_is_late(peer, now))
			ipoib__fabric_peer_close(fabric, peer);
	}
}

/* ---- for fabric.c ---- */

/* Shared out evenly: the poller's order is its own. */
static unsigned reads_of(int ready)
{
	unsigned reads = IPOIB__FABRIC_READS_TURN / (ready > 0 ? (unsigned)ready : 1);

	return reads < IPOIB__FABRIC_READS ? reads : IPOIB__FABRIC_READS;
}

void ipoib__fabric_socket_dispatch(struct ipoib_fabric *fabric, uint64_t now)
{
	struct ipoib__listener *listener = &fabric->listener;
	int fds[READY_MAX];
	short events[READY_MAX];
	unsigned reads;
	int ready;

	if (listener->fd >= 0 && now >= listener->resume &&
	    ipoib__poller_watch(&fabric->poller, listener->fd, POLLIN) == 0)
		listener->resume = IPOIB_NEVER;
	ready = ipoib__poller_ready(&fabric->poller, fds, events, READY_MAX);
	reads = reads_of(ready);
	for (int i = 0; i < ready; i++) {
		struct ipoib__peer *peer = peer_by_fd(fabric, fds[i]);

		if (fds[i] == listener->fd)
			accept_some(fabric, now);
		if (peer == NULL)
			continue;
		if (events[i] & POLLOUT)
			ipoib__fabric_peer_write(fabric, peer);
		if (events[i] & (POLLIN | POLLHUP | POLLERR))
			ipoib__fabric_peer_read(fabric, peer, reads);
	}
	close_some(fabric, now);
}

uint64_t ipoib__fabric_socket_deadline(const struct ipoib_fabric *fabric)
{
	uint64_t deadline = fabric->listener.resume;

	if (!ipoib__list_empty(&fabric->flush))
		return 0;
	for (struct ipoib__list *link = fabric->peers.next; link != &fabric->peers;
	     link = link->next) {
		const struct ipoib__peer *peer = peer_of(link);
		uint64_t late = peer->opened + IPOIB__FABRIC_HELLO_NS;

		if (peer->broken)
			return 0;
		if (!peer->attached && late < deadline)
			deadline = late;
	}
	return deadline;
}

void ipoib__fabric_socket_fini(struct ipoib_fabric *fabric)
{
	struct ipoib__list *link;

	while ((link = ipoib__list_first(&fabric->peers)) != NULL)
		ipoib__fabric_peer_close(fabric, peer_of(link));
	listener_close(fabric);
	ipoib__memory_put(&fabric->memory, fabric->buffer, IPOIB__FRAME_MAX);
	ipoib__memory_put(&fabric->memory, fabric->outgoing, IPOIB__FRAME_MAX);
	fabric->buffer = fabric->outgoing = NULL;
}
