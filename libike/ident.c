/* SPDX-License-Identifier: ISC */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/inet.h"
#include "base/reader.h"
#include "ident.h"

#define RANK_EXACT 1024
#define SHOWN 256  /* octets of a peer's identity in a text */

static bool find(struct span s, uint8_t ch)
{
	return s.n && memchr(s.p, ch, s.n);
}

static char *trim(char *s)
{
	size_t n = strlen(s);

	while (n && s[n - 1] == ' ')
		s[--n] = '\0';
	return s + strspn(s, " ");
}

/* One attribute of a written DN, "CN=x"; the value may be "*" in a pattern, of whatever length. */
static bool dn_attribute(X509_NAME *name, char *text)
{
	char *eq = strchr(text, '=');
	const char *type, *value;

	if (!eq)
		return false;
	*eq = '\0';
	type = trim(text);
	value = trim(eq + 1);
	if (!strcmp(type, "E"))
		type = "emailAddress";
	return X509_NAME_add_entry_by_txt(name, type,
					  strcmp(value, "*") ? MBSTRING_UTF8 : V_ASN1_UTF8STRING,
					  (const unsigned char *)value, -1, -1, 0) == 1;
}

/*
 * "C=XX, O=x, CN=y": attributes by comma, or by slash if one stands first, in the order of the
 * encoding. A backslash takes the next character as it is. False: an attribute is wrong.
 */
static bool dn_read(X509_NAME *name, const char *text, char *part)
{
	char by = *text == '/' ? *text++ : ',';
	size_t n = 0;

	for (;; text++) {
		if (*text == '\\' && text[1]) {
			part[n++] = *++text;
		} else if (*text && *text != by) {
			part[n++] = *text;
		} else {
			part[n] = '\0';
			n = 0;
			if (!dn_attribute(name, part))
				return false;
			if (!*text)
				return true;
		}
	}
}

static enum ike_err dn_parse(struct span text, struct arena *a, struct ike_ident *out)
{
	char *copy = arena_str(a, text), *part = arena_str(a, text);
	X509_NAME *name = X509_NAME_new();
	uint8_t *der = NULL;
	int n = -1;

	if (name && copy && part && !find(text, '\0') && dn_read(name, copy, part))
		n = i2d_X509_NAME(name, &der);
	ERR_clear_error();
	out->type = IKE_ID_DER_ASN1_DN;
	out->data = n > 0 ? arena_dup(a, span_of(der, (size_t)n)) : span_of(NULL, 0);
	out->pattern = find(text, '*');
	OPENSSL_free(der);
	X509_NAME_free(name);
	return n <= 0 ? IKE_E_CONFIG : out->data.n ? IKE_OK : IKE_E_MEMORY;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum ike_err key_id_parse(struct span hex, struct arena *a, struct ike_ident *out)
{
	uint8_t *p = arena_alloc(a, hex.n / 2 + 1);

	if (!hex.n || hex.n % 2)
		return IKE_E_CONFIG;
	for (size_t i = 0; p && i < hex.n; i += 2) {
		int hi = nibble(hex.p[i]), lo = nibble(hex.p[i + 1]);

		if (hi < 0 || lo < 0)
			return IKE_E_CONFIG;
		p[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	out->type = IKE_ID_KEY_ID;
	out->data = span_of(p, hex.n / 2);
	return p ? IKE_OK : IKE_E_MEMORY;
}

/* A star stands at the front only, before a dot or an @, and alone. */
static bool name_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || (s.p[i] == '*' && i))
			return false;
	return s.n > 0 && (s.p[0] != '*' || (s.n > 2 && (s.p[1] == '.' || s.p[1] == '@')));
}

enum ike_err ike_ident_parse(struct span text, struct arena *a, struct ike_ident *out)
{
	struct ip ip;

