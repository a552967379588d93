/* SPDX-License-Identifier: ISC */
/* What OpenSSL found wrong with a path, as reason, sentence and hint. */
#include "x509.h"

enum fact { NOTHING, ISSUER, NOT_BEFORE, NOT_AFTER };

/* "certificate of SUBJECT" before the fact after */
struct row {
	int code;
	const char *reason, *before;
	enum fact fact;
	const char *after, *hint;
};

#define CLOCK "check the clock of this machine too"
#define ADD_CA "trust that CA (--ca), or let the peer send the certificates between"

static const struct row rows[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, "expired", "expired on ", NOT_AFTER, "",
	  "renew the certificate; " CLOCK },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "not-yet-valid", "is valid from ", NOT_BEFORE, " only",
	  "wait, or issue the certificate again; " CLOCK },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown-ca", "is from ", ISSUER,
	  ", which is not trusted here", ADD_CA },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown-ca", "is from ", ISSUER,
	  ", which is not trusted here", ADD_CA },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown-ca", "is from ", ISSUER,
	  ", which is not trusted here", ADD_CA },
	{ X509_V_ERR_CERT_UNTRUSTED, "unknown-ca", "is from ", ISSUER,
	  ", which is not trusted here", ADD_CA },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown-ca",
	  "ends the chain that the peer sent and is not trusted here", NOTHING, "",
	  "trust that CA (--ca)" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed",
	  "is signed by itself and not trusted here", NOTHING, "",
	  "issue it from a CA trusted here, or trust it as a CA (--ca)" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "bad-signature", "was not signed by the key of ",
	  ISSUER, "", "the CA may have been made anew under its old name: trust the new one" },
	{ X509_V_ERR_INVALID_CA, "not-ca", "is no CA but has issued another", NOTHING, "",
	  "issue the peer's certificate from a CA (basicConstraints CA:TRUE)" },
	{ X509_V_ERR_INVALID_NON_CA, "not-ca", "is a CA where none may be", NOTHING, "", "" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "not-ca", "may not issue others: keyUsage lacks "
	  "keyCertSign", NOTHING, "", "issue the CA's certificate with keyUsage keyCertSign" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, "path-length",
	  "allows fewer CAs below it than there are (pathLenConstraint)", NOTHING, "",
	  "issue the peer's certificate from the upper CA" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "path-length", "stands too deep in its chain", NOTHING,
	  "", "trust a CA nearer to the peer (--ca)" },
	{ X509_V_ERR_PERMITTED_VIOLATION, "name-constraints",
	  "has a name that its CA may not certify", NOTHING, "",
	  "issue it for a name that the CA's nameConstraints permit" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, "name-constraints",
	  "has a name that its CA may not certify", NOTHING, "",
	  "issue it for a name that the CA's nameConstraints do not exclude" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "unsupported",
	  "has a critical extension unknown here", NOTHING, "",
	  "issue it without that extension, or not critical" },
	{ X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "weak", "has a curve of its own", NOTHING, "",
	  "use a named curve: P-256, P-384 or P-521" },
};

static const struct row malformed = {
	0, "malformed", "cannot be used: ", NOTHING, "", "issue the certificate anew"
};

static const struct row *row_of(int code)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

static const char *fact_text(enum fact fact, const X509 *x, char out[PKI_NAME_TEXT])
{
	switch (fact) {
	case ISSUER:
		return pki_name_text(X509_get_issuer_name(x), out);
	case NOT_BEFORE:
		return pki_time_text(X509_get0_notBefore(x), out);
	case NOT_AFTER:
		return pki_time_text(X509_get0_notAfter(x), out);
	default:
		return "";
	}
}

/* Is a CA of that name trusted, so that its key must be another one? */
static bool namesake(const struct pki_trust *t, const X509_NAME *name)
{
	for (int i = 0; i < sk_X509_num(t->cas); i++) {
		const X509 *ca = sk_X509_value(t->cas, i);

		if (X509_NAME_cmp(X509_get_subject_name(ca), name) == 0)
			return true;
	}
	return false;
}

bool pki_path_refuse(struct pki_verdict *v, const struct pki_trust *t, X509_STORE_CTX *ctx)
{
	int code = X509_STORE_CTX_get_error(ctx);
	const struct row *row = row_of(code);
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	char subject[PKI_NAME_TEXT], fact[PKI_NAME_TEXT];
	const char *what = row ? "" : X509_verify_cert_error_string(code);

	if (code == X509_V_ERR_OUT_OF_MEM)
		return pki_no_memory(v);
	if (!x)
		return pki_refuse(v, "malformed", "certificate cannot be checked: %s",
			X509_verify_cert_error_string(code));
	row = row ? row : &malformed;
	pki_refuse(v, row->reason, "certificate of %s %s%s%s%s", pki_subject_text(x, subject),
		row->before, fact_text(row->fact, x, fact), row->after, what);
	pki_hint(v, "%s", row->hint);
	if (row->fact == ISSUER && namesake(t, X509_get_issuer_name(x)))
		pki_hint(v, "a CA of that name is trusted here, with another key: if the CA was "
			"made anew, trust its new certificate (--ca)");
	return false;
}
