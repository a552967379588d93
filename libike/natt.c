/* SPDX-License-Identifier: ISC */
#include "exchange.h"

static enum ike_err digest(struct ike_engine *e, const struct ike_header *h,
			   const struct endpoint *at, uint8_t out[20])
{
	uint8_t fixed[18];
	struct wr w = wr_of(fixed, sizeof fixed);
	struct span parts[3];
	struct ip ip = ip_wire(&at->ip);

	wr_uint(&w, 8, h->spi_i);
	wr_uint(&w, 8, h->spi_r);
	wr_uint(&w, 2, at->port);
	parts[0] = span_of(fixed, 16);
	parts[1] = ip_span(&ip);
	parts[2] = span_of(fixed + 16, 2);
	return ike_sha1(e->crypto, parts, 3, out);
}

/*
 * Both NAT_DETECTION notifies. Forced encapsulation: the source is a value that fits no address, so
 * that the peer sees a NAT before us and keeps ESP in UDP.
 */
void ike_natd_add(struct ike_engine *e, const struct ike_sa *sa, const struct ike_path *path,
		  struct ike_build *b)
{
	uint8_t source[20], destination[20];
	enum ike_err err;

	if (sa->conn->encap == IKE_ENCAP_YES)
		err = ike_random(e->crypto, source, sizeof source);
	else
		err = digest(e, &b->h, &path->local, source);
	if (err || digest(e, &b->h, &path->remote, destination)) {
		b->bad = true;
		return;
	}
	ike_add_notify(b, IKE_N_NAT_DETECTION_SOURCE_IP, span_of(source, sizeof source));
	ike_add_notify(b, IKE_N_NAT_DETECTION_DESTINATION_IP,
		       span_of(destination, sizeof destination));
}

static bool has(const struct ike_packet *p, uint16_t type, const uint8_t want[20])
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == IKE_P_N && p->v[i].notify.type == type &&
		    span_eq(p->v[i].notify.data, span_of(want, 20)))
			return true;
	return false;
}

bool ike_natd_read(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	uint8_t source[20], destination[20];

	if (!ike_find_notify(in->p, IKE_N_NAT_DETECTION_SOURCE_IP) ||
	    !ike_find_notify(in->p, IKE_N_NAT_DETECTION_DESTINATION_IP))
		return false;
	if (digest(e, &in->p->h, &in->path->remote, source) ||
	    digest(e, &in->p->h, &in->path->local, destination)) {
		e->oom = true;
		return true;
	}
	sa->nat_peer = !has(in->p, IKE_N_NAT_DETECTION_SOURCE_IP, source);
	sa->nat_us = !has(in->p, IKE_N_NAT_DETECTION_DESTINATION_IP, destination);
	sa->encap = sa->conn->encap == IKE_ENCAP_YES ||
		    (sa->conn->encap == IKE_ENCAP_AUTO && (sa->nat_peer || sa->nat_us));
	return true;
}

void ike_natd_check(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	sa->mobike.natt = ike_natd_read(e, sa, in);
	if (sa->mobike.natt)
		return;
	sa->encap = sa->conn->encap == IKE_ENCAP_YES;
	ike_event_warning(e, sa, "no-nat-detection",
			  "peer does not detect NATs; it may not take ESP in UDP");
}
