/* SPDX-License-Identifier: ISC */
#include <openssl/bio.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "x509.h"

#define CUT (PKI_NAME_TEXT - 4)

/* As much of s as there is place for; what was longer ends in dots. */
static const char *fit(struct span s, char out[PKI_NAME_TEXT])
{
	size_t n = s.n < PKI_NAME_TEXT ? s.n : CUT;

	snprintf(out, PKI_NAME_TEXT, "%.*s%s", (int)n, n ? (const char *)s.p : "",
		n < s.n ? "..." : "");
	return out;
}

const char *pki_octets_text(struct span s, char out[PKI_NAME_TEXT])
{
	struct buf b = { 0 };

	for (size_t i = 0; i < s.n && b.n < PKI_NAME_TEXT; i++) {
		bool plain = s.p[i] >= ' ' && s.p[i] <= '~' && s.p[i] != '\\';

		buf_printf(&b, plain ? "%c" : "\\x%02x", s.p[i]);
	}
	fit(buf_span(&b), out);
	buf_free(&b);
	return out;
}

const char *pki_name_text(const X509_NAME *name, char out[PKI_NAME_TEXT])
{
	const unsigned long flags = XN_FLAG_SEP_CPLUS_SPC | ASN1_STRFLGS_RFC2253;
	BIO *b = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (b && X509_NAME_print_ex(b, name, 0, flags) >= 0)
		n = BIO_get_mem_data(b, &p);
	fit(n > 0 ? span_of(p, (size_t)n) : span_str("an empty name"), out);
	BIO_free(b);
	return out;
}

const char *pki_subject_text(const X509 *x, char out[PKI_NAME_TEXT])
{
	return pki_name_text(X509_get_subject_name(x), out);
}

const char *pki_time_text(const ASN1_TIME *t, char out[PKI_NAME_TEXT])
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm) ||
	    !strftime(out, PKI_NAME_TEXT, "%Y-%m-%d %H:%M UTC", &tm))
		return fit(span_str("an unreadable date"), out);
	return out;
}

bool pki_refuse(struct pki_verdict *v, const char *reason, const char *fmt, ...)
{
	va_list ap;

	v->err = IKE_E_AUTH_THEIRS;
	v->reason = reason;
	va_start(ap, fmt);
	vsnprintf(v->sentence, sizeof v->sentence, fmt, ap);
	va_end(ap);
	return false;
}

void pki_hint(struct pki_verdict *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->hint, sizeof v->hint, fmt, ap);
	va_end(ap);
}

bool pki_no_memory(struct pki_verdict *v)
{
	pki_refuse(v, "memory", "out of memory while checking the certificate");
	v->err = IKE_E_MEMORY;
	return false;
}
