/* SPDX-License-Identifier: ISC */
#include "payload.h"

/* ---- RFC 7296 3.1, 3.2 ---- */

static const struct field header[] = {
	U64(ike_header, spi_i), U64(ike_header, spi_r), U8(ike_header, next),
	U8(ike_header, version), U8(ike_header, exchange), U8(ike_header, flags),
	U32(ike_header, id), U32(ike_header, length), END
};
const struct shape ike_header_shape = SHAPE(ike_header, header);

static const struct field generic[] = {
	U8(ike_generic, next), BITS(ike_generic, flags, 1, IKE_CRITICAL), LENGTH(2),
	TAIL(ike_generic, body, 0, SHAPE_ANY), END
};
const struct shape ike_generic_shape = SHAPE(ike_generic, generic);

/* ---- 3.3 Security Association ---- */

#define ATTRIBUTE_KEY_LENGTH 14

static const struct field transform[] = {
	MORE(3), RESERVED(1), LENGTH(2), U8(ike_transform, type), RESERVED(1),
	U16(ike_transform, id),
	ATTRIBUTES(ike_transform, bits, ATTRIBUTE_KEY_LENGTH, strange), END
};
static const struct shape transform_shape = SHAPE(ike_transform, transform);

static const struct field proposal[] = {
	MORE(2), RESERVED(1), LENGTH(2), U8(ike_proposal, number), U8(ike_proposal, protocol),
	SIZE(ike_proposal, spi, 1), LIST_COUNT(ike_proposal, n, 1), BYTES(ike_proposal, spi),
	ITEMS(ike_proposal, transforms, n, &transform_shape, 0, 255), END
};
static const struct shape proposal_shape = SHAPE(ike_proposal, proposal);

static const struct field sa[] = {
	ITEMS(ike_payload, sa.v, sa.n, &proposal_shape, 1, 255), END
};

/* ---- 3.4 Key Exchange, 3.5 Identification, 3.6, 3.7 CERT and CERTREQ, 3.8 AUTH ---- */

static const struct field ke[] = {
	U16(ike_payload, ke.group), RESERVED(2), TAIL(ike_payload, ke.data, 1, SHAPE_ANY), END
};
static const struct field id[] = {
	U8(ike_payload, id.type), RESERVED(3), TAIL(ike_payload, id.data, 0, SHAPE_ANY), END
};
static const struct field cert[] = {
	U8(ike_payload, cert.encoding), TAIL(ike_payload, cert.data, 0, SHAPE_ANY), END
};
static const struct field auth[] = {
	U8(ike_payload, auth.method), RESERVED(3), TAIL(ike_payload, auth.data, 0, SHAPE_ANY), END
};

/* ---- 3.9 Nonce, 3.10 Notify, 3.11 Delete, 3.12 Vendor ID, 3.16 EAP ---- */

static const struct field nonce[] = { TAIL(ike_payload, bytes, 16, 256), END };
static const struct field bytes[] = { TAIL(ike_payload, bytes, 0, SHAPE_ANY), END };
static const struct field eap[] = { TAIL(ike_payload, bytes, 4, SHAPE_ANY), END };

static const struct field notify[] = {
	U8(ike_payload, notify.protocol), SIZE(ike_payload, notify.spi, 1),
	U16(ike_payload, notify.type), BYTES(ike_payload, notify.spi),
	TAIL(ike_payload, notify.data, 0, SHAPE_ANY), END
};
static const struct field del[] = {
	U8(ike_payload, del.protocol), U8(ike_payload, del.size), U16(ike_payload, del.count),
	TAIL(ike_payload, del.spis, 0, SHAPE_ANY), END
};

/* ---- 3.13 Traffic Selectors ---- */

#define TS_IPV4_ADDR_RANGE 7
#define TS_IPV6_ADDR_RANGE 8

static const struct field selector[] = {
	FAMILY(selector, first, TS_IPV4_ADDR_RANGE, TS_IPV6_ADDR_RANGE), U8(selector, protocol),
	LENGTH(2), U16(selector, from), U16(selector, to), IP(selector, first, first),
	IP(selector, last, first), END
};
static const struct shape selector_shape = SHAPE(selector, selector);

