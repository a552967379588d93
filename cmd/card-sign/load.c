/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <cmd/lib/askpass.h>
#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <cmd/lib/sandbox.h>

#include "card_sign.h"

#define CERT_FILE_MAX (1024 * 1024)
#define ENCRYPTED_HINT "--askpass 'systemd-ask-password \"key:\"', or --pin-fd N: its password"

enum form { FORM_FILE, FORM_P12 };

static const char *file_of(const char *name, enum form *form)
{
	if (!name)
		cmd_fail(IKE_E_USAGE, "say which key: --key file:me.key", "no key is given");
	*form = strncmp(name, "p12:", 4) == 0 ? FORM_P12 : FORM_FILE;
	if (*form == FORM_P12)
		return name + 4;
	if (strncmp(name, "file:", 5) == 0)
		return name + 5;
	if (strncmp(name, "piv:", 4) == 0 || strncmp(name, "pkcs11:", 7) == 0)
		cmd_fail(IKE_E_CONFIG, "use --key file:FILE or p12:FILE",
			"cannot use key %s: this build has keys in files only", name);
	cmd_fail(IKE_E_USAGE, "put file: before the name of a file: --key file:me.key",
		"cannot use key %s: it is neither of the form file:FILE nor p12:FILE", name);
}

static const char *key_hint(enum ike_err err, enum form form)
{
	switch (err) {
	case IKE_E_PERMISSION:
		return "the key file must be for its owner alone, who runs this: chmod 600 FILE";
	case IKE_E_RETRY:
		return ENCRYPTED_HINT;
	case IKE_E_CONFIG:
		return form == FORM_P12 ?
			"openssl pkcs12 -legacy -in OLD -out NEW.pem, then --key file:NEW.pem "
			"--cert NEW.pem" :
			"openssl genpkey makes another key; openssl pkey writes one otherwise";
	case IKE_E_INPUT:
		return form == FORM_P12 ? "a PKCS #12 file (.p12, .pfx) with a private key is "
					  "wanted" :
			"a PEM or DER file with an RSA, EC, Ed25519 or Ed448 private key is wanted";
	default:
		return NULL;
	}
}

static enum ike_err read_key(enum form form, const struct pki_key_in *in, struct loaded *k,
			     const char **why)
{
	return form == FORM_P12 ? pki_p12_read(in, &k->key, &k->arena, &k->certs, why) :
				  pki_key_read(in, &k->key, why);
}

/* Asked for only when the key wants one. */
static bool ask(const struct options *o, struct secret *password)
{
	const char *why = "";
	enum ike_err err;

	if (o->pin_fd >= 0)
		err = cmd_read_secret_fd(o->pin_fd, password, &why);
	else if (o->askpass)
		err = cmd_askpass(o->askpass, password, &why);
	else
		return false;
	if (err)
		cmd_fail(err, NULL, "cannot get the password%s%s: %s", o->askpass ? " from " : "",
			o->askpass ? o->askpass : "", why);
	return true;
}

static void load_key(const struct options *o, struct loaded *k)
{
	const char *why = "out of memory";
	struct secret octets = { 0 }, password = { 0 };
	enum form form;
	const char *path = file_of(o->key, &form), *hint;
	enum ike_err err = cmd_read_key_file(path, &octets, &why);
	struct pki_key_in in = { .file = secret_span(&octets), .rsa_sha1 = o->rsa_sha1 };
	bool asked = false;

	if (!err)
		err = read_key(form, &in, k, &why);
	if (err == IKE_E_RETRY && ask(o, &password)) {
		asked = true;
		in.password = span_of(password.n ? password.p : (const uint8_t *)"", password.n);
		err = read_key(form, &in, k, &why);
	}
	secret_free(&password);
	secret_free(&octets);
	hint = asked && err == IKE_E_PERMISSION ? "is it the password of this file?" :
						  key_hint(err, form);
	if (err)
		cmd_fail(err == IKE_E_RETRY ? IKE_E_CONFIG : err, hint, "cannot use key %s: %s",
			 path, why);
	k->name = o->key;
	if (pki_key_spki(k->key, &k->spki))
		cmd_fail(IKE_E_MEMORY, NULL, "cannot use key %s: out of memory", path);
}

static void load_cert(const char *path, struct loaded *k)
{
	struct buf file = { 0 }, spki = { 0 };
	const char *why = "there is no certificate in it";
	enum ike_err err = cmd_read_file(path, CERT_FILE_MAX, &file, &why);

	if (!err)
		err = pki_certs_read(buf_span(&file), &k->arena, &k->certs);
	if (!err)
		err = pki_cert_spki(k->certs.v[0], &spki);
	if (err)
		cmd_fail(err, err == IKE_E_INPUT ? "a PEM or DER file is wanted, the certificate "
			"of the key first" : NULL, "cannot use certificate %s: %s", path, why);
	if (!span_eq(buf_span(&spki), buf_span(&k->spki)))
		cmd_fail(IKE_E_CONFIG, "the first certificate in the file must be of this key",
			"cannot use certificate %s: it is not of the key %s", path, k->name);
	buf_free(&file);
	buf_free(&spki);
}

void card_load(const struct options *o, struct loaded *k)
{
	static const struct cmd_drop nobody = { .uid = (uid_t)-1, .gid = (gid_t)-1 };

	load_key(o, k);
	if (o->cert)
		load_cert(o->cert, k);
	cmd_drop(&nobody);
	cmd_landlock(NULL, 0);
	cmd_seccomp(0);
}
