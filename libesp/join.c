/* SPDX-License-Identifier: ISC */
#include "join.h"

#include "checksum.h"
#include "octets.h"

enum { TCP = 6, UDP = 17 };
enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8 };
enum { TCP_SEQ = 4, TCP_FLAGS = 13, TCP_SUM = 16, UDP_LENGTH = 4, UDP_SUM = 6 };
enum { PSH = 0x08, ACK = 0x10 };
#define DONT_FRAGMENT 0x4000
#define OCTETS_MAX 65500

/* A packet as far as joining looks at it. */
struct look {
	uint8_t *p;
	size_t n, ip_n, head_n;
	bool v6, tcp;
	bool joinable;    /* has data and nothing special; its checksum is not looked at yet */
};

static bool look_at_ipv4(struct look *l)
{
	uint16_t fragment = esp_get16(l->p + 6);

	l->ip_n = (l->p[0] & 15u) * 4;
	return l->ip_n == IPV4_HEADER && !(fragment & 0x3fff) && esp_get16(l->p + 2) == l->n;
}

/* False: neither TCP nor UDP, or a header that is not plain. */
static bool look_at(uint8_t *p, size_t n, struct look *l)
{
	uint8_t protocol;

	*l = (struct look){ .p = p, .n = n, .v6 = n && p[0] >> 4 == 6 };
	if (n < (l->v6 ? IPV6_HEADER : IPV4_HEADER) + (size_t)TCP_HEADER)
		return false;
	if (l->v6)
		l->ip_n = IPV6_HEADER;
	else if (!look_at_ipv4(l))
		return false;
	protocol = l->v6 ? p[6] : p[9];
	l->tcp = protocol == TCP;
	if (!l->tcp && protocol != UDP)
		return false;
	l->head_n = l->ip_n + (l->tcp ? (size_t)(p[l->ip_n + 12] >> 4) * 4 : UDP_HEADER);
	l->joinable = l->head_n >= l->ip_n + (l->tcp ? TCP_HEADER : UDP_HEADER) && l->head_n < n
		      && (!l->v6 || (size_t)esp_get16(p + 4) + IPV6_HEADER == n)
		      && (l->tcp ? (p[l->ip_n + TCP_FLAGS] & ~PSH) == ACK
				 : esp_get16(p + l->ip_n + UDP_LENGTH) + l->ip_n == n);
	return true;
}

/* The kernel trusts the checksum of a joined packet, so each part's must be right. */
static bool checksum_right(const struct look *l)
{
	size_t n = l->n - l->ip_n;
	uint64_t sum = esp_sum_pseudo(l->p, l->tcp ? TCP : UDP, (uint32_t)n);

	return !esp_sum_field(esp_sum(sum, span_of(l->p + l->ip_n, n)));
}

static bool same(const uint8_t *a, const uint8_t *b, size_t from, size_t to)
{
	return span_eq(span_of(a + from, to - from), span_of(b + from, to - from));
}

static bool same_flow(const struct esp_bundle *b, const struct look *l)
{
	const uint8_t *q = b->packet;

	return b->ip_n == l->ip_n && q[0] >> 4 == l->p[0] >> 4
	       && q[l->v6 ? 6 : 9] == l->p[l->v6 ? 6 : 9] && same(q, l->p, l->ip_n, l->ip_n + 4)
	       && (l->v6 ? same(q, l->p, 8, 40) : same(q, l->p, 12, 20));
}

/* Class, hop limit and fragmentation as in the first; identifications that count up or do not
 * matter (RFC 6864). */
static bool same_ip(const struct esp_bundle *b, const struct look *l)
{
	const uint8_t *q = b->packet, *p = l->p;
	uint16_t id = (uint16_t)(esp_get16(q + 4) + b->n_parts + 1);

	if (l->v6)
		return same(q, p, 0, 4) && q[7] == p[7];
	return q[1] == p[1] && same(q, p, 6, 9)
	       && (esp_get16(p + 6) & DONT_FRAGMENT || esp_get16(p + 4) == id);
}

/* The next octets of the stream, with the same acknowledgement, window and options. */
static bool same_tcp(const struct esp_bundle *b, const struct look *l)
{
	const uint8_t *q = b->packet + b->ip_n, *p = l->p + l->ip_n;

	return b->next == esp_get32(p + TCP_SEQ) && same(q, p, 8, 13) && same(q, p, 14, 16)
	       && same(q, p, 18, l->head_n - l->ip_n);
}