static const struct field ts[] = {
	LIST_COUNT(ike_payload, ts.n, 1), RESERVED(3),
	ITEMS(ike_payload, ts.v, ts.n, &selector_shape, 1, 255), END
};

/* ---- 3.15 Configuration ---- */

static const struct field attribute[] = {
	BITS(ike_cp_attribute, type, 2, 0x7fff), SIZE(ike_cp_attribute, value, 2),
	BYTES(ike_cp_attribute, value), END
};
static const struct shape attribute_shape = SHAPE(ike_cp_attribute, attribute);

static const struct field cp[] = {
	U8(ike_payload, cp.type), RESERVED(3),
	ITEMS(ike_payload, cp.v, cp.n, &attribute_shape, 0, 255), END
};

/* ---- RFC 7383 2.5 Encrypted Fragment ---- */

static const struct field skf[] = {
	U16(ike_payload, skf.number), U16(ike_payload, skf.total),
	TAIL(ike_payload, skf.rest, 1, SHAPE_ANY), END
};

#define PAYLOAD(type, table) [IKE_P_##type] = SHAPE(ike_payload, table)
static const struct shape shapes[] = {
	PAYLOAD(SA, sa), PAYLOAD(KE, ke), PAYLOAD(IDI, id), PAYLOAD(IDR, id), PAYLOAD(CERT, cert),
	PAYLOAD(CERTREQ, cert), PAYLOAD(AUTH, auth), PAYLOAD(NONCE, nonce), PAYLOAD(N, notify),
	PAYLOAD(D, del), PAYLOAD(V, bytes), PAYLOAD(TSI, ts), PAYLOAD(TSR, ts),
	PAYLOAD(SK, bytes), PAYLOAD(CP, cp), PAYLOAD(EAP, eap), PAYLOAD(SKF, skf),
};

const struct shape *ike_payload_shape(uint8_t type)
{
	if (type >= sizeof shapes / sizeof *shapes || !shapes[type].fields)
		return NULL;
	return &shapes[type];
}

/* ---- what the tables cannot say ---- */

/*
 * Selectors of a type unknown here (RFC 9478 labels) are left out: they narrow nothing. A range
 * must not run backwards, ports only as OPAQUE (65535 to 0).
 */
static enum ike_err check_ts(struct ike_payload *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->ts.n; i++) {
		const struct selector *s = &p->ts.v[i];

		if (!s->first.len)
			continue;
		if (ip_cmp(&s->first, &s->last) > 0)
			return IKE_E_SYNTAX;
		if (s->from > s->to && !selector_opaque(s))
			return IKE_E_SYNTAX;
		p->ts.v[kept++] = *s;
	}
	p->ts.n = kept;
	return IKE_OK;
}

/* 3.11: a Delete of the IKE_SA names no SPI, others have SPIs of 4 octets. */
static enum ike_err check_delete(const struct ike_payload *p)
{
	bool ike = p->del.protocol == IKE_PROTO_IKE;

	if (p->del.spis.n != (size_t)p->del.size * p->del.count)
		return IKE_E_SYNTAX;
	return p->del.size == (ike ? 0 : 4) && (!ike || !p->del.count) ? IKE_OK : IKE_E_SYNTAX;
}

static enum ike_err check(struct ike_payload *p)
{
	switch (p->type) {
	case IKE_P_TSI:
	case IKE_P_TSR:
		return check_ts(p);
	case IKE_P_D:
		return check_delete(p);
	case IKE_P_SKF:
		return p->skf.number && p->skf.number <= p->skf.total ? IKE_OK : IKE_E_SYNTAX;
	default:
		return IKE_OK;
	}
}

enum ike_err ike_payload_decode(struct ike_payload *p, struct arena *a)
{
	const struct shape *s = ike_payload_shape(p->type);
	enum ike_err err = s ? shape_decode(s, p->body, a, p) : IKE_OK;

	return s && !err ? check(p) : err;
}
