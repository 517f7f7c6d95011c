/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The judge of a contested first contact: first.h. */
#include "interface/first.h"

#include "interface/interface.h"

/* ---- a port's own word ---- */

static struct ipoib__word *word_of(struct ipoib__words *words, const struct ipoib_ip *ip,
				   const struct ipoib_link_address *by)
{
	for (size_t i = 0; i < IPOIB__WORDS_MAX; i++) {
		struct ipoib__word *word = &words->ring[i];

		if (ipoib_ip_equal(&word->ip, ip) && ipoib_link_address_same_peer(&word->by, by))
			return word;
	}
	return NULL;
}

/* The word of a port for an address, that still counts; NULL: it has not spoken. */
static const struct ipoib__word *spoken(struct ipoib_interface *interface,
					const struct ipoib_ip *ip,
					const struct ipoib_link_address *by, uint64_t now)
{
	const struct ipoib__word *word = word_of(&interface->words, ip, by);

	return word && now - word->at < IPOIB__WORD_NS ? word : NULL;
}

static void keep(struct ipoib__words *words, const struct ipoib__word *word)
{
	struct ipoib__word *place = word_of(words, &word->ip, &word->by);

	if (!place) {
		place = &words->ring[words->next];
		words->next = (words->next + 1) % IPOIB__WORDS_MAX;
	}
	*place = *word;
}

/* ---- whom a port serves ---- */

static const struct ipoib__binding *subnet_of(const struct ipoib_interface *interface,
					      const struct ipoib_ip *ip)
{
	for (struct ipoib__list *at = interface->bindings.list.next;
	     at != &interface->bindings.list; at = at->next) {
		const struct ipoib__binding *binding =
			ipoib__container_of(at, struct ipoib__binding, link);

		if (binding->scope == IPOIB_SCOPE_GLOBAL &&
		    ipoib__binding_same_subnet(&binding->address, ip, binding->prefix_length))
			return binding;
	}
	return NULL;
}

/* Whether who asks with this source has left the choice of its port to its routing table. */
bool ipoib__first_own_question(const struct ipoib_interface *interface,
			       const struct ipoib_ip *source, const struct ipoib_ip *target)
{
	const struct ipoib__binding *subnet = subnet_of(interface, target);

	return subnet && ipoib__binding_same_subnet(&subnet->address, source,
						    subnet->prefix_length);
}

/* Whether two addresses are in two subnets of ours; those of two versions may share a link. */
static bool apart(const struct ipoib_interface *a_of, const struct ipoib_ip *a,
		  const struct ipoib_interface *b_of, const struct ipoib_ip *b)
{
	const struct ipoib__binding *subnet = subnet_of(b_of, b);

	if (!subnet || !subnet_of(a_of, a) || a->family != b->family)
		return false;
	return !ipoib__binding_same_subnet(a, &subnet->address, subnet->prefix_length);
}

/* Whether a port is where an interface has a neighbour of another subnet than this peer's. */
static bool serves_at(const struct ipoib_interface *interface, const struct ipoib_interface *peers,
		      const struct ipoib__peer *peer, const struct ipoib_gid *gid)
{
	const struct ipoib__path *path = ipoib__paths_find(&interface->paths, gid);
	const struct ipoib__list *list, *at;
	unsigned look = IPOIB__FIRST_LOOK;

	if (!path)
		return false;
	list = &((const struct ipoib__route *)(const void *)path)->peers;
	for (at = list->next; at != list && look > 0; at = at->next, look--) {
		const struct ipoib__neighbour *n =
			&ipoib__container_of(at, struct ipoib__peer, of_route)->neighbour;

		if (ipoib__neighbour_valid(n) && n->first != IPOIB__NEIGHBOUR_FIRST_CONTESTED &&
		    apart(peers, &peer->neighbour.ip, interface, &n->ip))
			return true;
	}
	return false;
}

static bool serves_another(const struct ipoib_interface *interface, const struct ipoib__peer *peer,
			   const struct ipoib_link_address *port)
{
	struct ipoib_gid gid = ipoib_link_address_gid(port);
	const struct ipoib_interface *other = NULL;
	unsigned look = IPOIB__OTHERS_MAX;

	if (serves_at(interface, interface, peer, &gid))
		return true;
	while (look-- > 0 && (other = ipoib__own_next(interface, other)) != NULL)
		if (serves_at(other, interface, peer, &gid))
			return true;
	return false;
}

/* ---- the judgement ---- */

static void tell_right(struct ipoib_interface *interface, struct ipoib__peer *peer,
		       const struct ipoib_link_address *right, bool own_word, uint8_t claim,
		       uint64_t now)
{
	const struct ipoib_link_address copy = *right; /* the entry's own may change under it */
	const struct ipoib__neighbour_event event = { .type = IPOIB__NEIGHBOUR_RIGHT,
						      .address = &copy,
						      .claim = claim,
						      .own_word = own_word };

	ipoib__neighbours_step(&interface->neighbours, &peer->neighbour, &event, now);
}

