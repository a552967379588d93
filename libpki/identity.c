/* SPDX-License-Identifier: ISC */
/* The identity of the ID payload in the certificate (RFC 4945 3.1). */
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/inet.h"
#include "x509.h"

enum { ID_IPV4 = 1, ID_FQDN, ID_RFC822, ID_IPV6 = 5, ID_DN = 9, ID_KEY = 11 };

/* Identities that stand in subjectAltName. */
static const struct kind {
	uint8_t id_type;
	int san;
	const char *name;
} kinds[] = {
	{ ID_FQDN, GEN_DNS, "dNSName" },
	{ ID_RFC822, GEN_EMAIL, "rfc822Name" },
	{ ID_IPV4, GEN_IPADD, "iPAddress" },
	{ ID_IPV6, GEN_IPADD, "iPAddress" },
};

static struct span span_of_string(const ASN1_STRING *s)
{
	int n = ASN1_STRING_length(s);

	return span_of(ASN1_STRING_get0_data(s), n > 0 ? (size_t)n : 0);
}

/* Of a name whose text or address a string holds; the empty span for others. */
static struct span san_octets(const GENERAL_NAME *g)
{
	switch (g->type) {
	case GEN_DNS:
	case GEN_EMAIL:
		return span_of_string(g->d.ia5);
	case GEN_IPADD:
		return span_of_string(g->d.ip);
	default:
		return span_of(NULL, 0);
	}
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

static bool same_case_aside(struct span a, struct span b)
{
	bool same = a.n == b.n && a.p && b.p;

	for (size_t i = 0; same && i < a.n; i++)
		same = lower(a.p[i]) == lower(b.p[i]);
	return same;
}

/* Octets up to and with the last @; 0 without one. */
static size_t local_part(struct span s)
{
	size_t n = s.n;

	while (n && s.p[n - 1] != '@')
		n--;
	return n;
}

static bool same_mail(struct span a, struct span b)
{
	size_t n = local_part(a);

	return n && n == local_part(b) && span_eq(span_of(a.p, n), span_of(b.p, n)) &&
		same_case_aside(span_of(a.p + n, a.n - n), span_of(b.p + n, b.n - n));
}

static bool same(uint8_t id_type, struct span id, struct span san)
{
	if (id_type == ID_RFC822)
		return same_mail(id, san);
	return id_type == ID_FQDN ? same_case_aside(id, san) : span_eq(id, san);
}

/* One name as text; false: of a kind not shown. */
static bool name_text(uint8_t id_type, struct span s, char out[PKI_NAME_TEXT])
{
	struct ip ip = ip_of(s);
	const unsigned char *p = s.p;
	X509_NAME *dn = NULL;
	char text[INET_TEXT];

	switch (id_type) {
	case ID_IPV4:
	case ID_IPV6:
		snprintf(out, PKI_NAME_TEXT, "%s", ip.len ? ip_text(&ip, text) : "an odd address");
		return true;
	case ID_DN:
		dn = d2i_X509_NAME(NULL, &p, (long)s.n);
		dn ? pki_name_text(dn, out) : pki_octets_text(s, out);
		X509_NAME_free(dn);
		return true;
	default:
		pki_octets_text(s, out);
		return s.n > 0;
	}
}

/* What the certificate is for: its first names of subjectAltName. "": it has none. */
static void names_text(const GENERAL_NAMES *names, char out[PKI_NAME_TEXT])
{
	struct buf b = { 0 };
	char one[PKI_NAME_TEXT];

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && b.n < PKI_NAME_TEXT; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		uint8_t as = g->type == GEN_IPADD ? ID_IPV4 : ID_FQDN;

		if (name_text(as, san_octets(g), one))
			buf_printf(&b, "%s%s", b.n ? ", " : "", one);
	}
	pki_octets_text(buf_span(&b), out);
	buf_free(&b);
}

static bool wrong_san(const X509 *leaf, const GENERAL_NAMES *names, const struct kind *kind,
	const struct pki_peer *peer, struct pki_verdict *v)
{
	char has[PKI_NAME_TEXT], wanted[PKI_NAME_TEXT], subject[PKI_NAME_TEXT];

	name_text(peer->id_type, peer->id_data, wanted);
	names_text(names, has);
	if (has[0])
		pki_refuse(v, "wrong-name", "certificate is for %s, not for %s", has, wanted);
	else
		pki_refuse(v, "wrong-name", "certificate of %s has no subjectAltName, so it is not "
			"for %s", pki_subject_text(leaf, subject), wanted);
	pki_hint(v, "issue the certificate with %s %s in subjectAltName%s", kind->name, wanted,
		has[0] ? ", or use an identity that it has" : "; the common name does not count");
	return false;
}

static bool in_san(const X509 *leaf, const struct kind *kind, const struct pki_peer *peer,
	struct pki_verdict *v)
{
	int critical;
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, NULL);
	char subject[PKI_NAME_TEXT];
	bool found = false;

	if (!names && critical != -1)
		return pki_refuse(v, "malformed", "certificate of %s has a broken subjectAltName",
			pki_subject_text(leaf, subject));
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		found = g->type == kind->san &&
			same(peer->id_type, peer->id_data, san_octets(g));
	}
	if (!found)
		wrong_san(leaf, names, kind, peer, v);
	GENERAL_NAMES_free(names);
	return found;
}

static bool is_subject(const X509 *leaf, const struct pki_peer *peer, struct pki_verdict *v)
{
	const unsigned char *p = peer->id_data.p;
	X509_NAME *dn = d2i_X509_NAME(NULL, &p, (long)peer->id_data.n);
	bool whole = dn && p == peer->id_data.p + peer->id_data.n && X509_NAME_entry_count(dn);
	bool good = whole && X509_NAME_cmp(dn, X509_get_subject_name(leaf)) == 0;
	char subject[PKI_NAME_TEXT], wanted[PKI_NAME_TEXT];

	if (!good) {
		pki_refuse(v, "wrong-name", "certificate is for %s, not for %s",
			pki_subject_text(leaf, subject),
			whole ? pki_name_text(dn, wanted) : "the broken name that was given");
		pki_hint(v, "use the subject of the certificate as the identity, in its order");
	}
	X509_NAME_free(dn);
	return good;
}

static bool is_key(X509 *leaf, const struct pki_peer *peer, struct pki_verdict *v)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(leaf);
	char subject[PKI_NAME_TEXT];

	if (ski && span_eq(span_of_string(ski), peer->id_data))
		return true;
	pki_refuse(v, "wrong-name", "certificate of %s has another subjectKeyIdentifier than the "
		"key id given", pki_subject_text(leaf, subject));
	pki_hint(v, "use a name of the certificate as the identity");
	return false;
}

bool pki_identity(X509 *leaf, const struct pki_peer *peer, struct pki_verdict *v)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && peer->id_data.n; i++)
		if (kinds[i].id_type == peer->id_type)
			return in_san(leaf, &kinds[i], peer, v);
	if (peer->id_type == ID_DN && peer->id_data.n)
		return is_subject(leaf, peer, v);
	if (peer->id_type == ID_KEY && peer->id_data.n)
		return is_key(leaf, peer, v);
	pki_refuse(v, "wrong-name", "an identity of type %u%s cannot be found in a certificate",
		peer->id_type, peer->id_data.n ? "" : " that is empty");
	pki_hint(v, "use a name, a mail address, an IP address or a distinguished name");
	return false;
}
