/* SPDX-License-Identifier: ISC */
#include "conn.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>

#define FILE_MAX (4 << 20)
#define WHERE "is the path right, from the directory we run in, and readable for this user?"

static struct buf read_file(const char *option, const char *path)
{
	struct buf file = { 0 };
	const char *why = "";
	enum ike_err err = cmd_read_file(path, FILE_MAX, &file, &why);

	if (err)
		cmd_fail(err, WHERE, "cannot read %s %s: %s", option, path, why);
	return file;
}

static void trust_file(struct conn *c, const char *path)
{
	struct buf file = read_file("--ca", path);
	enum ike_err err = pki_trust_add(c->trust, buf_span(&file));

	buf_free(&file);
	if (err)
		cmd_fail(err == IKE_E_MEMORY ? err : IKE_E_INPUT, "PEM, or one certificate in DER",
			 "--ca %s: no certificate in it", path);
}

static bool has_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".pem") || !strcmp(dot, ".crt") || !strcmp(dot, ".cer") ||
		       !strcmp(dot, ".der"));
}

static void trust_dir(struct conn *c, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[4096];

	if (!dir)
		cmd_fail(IKE_E_NO_INPUT, WHERE, "cannot read --ca %s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		int n = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);

		if (has_suffix(entry->d_name) && n > 0 && (size_t)n < sizeof file)
			trust_file(c, file);
	}
	closedir(dir);
}

void conn_trust(struct conn *c, const struct options *o)
{
	struct stat st;

	if (pki_trust_new(&c->trust))
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; i < o->ca.n; i++) {
		if (!stat(o->ca.v[i], &st) && S_ISDIR(st.st_mode))
			trust_dir(c, o->ca.v[i]);
		else
			trust_file(c, o->ca.v[i]);
	}
	if (!pki_trust_count(c->trust))
		cmd_fail(IKE_E_CONFIG, "files named *.pem, *.crt, *.cer or *.der are read",
			 "--ca %s: no CA certificate there", o->ca.v[0]);
	if (pki_trust_hashes(c->trust, &c->hashes))
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	c->c.ca_hashes = buf_span(&c->hashes);
}

void conn_chain(struct conn *c, const struct options *o)
{
	struct buf file = read_file("--cert", o->cert);
	enum ike_err err = pki_certs_read(buf_span(&file), &c->arena, &c->chain);

	buf_free(&file);
	if (err || !c->chain.n)
		cmd_fail(err == IKE_E_MEMORY ? err : IKE_E_INPUT, "PEM, or one certificate in DER",
			 "--cert %s: no certificate in it", o->cert);
}

static struct span copy(struct conn *c, struct span s)
{
	struct span d = arena_dup(&c->arena, s);

	if (s.n && !d.n)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	return d;
}

/* The first name of that type in the subjectAltName. */
static bool alt_name(struct conn *c, const GENERAL_NAMES *names, int type, uint8_t id_type,
		     struct ike_ident *out)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != type)
			continue;
		out->type = id_type;
		out->data = copy(c, span_of(ASN1_STRING_get0_data(g->d.ia5),
					    (size_t)ASN1_STRING_length(g->d.ia5)));
		return true;
	}
	return false;
}

static void subject(struct conn *c, const X509 *x, struct ike_ident *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(X509_get_subject_name(x), &der);

	if (n <= 0)
		cmd_fail(IKE_E_CRYPTO, NULL, "the subject of our certificate cannot be read");
	out->type = IKE_ID_DER_ASN1_DN;
	out->data = copy(c, span_of(der, (size_t)n));
	OPENSSL_free(der);
}

struct ike_ident conn_cert_identity(struct conn *c, struct span cert)
{
	const unsigned char *p = cert.p;
	X509 *x = d2i_X509(NULL, &p, (long)cert.n);
	struct ike_ident id = { 0 };
	GENERAL_NAMES *names;

	if (!x)
		cmd_fail(IKE_E_INPUT, NULL, "our certificate cannot be read");
	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	if (!names || (!alt_name(c, names, GEN_DNS, IKE_ID_FQDN, &id) &&
		       !alt_name(c, names, GEN_EMAIL, IKE_ID_RFC822_ADDR, &id)))
		subject(c, x, &id);
	GENERAL_NAMES_free(names);
	X509_free(x);
	return id;
}