void ipoib__first_judge(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	const struct ipoib__neighbour *n = &peer->neighbour;
	const struct ipoib_link_address *known = &n->link_address;
	const struct ipoib_link_address *rival = &n->rival;
	const struct ipoib__word *of_known = spoken(interface, &n->ip, known, now);
	const struct ipoib__word *of_rival = spoken(interface, &n->ip, rival, now);
	bool serves;

	if (!of_known != !of_rival) {
		const struct ipoib__word *word = of_known ? of_known : of_rival;

		tell_right(interface, peer, &word->by, true, word->claim, now);
		return;
	}
	if (n->first != IPOIB__NEIGHBOUR_FIRST_CONTESTED)
		return;
	serves = serves_another(interface, peer, known);
	if (serves != serves_another(interface, peer, rival))
		tell_right(interface, peer, serves ? rival : known, false, n->claim, now);
}

/* Something was told of a neighbour: its first contact may be contested from now on. */
void ipoib__first_told(struct ipoib_interface *interface, struct ipoib__peer *peer, uint64_t now)
{
	if (!ipoib__neighbour_contested(&peer->neighbour, now))
		return;
	if (interface->contested_until < peer->neighbour.first_until)
		interface->contested_until = peer->neighbour.first_until;
	ipoib__first_judge(interface, peer, now);
}

/*
 * A port has said, unasked, that an address is its own. It is kept while the address has no known
 * neighbour, or one whose first contact is contested; else it is a claim as any other.
 */
void ipoib__first_word(struct ipoib_interface *interface, const struct ipoib__word *word,
		       const struct ipoib_buffer *packet, uint64_t now)
{
	struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, &word->ip);

	if (n && n->known && !ipoib__neighbour_contested(n, now))
		return;
	if (ipoib__sender_of(interface, &word->by, packet) == IPOIB__NEIGHBOUR_ORIGIN_OTHER)
		return; /* it is another's word */
	keep(&interface->words, word);
	if (n)
		ipoib__first_told(interface, ipoib__peer_of(n), now);
}

/* What is told of an address may be such a word. */
void ipoib__first_heard(struct ipoib_interface *interface, const struct ipoib__told *told,
			uint64_t now)
{
	struct ipoib__word word = { .ip = *told->ip, .at = now, .claim = told->claim };

	if (!told->own_word || !told->link_address)
		return;
	word.by = *told->link_address;
	ipoib__first_word(interface, &word, told->packet, now);
}

/* ---- data ---- */

static struct ipoib__peer *contested_peer(const struct ipoib_interface *interface,
					  const struct ipoib_ip *source, uint64_t now)
{
	struct ipoib__neighbour *n = ipoib__neighbours_find(&interface->neighbours, source);

	return n && ipoib__neighbour_contested(n, now) ? ipoib__peer_of(n) : NULL;
}

/* Which of the two has sent a datagram; NULL: its headers do not say. */
static const struct ipoib_link_address *sender_among(const struct ipoib_interface *interface,
						     const struct ipoib__neighbour *n,
						     const struct ipoib_buffer *packet)
{
	const struct ipoib_link_address *known = &n->link_address;
	const struct ipoib_link_address *rival = &n->rival;
	enum ipoib__neighbour_origin origin = ipoib__sender_of(interface, known, packet);

	if (origin == IPOIB__NEIGHBOUR_ORIGIN_ITSELF)
		return known;
	if (ipoib__sender_of(interface, rival, packet) == IPOIB__NEIGHBOUR_ORIGIN_ITSELF)
		return rival;
	/* The rival has no path record yet: it has its queue pair, and not the other's LID. */
	return origin == IPOIB__NEIGHBOUR_ORIGIN_OTHER &&
			       packet->source_qpn == ipoib_link_address_qpn(rival) ?
		       rival :
		       NULL;
}

/* Whether a datagram belongs to a contested first contact, and so is no claim beside it. */
bool ipoib__first_data(struct ipoib_interface *interface, const struct ipoib_buffer *packet,
		       const struct ipoib_ip *source, uint64_t now)
{
	struct ipoib__peer *peer = contested_peer(interface, source, now);
	const struct ipoib_link_address *from;

	if (!peer)
		return false;
	from = sender_among(interface, &peer->neighbour, packet);
	if (from)
		tell_right(interface, peer, from, true, IPOIB_CLAIM_DATA, now);
	return true;
}

/* A packet came by the connection of this peer. */
void ipoib__first_connected(struct ipoib_interface *interface,
			    const struct ipoib_link_address *from, const struct ipoib_ip *source,
			    uint64_t now)
{
	struct ipoib__peer *peer = contested_peer(interface, source, now);

	if (peer)
		tell_right(interface, peer, from, true, IPOIB_CLAIM_DATA, now);
}