	*out = (struct ike_ident){ 0 };
	if (span_is(text, "%any")) {
		out->pattern = true;
		return IKE_OK;
	}
	if (text.n > 1 && text.p[0] == '@' && text.p[1] == '#')
		return key_id_parse(span_of(text.p + 2, text.n - 2), a, out);
	if (find(text, '='))
		return dn_parse(text, a, out);
	if (ip_parse(text, &ip)) {
		out->type = ip.len == 4 ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR;
		out->data = arena_dup(a, ip_span(&ip));
		return out->data.n ? IKE_OK : IKE_E_MEMORY;
	}
	if (text.n && text.p[0] == '@')  /* as others write an FQDN */
		text = span_of(text.p + 1, text.n - 1);
	if (!name_ok(text))
		return IKE_E_CONFIG;
	out->type = find(text, '@') ? IKE_ID_RFC822_ADDR : IKE_ID_FQDN;
	out->pattern = find(text, '*');
	out->data = arena_dup(a, text);
	return out->data.n ? IKE_OK : IKE_E_MEMORY;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool same_text(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

/* "*.example.org" and "*@example.org": a star at the front stands for one label or a user. */
static bool text_match(struct span pattern, struct span s)
{
	struct rd want = rd_of(pattern), got = rd_of(s);
	struct span star, tail;

	rd_skip(&want, 1);
	tail = rd_rest(&want);
	if (!tail.n || s.n <= tail.n)
		return false;
	star = rd_take(&got, s.n - tail.n);
	return same_text(tail, rd_rest(&got)) && !find(star, '@') &&
	       (tail.p[0] == '@' || !find(star, '.'));
}

static X509_NAME *name_of(struct span der)
{
	const uint8_t *p = der.p;
	X509_NAME *n = der.n && der.n < 65536 ? d2i_X509_NAME(NULL, &p, (long)der.n) : NULL;

	if (n && p != der.p + der.n) {
		X509_NAME_free(n);
		return NULL;
	}
	return n;
}

static struct span entry_value(const X509_NAME_ENTRY *entry)
{
	const ASN1_STRING *v = X509_NAME_ENTRY_get_data(entry);

	return span_of(ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v));
}

/* RFC 5280 7.1: whatever their string types, case and runs of blanks aside. */
static bool same_entry(const X509_NAME_ENTRY *a, const X509_NAME_ENTRY *b)
{
	X509_NAME *x = X509_NAME_new(), *y = X509_NAME_new();
	bool same = x && y && X509_NAME_add_entry(x, a, -1, 0) == 1 &&
		    X509_NAME_add_entry(y, b, -1, 0) == 1 && X509_NAME_cmp(x, y) == 0;

	X509_NAME_free(x);
	X509_NAME_free(y);
	return same;
}

static bool entry_match(const X509_NAME_ENTRY *want, const X509_NAME_ENTRY *got, bool star)
{
	if (OBJ_cmp(X509_NAME_ENTRY_get_object(want), X509_NAME_ENTRY_get_object(got)) ||
	    X509_NAME_ENTRY_set(want) != X509_NAME_ENTRY_set(got))
		return false;
	return (star && span_is(entry_value(want), "*")) || same_entry(want, got);
}

/* With `star` the value "*" stands for any; only in a pattern of ours, never in a peer's name. */
static bool dn_match(struct span pattern, struct span der, bool star)
{
	X509_NAME *want = name_of(pattern), *got = name_of(der);
	bool ok = want && got && X509_NAME_entry_count(want) == X509_NAME_entry_count(got);

	for (int i = 0; ok && i < X509_NAME_entry_count(want); i++)
		ok = entry_match(X509_NAME_get_entry(want, i), X509_NAME_get_entry(got, i),
				 star);
	X509_NAME_free(want);
	X509_NAME_free(got);
	return ok;
}

/* A name by its type and octets; IKE_ID_ANY: none that an identity can be. */
static uint8_t general_type(const GENERAL_NAME *g, struct span *octets)
{
	const ASN1_STRING *s = g->type == GEN_DNS || g->type == GEN_EMAIL ? g->d.ia5 :
			       g->type == GEN_IPADD ? g->d.ip : NULL;

	if (s)
		*octets = span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	if (g->type == GEN_DNS)
		return IKE_ID_FQDN;
	if (g->type == GEN_EMAIL)
		return IKE_ID_RFC822_ADDR;
	if (g->type == GEN_IPADD && octets->n == 4)
		return IKE_ID_IPV4_ADDR;
	return g->type == GEN_IPADD && octets->n == 16 ? IKE_ID_IPV6_ADDR : IKE_ID_ANY;
}

bool ike_ident_general(struct ike_ident *id, struct arena *a)
{
	const uint8_t *p = id->data.p;
	GENERAL_NAME *g = id->data.n && id->data.n < 65536 ?
				  d2i_GENERAL_NAME(NULL, &p, (long)id->data.n) : NULL;
	struct span octets = { NULL, 0 };
	uint8_t type = IKE_ID_ANY, *der = NULL;
	int n = 0;

	if (g && p == id->data.p + id->data.n)
		type = general_type(g, &octets);
	if (g && p == id->data.p + id->data.n && g->type == GEN_DIRNAME) {
		n = i2d_X509_NAME(g->d.directoryName, &der);
		octets = span_of(der, n > 0 ? (size_t)n : 0);
		type = IKE_ID_DER_ASN1_DN;
	}
	octets = octets.n ? arena_dup(a, octets) : octets;
	if (type != IKE_ID_ANY && octets.n)
		*id = (struct ike_ident){ .type = type, .data = octets };
	GENERAL_NAME_free(g);
	OPENSSL_free(der);
	ERR_clear_error();
	return type != IKE_ID_ANY && octets.n;
}

bool ike_ident_match(const struct ike_ident *pattern, const struct ike_ident *id)
{
	if (pattern->type == IKE_ID_ANY)
		return id->type != IKE_ID_ANY;
	if (!pattern->pattern)
		return ike_ident_eq(pattern, id);
	if (pattern->type != id->type)
		return false;
	if (pattern->type == IKE_ID_DER_ASN1_DN)
		return dn_match(pattern->data, id->data, true);
	return text_match(pattern->data, id->data);
}

unsigned int ike_ident_rank(const struct ike_ident *pattern)
{
	X509_NAME *name;
	unsigned int n = 1;

	if (pattern->type == IKE_ID_ANY)
		return 0;
	if (!pattern->pattern)
		return RANK_EXACT;
	if (pattern->type != IKE_ID_DER_ASN1_DN)
		return n + (unsigned int)(pattern->data.n < RANK_EXACT / 2 ? pattern->data.n :
									    RANK_EXACT / 2);
	name = name_of(pattern->data);
	for (int i = 0; i < X509_NAME_entry_count(name); i++)
		n += !span_is(entry_value(X509_NAME_get_entry(name, i)), "*");
	X509_NAME_free(name);
	return n;
}

bool ike_ident_eq(const struct ike_ident *a, const struct ike_ident *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == IKE_ID_FQDN || a->type == IKE_ID_RFC822_ADDR)
		return same_text(a->data, b->data);
	if (a->type == IKE_ID_DER_ASN1_DN && !span_eq(a->data, b->data))
		return dn_match(a->data, b->data, false);
	return span_eq(a->data, b->data);
}

/* FNV-1a of the text, in lower case. */
static uint64_t hash_text(uint64_t h, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ lower(s.p[i])) * 0x100000001b3u;
	return h;
}

