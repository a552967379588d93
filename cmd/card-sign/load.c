/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <cmd/lib/sandbox.h>

#include "card_sign.h"

#define FILE_PREFIX "file:"
#define CERT_FILE_MAX (1024 * 1024)

static const char *file_of(const char *name)
{
	if (!name)
		cmd_fail(IKE_E_USAGE, "say which key: --key file:me.key", "no key is given");
	if (strncmp(name, FILE_PREFIX, strlen(FILE_PREFIX)) == 0)
		return name + strlen(FILE_PREFIX);
	if (strncmp(name, "piv:", 4) == 0 || strncmp(name, "pkcs11:", 7) == 0)
		cmd_fail(IKE_E_CONFIG, "use --key file:FILE",
			"cannot use key %s: this build has keys in files only", name);
	cmd_fail(IKE_E_USAGE, "put file: before the name of a file: --key file:me.key",
		"cannot use key %s: it is not of the form file:FILE", name);
}

static const char *key_hint(enum ike_err err)
{
	switch (err) {
	case IKE_E_PERMISSION:
		return "the key file must be for its owner alone, who runs this: chmod 600 FILE";
	case IKE_E_CONFIG:
		return "openssl pkey takes a password away; openssl genpkey makes another key";
	case IKE_E_INPUT:
		return "a PEM or DER file with an RSA, EC or Ed25519 private key is wanted";
	default:
		return NULL;
	}
}

static void load_key(const char *name, struct loaded *k)
{
	const char *path = file_of(name), *why = "out of memory";
	struct secret octets = { 0 };
	enum ike_err err = cmd_read_key_file(path, &octets, &why);

	if (!err)
		err = pki_key_read(secret_span(&octets), &k->key, &why);
	secret_free(&octets);
	if (err)
		cmd_fail(err, key_hint(err), "cannot use key %s: %s", path, why);
	k->name = name;
	if (pki_key_spki(k->key, &k->spki))
		cmd_fail(IKE_E_MEMORY, NULL, "cannot use key %s: out of memory", path);
}

static void load_cert(const char *path, struct loaded *k)
{
	struct buf file = { 0 }, spki = { 0 };
	struct arena a = { 0 };
	struct pki_certs certs;
	const char *why = "there is no certificate in it";
	enum ike_err err = cmd_read_file(path, CERT_FILE_MAX, &file, &why);

	if (!err)
		err = pki_certs_read(buf_span(&file), &a, &certs);
	if (!err)
		err = pki_cert_spki(certs.v[0], &spki);
	if (err)
		cmd_fail(err, err == IKE_E_INPUT ? "a PEM or DER file is wanted, the certificate "
			"of the key first" : NULL, "cannot use certificate %s: %s", path, why);
	if (!span_eq(buf_span(&spki), buf_span(&k->spki)))
		cmd_fail(IKE_E_CONFIG, "the first certificate in the file must be of this key",
			"cannot use certificate %s: it is not of the key %s", path, k->name);
	buf_add(&k->cert, certs.v[0]);
	if (k->cert.bad)
		cmd_fail(IKE_E_MEMORY, NULL, "cannot use certificate %s: out of memory", path);
	arena_drop(&a);
	buf_free(&file);
	buf_free(&spki);
}

void card_load(const struct options *o, struct loaded *k)
{
	static const struct cmd_drop nobody = { .uid = (uid_t)-1, .gid = (gid_t)-1 };

	load_key(o->key, k);
	if (o->cert)
		load_cert(o->cert, k);
	cmd_drop(&nobody);
	cmd_landlock(NULL, 0);
	cmd_seccomp(0);
}