static bool fits(const struct esp_bundle *b, const struct look *l)
{
	size_t payload = l->n - l->head_n;

	return b->open && l->joinable && b->head_n == l->head_n && payload <= b->unit
	       && b->n_parts < ESP_JOIN_PARTS && b->head_n + b->payload + payload <= OCTETS_MAX
	       && same_ip(b, l) && (!l->tcp || same_tcp(b, l));
}

static void append(struct esp_bundle *b, const struct look *l)
{
	size_t payload = l->n - l->head_n;
	bool push = l->tcp && l->p[l->ip_n + TCP_FLAGS] & PSH;

	b->parts[b->n_parts++] = span_of(l->p + l->head_n, payload);
	b->payload += payload;
	b->next += (uint32_t)payload;
	if (push)
		b->packet[b->ip_n + TCP_FLAGS] |= PSH;
	b->open = !push && payload == b->unit;  /* only the last may be shorter */
}

/* The bundle that holds the latest packet of this flow. */
static struct esp_bundle *latest_of(struct esp_joiner *j, const struct look *l)
{
	for (size_t i = j->n; i-- > 0;) {
		if (j->v[i].head_n && same_flow(&j->v[i], l))
			return &j->v[i];
	}
	return NULL;
}

static bool begin(struct esp_joiner *j, uint8_t *packet, size_t n, const struct look *l)
{
	struct esp_bundle *b = &j->v[j->n];

	if (j->n == ESP_JOIN_BUNDLES)
		return false;
	j->n++;
	b->packet = packet;
	b->n = n;
	b->n_parts = 0;
	b->how = (struct esp_offload){ 0 };
	b->open = l && l->joinable;
	b->ip_n = l ? l->ip_n : 0;
	b->head_n = l ? l->head_n : 0;
	if (!b->open)
		return true;
	b->payload = b->unit = n - l->head_n;
	if (l->tcp) {
		b->next = esp_get32(packet + l->ip_n + TCP_SEQ) + (uint32_t)b->payload;
		b->open = !(packet[l->ip_n + TCP_FLAGS] & PSH);
	}
	return true;
}

bool esp_join_add(struct esp_joiner *j, uint8_t *packet, size_t n)
{
	struct esp_bundle *b;
	struct look l;

	if (!look_at(packet, n, &l))
		return begin(j, packet, n, NULL);
	l.joinable = l.joinable && (l.tcp || j->udp) && checksum_right(&l);
	b = latest_of(j, &l);
	if (b && fits(b, &l)) {
		append(b, &l);
		return true;
	}
	if (b)
		b->open = false;  /* what comes later must not overtake this one */
	return begin(j, packet, n, &l);
}

static void end_bundle(struct esp_bundle *b)
{
	bool v6 = b->packet[0] >> 4 == 6, tcp = b->packet[v6 ? 6 : 9] == TCP;
	size_t transport = b->head_n - b->ip_n + b->payload, field = tcp ? TCP_SUM : UDP_SUM;
	uint8_t *l4 = b->packet + b->ip_n;

	if (!b->n_parts)
		return;
	if (v6) {
		esp_put16(b->packet + 4, (uint16_t)transport);
	} else {
		esp_put16(b->packet + 2, (uint16_t)(b->ip_n + transport));
		esp_put16(b->packet + 10, 0);
		esp_put16(b->packet + 10, esp_sum_field(esp_sum(0, span_of(b->packet, b->ip_n))));
	}
	if (!tcp)
		esp_put16(l4 + UDP_LENGTH, (uint16_t)transport);
	/* the pseudo-header's sum; who cuts it adds the rest */
	esp_put16(l4 + field, (uint16_t)~esp_sum_field(
		esp_sum_pseudo(b->packet, tcp ? TCP : UDP, (uint32_t)transport)));
	b->how = (struct esp_offload){
		.gso = tcp ? ESP_GSO_TCP : ESP_GSO_UDP, .checksum = true,
		.csum_start = (uint16_t)b->ip_n, .csum_offset = (uint16_t)field,
		.gso_size = (uint16_t)b->unit };
}

void esp_join_end(struct esp_joiner *j)
{
	for (size_t i = 0; i < j->n; i++)
		end_bundle(&j->v[i]);
}