uint64_t ike_ident_hash(const struct ike_ident *id)
{
	uint64_t h = 0xcbf29ce484222325u ^ id->type;
	X509_NAME *dn = id->type == IKE_ID_DER_ASN1_DN ? name_of(id->data) : NULL;
	int ok = 0;

	if (!dn)
		return hash_text(h, id->data);
	/* Of the form in which names are compared. */
	h ^= (uint64_t)X509_NAME_hash_ex(dn, NULL, NULL, &ok) * 0x100000001b3u;
	X509_NAME_free(dn);
	ERR_clear_error();
	return h;
}

static void printable(struct span s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (i == SHOWN) {
			buf_add_str(out, "...");
			return;
		}
		if (s.p[i] >= ' ' && s.p[i] < 0x7f && s.p[i] != '\\')
			buf_add(out, span_of(s.p + i, 1));
		else
			buf_printf(out, "\\x%02x", s.p[i]);
	}
}

static void dn_text(struct span der, struct buf *out)
{
	X509_NAME *name = name_of(der);
	BIO *bio = name ? BIO_new(BIO_s_mem()) : NULL;
	char *text = NULL;
	long n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_SEP_CPLUS_SPC | ASN1_STRFLGS_ESC_CTRL |
				      ASN1_STRFLGS_ESC_MSB | XN_FLAG_FN_SN) >= 0)
		n = BIO_get_mem_data(bio, &text);
	if (n > 0)
		printable(span_of(text, (size_t)n), out);
	else
		buf_add_str(out, "(a DN that cannot be read)");
	BIO_free(bio);
	X509_NAME_free(name);
}

void ike_ident_text(const struct ike_ident *id, struct buf *out)
{
	struct ip ip = ip_of(id->data);
	char text[INET_TEXT];

	switch (id->type) {
	case IKE_ID_ANY:
		buf_add_str(out, "%any");
		break;
	case IKE_ID_IPV4_ADDR:
	case IKE_ID_IPV6_ADDR:
		buf_add_str(out, ip.len ? ip_text(&ip, text) : "(an address that cannot be read)");
		break;
	case IKE_ID_DER_ASN1_DN:
		dn_text(id->data, out);
		break;
	case IKE_ID_FQDN:
	case IKE_ID_RFC822_ADDR:
		printable(id->data, out);
		break;
	default:
		buf_add_str(out, "@#");
		for (size_t i = 0; i < id->data.n && i < SHOWN; i++)
			buf_printf(out, "%02x", id->data.p[i]);
		if (id->data.n > SHOWN)
			buf_add_str(out, "...");
	}
}
