/* SPDX-License-Identifier: ISC */
#include "redirect.h"

#include "exchange.h"

/* Types of gateway identities (RFC 5685 7.2). */
enum { GW_IPV4 = 1, GW_IPV6 = 2, GW_FQDN = 3 };

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t ch = s.p[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		      (ch >= '0' && ch <= '9') || (i && (ch == '.' || ch == '-'))))
			return false;
	}
	return s.n && s.n < 254;
}

static void add_gateway(struct span data, struct buf *out)
{
	struct rd r = rd_of(data);
	uint64_t type = rd_uint(&r, 1);
	struct span id = rd_take(&r, rd_uint(&r, 1));
	struct ip ip = ip_of(id);
	char text[INET_TEXT];

	if (r.bad)
		buf_add_str(out, "with a malformed address");
	else if ((type == GW_IPV4 && ip.len == 4) || (type == GW_IPV6 && ip.len == 16))
		buf_add_str(out, ip_text(&ip, text));
	else if (type == GW_FQDN && is_name(id))
		buf_add(out, id);
	else
		buf_add_str(out, "with a name that is none");
}

bool ike_redirected(const struct ike_packet *p, struct buf *why)
{
	const struct ike_payload *n = ike_find_notify(p, IKE_N_REDIRECT);

	if (!n)
		return false;
	buf_add_str(why, "peer sends us to another gateway, ");
	add_gateway(n->notify.data, why);
	buf_add_str(why, ", and that is not followed");
	return true;
}

bool ike_redirect_ends(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	struct buf why = { 0 };
	bool yes = sa->client && ike_redirected(p, &why);

	if (yes) {
		ike_event_refused(e, sa, IKE_E_REDIRECTED, NULL, buf_span(&why),
				  span_str("try that one with --to, if you trust it"));
		sa->end = IKE_E_REDIRECTED;
		sa->end_why = arena_str(&sa->arena, buf_span(&why));
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	}
	buf_free(&why);
	return yes;
}
