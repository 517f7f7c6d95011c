/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where connections are kept: found by our ID, and by what a peer calls its own. */
#include "cm/connection.h"

#include <string.h>

#include "base/assert.h"

/*
 * A peer's number is its own only together with its adapter and its port: whoever claims another's
 * GUID from another LID meets nothing of the other.
 */
struct peer_key {
	uint64_t guid;
	uint32_t number;
	uint32_t lid;
};

static uint64_t hash_id(const struct ipoib__cm *cm, uint32_t id)
{
	return ipoib__siphash(cm->key, &id, sizeof(id));
}

static uint64_t hash_peer(const struct ipoib__cm *cm, const struct peer_key *key)
{
	return ipoib__siphash(cm->key, key, sizeof(*key));
}

static bool equal_id(const void *entry, const void *key, void *user)
{
	const struct ipoib__cm_connection *connection = entry;

	(void)user;
	return connection->id == *(const uint32_t *)key;
}

static bool equal_remote_id(const void *entry, const void *key, void *user)
{
	const struct ipoib__cm_connection *connection = entry;
	const struct peer_key *peer = key;

	(void)user;
	return connection->remote_guid == peer->guid && connection->remote_id == peer->number &&
	       connection->to.dlid == peer->lid;
}

static bool equal_queue_pair(const void *entry, const void *key, void *user)
{
	const struct ipoib__cm_connection *connection = entry;
	const struct peer_key *peer = key;

	(void)user;
	return connection->remote_guid == peer->guid && connection->remote_qpn == peer->number &&
	       connection->to.dlid == peer->lid;
}

static struct peer_key key_of(const struct ipoib__cm_connection *connection, uint32_t number)
{
	return (struct peer_key){ connection->remote_guid, number, connection->to.dlid };
}

void ipoib__cm_index_init(struct ipoib__cm *cm, struct ipoib__random *random)
{
	/* Peers see 32 bits of what the generator gives, the key is drawn before: it stays ours. */
	for (size_t i = 0; i < sizeof(cm->key); i += sizeof(uint64_t)) {
		uint64_t octets = ipoib__random_u64(random);

		memcpy(cm->key + i, &octets, sizeof(octets));
	}
	cm->next_id = (uint32_t)ipoib__random_u64(random);
	ipoib__table_init(&cm->by_id, cm->memory, equal_id, NULL);
	ipoib__table_init(&cm->by_remote_id, cm->memory, equal_remote_id, NULL);
	ipoib__table_init(&cm->by_queue_pair, cm->memory, equal_queue_pair, NULL);
}

void ipoib__cm_index_fini(struct ipoib__cm *cm)
{
	struct ipoib__cm_connection *connection;
	uint64_t cursor = 0;

	while ((connection = ipoib__table_next(&cm->by_id, &cursor)) != NULL)
		ipoib__cm_connection_free(connection);
	ipoib__table_fini(&cm->by_id);
	ipoib__table_fini(&cm->by_remote_id);
	ipoib__table_fini(&cm->by_queue_pair);
}

static void unindex_remote_id(struct ipoib__cm_connection *connection)
{
	struct peer_key key = key_of(connection, connection->remote_id);
	struct ipoib__cm *cm = connection->cm;

	if (connection->in_remote_id)
		ipoib__assert(
			ipoib__table_remove(&cm->by_remote_id, hash_peer(cm, &key), connection));
	connection->in_remote_id = false;
}

void ipoib__cm_unindex_queue_pair(struct ipoib__cm_connection *connection)
{
	struct peer_key key = key_of(connection, connection->remote_qpn);
	struct ipoib__cm *cm = connection->cm;

	if (connection->in_queue_pair)
		ipoib__assert(
			ipoib__table_remove(&cm->by_queue_pair, hash_peer(cm, &key), connection));
	connection->in_queue_pair = false;
}

void ipoib__cm_connection_free(struct ipoib__cm_connection *connection)
{
	struct ipoib__cm *cm = connection->cm;

	unindex_remote_id(connection);
	ipoib__cm_unindex_queue_pair(connection);
	ipoib__assert(ipoib__table_remove(&cm->by_id, hash_id(cm, connection->id), connection));
	ipoib__wheel_cancel(&cm->wheel, &connection->timer);
	ipoib__list_remove(&connection->touched_link);
	ipoib__list_remove(&connection->told_link);
	if (connection->state == IPOIB__CM_REQ_RECEIVED)
		cm->requests--;
	if (connection->state == IPOIB__CM_TIMEWAIT) {
		ipoib__list_remove(&connection->timewait_link);
		cm->timewaits--;
	}
	if (connection->over)
		cm->ended--;
	ipoib__memory_put(cm->memory, connection, sizeof(*connection));
}

struct ipoib__cm_connection *ipoib__cm_find(const struct ipoib__cm *cm, uint32_t id)
{
	return ipoib__table_find(&cm->by_id, hash_id(cm, id), &id);
}

struct ipoib__cm_connection *ipoib__cm_find_remote_id(const struct ipoib__cm *cm, uint64_t guid,
						      uint16_t lid, uint32_t remote_id)
{
	struct peer_key key = { guid, remote_id, lid };

	return ipoib__table_find(&cm->by_remote_id, hash_peer(cm, &key), &key);
}

struct ipoib__cm_connection *ipoib__cm_find_queue_pair(const struct ipoib__cm *cm, uint64_t guid,
						       uint16_t lid, uint32_t qpn)
{
	struct peer_key key = { guid, qpn, lid };

	return ipoib__table_find(&cm->by_queue_pair, hash_peer(cm, &key), &key);
}

int ipoib__cm_index_id(struct ipoib__cm_connection *connection)
{
	struct ipoib__cm *cm = connection->cm;

	return ipoib__table_insert(&cm->by_id, hash_id(cm, connection->id), connection);
}

int ipoib__cm_index_remote_id(struct ipoib__cm_connection *connection)
{
	struct peer_key key = key_of(connection, connection->remote_id);
	struct ipoib__cm *cm = connection->cm;
	int status = ipoib__table_insert(&cm->by_remote_id, hash_peer(cm, &key), connection);

	connection->in_remote_id = status == 0;
	return status;
}

int ipoib__cm_index_queue_pair(struct ipoib__cm_connection *connection)
{
	struct peer_key key = key_of(connection, connection->remote_qpn);
	struct ipoib__cm *cm = connection->cm;
	int status = ipoib__table_insert(&cm->by_queue_pair, hash_peer(cm, &key), connection);

	connection->in_queue_pair = status == 0;
	return status;
}
