/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/stream.h>

#include "card_sign.h"

#define STDIN_MAX (16 * 1024 * 1024)
#define STEP 65536

static const struct cmd_opt opts[] = {
	{ "key", "file:FILE|p12:FILE", "the private key: PEM or DER, or PKCS #12", CMD_TEXT,
	  offsetof(struct options, key), 0, 0 },
	{ "cert", "FILE", "its certificate, PEM or DER, leaf first", CMD_TEXT,
	  offsetof(struct options, cert), 0, 0 },
	{ "pin-fd", "N", "the password of the key from a descriptor", CMD_FD,
	  offsetof(struct options, pin_fd), 0, 0 },
	{ "askpass", "COMMAND", "the same from a program's output", CMD_TEXT,
	  offsetof(struct options, askpass), 0, 0 },
	{ "allow-rsa-sha1", NULL, "sign by rsa-sha1 too, for old peers", CMD_FLAG,
	  offsetof(struct options, rsa_sha1), 0, 0 },
	{ "alg", "ALG", "sign by: rsa-pss-sha256, ecdsa-sha256 ... (see list)", CMD_TEXT,
	  offsetof(struct options, alg), 0, 0 },
	{ "subject", "DN", "csr: the name, \"CN=gw.example.org, O=Example\"", CMD_TEXT,
	  offsetof(struct options, subject), 0, 0 },
	{ "san", "NAME", "csr: DNS:NAME, IP:ADDR or email:ADDR (repeatable)", CMD_LIST,
	  offsetof(struct options, san), 0, 0 },
};

static const struct cmd_program program = {
	.name = "card-sign",
	.synopsis = "serve|sign|list|cert|csr --key file:FILE|p12:FILE [OPTION...]",
	.summary = "Signs with a private key that no other program sees.",
	.opts = opts,
	.n_opts = sizeof opts / sizeof *opts,
	.messages = true,
	.operands = "VERB",
};

static void put(struct span s)
{
	while (s.n) {
		ssize_t n = write(STDOUT_FILENO, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			cmd_fail(errno == EPIPE ? IKE_E_HELPER : IKE_E_SYSTEM, NULL,
				"cannot write to standard output: %s", strerror(errno));
		s = span_of(s.p + n, s.n - (size_t)n);
	}
}

static void get_all(struct buf *b)
{
	ssize_t n;

	do {
		size_t before = b->n;
		uint8_t *p = buf_room(b, STEP);

		if (!p)
			cmd_fail(IKE_E_MEMORY, NULL, "cannot read what to sign: out of memory");
		n = read(STDIN_FILENO, p, STEP);
		b->n = before + (n > 0 ? (size_t)n : 0);
		if (b->n > STDIN_MAX)
			cmd_fail(IKE_E_INPUT, "sign a digest of it instead",
				"what to sign is longer than 16 MiB");
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		cmd_fail(IKE_E_NO_INPUT, NULL, "cannot read what to sign: %s", strerror(errno));
}

static void verb_sign(const struct options *o, const struct loaded *k)
{
	const char *const *algs;
	struct buf octets = { 0 }, signature = { 0 };
	enum ike_err err;

	if (isatty(STDOUT_FILENO))
		cmd_fail(IKE_E_USAGE, "send it to a file, or through base64",
			"a signature is octets, not for a terminal");
	(void)pki_key_algs(k->key, &algs);
	get_all(&octets);
	err = pki_key_sign(k->key, o->alg ? o->alg : algs[0], buf_span(&octets), &signature);
	if (err == IKE_E_NO)
		cmd_fail(IKE_E_CONFIG, "card-sign list shows the algorithms of a key",
			"cannot sign by %s: key %s does not do that", o->alg, k->name);
	if (err)
		cmd_fail(err, NULL, "cannot sign: %s", ike_err_sentence(err));
	put(buf_span(&signature));
	buf_free(&octets);
	buf_free(&signature);
}

static void list_text(const struct loaded *k, struct buf *b)
{
	const char *const *algs;
	size_t n = pki_key_algs(k->key, &algs);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	int bits;
	const char *type = pki_key_type(k->key, &bits);

	if (!EVP_Digest(k->spki.p, k->spki.n, hash, &len, EVP_sha256(), NULL))
		cmd_fail(IKE_E_CRYPTO, NULL, "cannot hash the public key");
	buf_printf(b, "%s\n  type  %s, %d bits\n  algs ", k->name, type, bits);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, " %s", algs[i]);
	buf_printf(b, "\n  spki  sha256:");
	for (unsigned int i = 0; i < len; i++)
		buf_printf(b, "%02x", hash[i]);
	buf_printf(b, "\n  cert  %s\n", k->certs.n ? "yes" : "none");
}

static void verb_list(const struct loaded *k, const char *word)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct msg hello;

	if (!word || strcmp(word, "text") == 0) {
		list_text(k, &b);
		put(buf_span(&b));
	} else {
		card_hello(k, &a, &hello);
		if (cmd_send(STDOUT_FILENO, cmd_format(word, STDOUT_FILENO), false, &hello))
			cmd_fail(IKE_E_SYSTEM, NULL, "cannot write to standard output");
	}
	arena_drop(&a);
	buf_free(&b);
}

static void put_pem(const char *what, struct span der)
{
	struct buf pem = { 0 };

	if (pki_pem(what, der, &pem))
		cmd_fail(IKE_E_MEMORY, NULL, "cannot write PEM: out of memory");
	put(buf_span(&pem));
	buf_free(&pem);
}

static void verb_cert(const struct loaded *k)
{
	if (!k->certs.n)
		cmd_fail(IKE_E_CONFIG, "name its certificate: --cert FILE",
			"a key in a file has no certificate with it");
	put_pem("CERTIFICATE", k->certs.v[0]);
}

static void verb_csr(const struct options *o, const struct loaded *k)
{
	struct arena a = { 0 };
	struct span *san = arena_array(&a, o->san.n, sizeof *san);
	struct pki_csr csr = { .subject = span_str(o->subject), .san = san,
			       .n_san = o->san.n, .alg = o->alg };
	struct buf der = { 0 };
	const char *why = "out of memory";
	enum ike_err err = o->san.n && !san ? IKE_E_MEMORY : IKE_OK;

	if (!o->subject)
		cmd_fail(IKE_E_USAGE, "--subject CN=gw.example.org", "a request needs a subject");
	for (size_t i = 0; !err && i < o->san.n; i++)
		san[i] = span_str(o->san.v[i]);
	if (!err)
		err = pki_csr_make(k->key, &csr, &a, &der, &why);
	if (err)
		cmd_fail(err == IKE_E_INPUT || err == IKE_E_NO ? IKE_E_USAGE : err,
			"--subject \"CN=gw.example.org, O=Example\" --san DNS:gw.example.org",
			"cannot make a request: %s", why);
	put_pem("CERTIFICATE REQUEST", buf_span(&der));
	arena_drop(&a);
	buf_free(&der);
}

static const struct verb {
	const char *name;
	bool alg, csr, format;  /* which options it has beside --key and --cert */
} verbs[] = {
	{ "serve", false, false, false }, { "sign", true, false, false },
	{ "list", false, false, true }, { "cert", false, false, false },
	{ "csr", true, true, false },
};

static const struct verb *verb_of(const struct cmd_args *args)
{
	if (!args->n_operands)
		cmd_fail(IKE_E_USAGE, "serve, sign, list, cert or csr", "no verb is given");
	if (args->n_operands > 1)
		cmd_fail(IKE_E_USAGE, NULL, "one verb only, not also %s", args->operands[1]);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, args->operands[0]) == 0)
			return &verbs[i];
	cmd_fail(IKE_E_USAGE, "serve, sign, list, cert or csr", "no such verb: %s",
		args->operands[0]);
}

static void check_options(const struct verb *v, const struct options *o,
	const struct cmd_common *common)
{
	const char *extra = o->alg && !v->alg ? "--alg" :
		o->subject && !v->csr ? "--subject" :
		o->san.n && !v->csr ? "--san" :
		common->format && !v->format ? "--format" :
		common->with_secrets ? "--with-secrets" : NULL;

	if (extra)
		cmd_fail(IKE_E_USAGE, NULL, "%s means nothing to %s", extra, v->name);
	if (o->pin_fd >= 0 && o->askpass)
		cmd_fail(IKE_E_USAGE, "leave one of them out",
			"--pin-fd and --askpass exclude each other");
	if (common->format)
		(void)cmd_format(common->format, STDOUT_FILENO);
}

int main(int argc, char **argv)
{
	struct options o = { .pin_fd = -1 };
	struct cmd_args args = { 0 };
	struct loaded k = { 0 };
	const struct verb *v;

	cmd_start("card-sign");
	cmd_parse(&program, argc, argv, &o, &args);
	v = verb_of(&args);
	check_options(v, &o, &args.common);
	card_load(&o, &k);
	if (strcmp(v->name, "serve") == 0)
		card_serve(&k);
	else if (strcmp(v->name, "sign") == 0)
		verb_sign(&o, &k);
	else if (strcmp(v->name, "list") == 0)
		verb_list(&k, args.common.format);
	else if (strcmp(v->name, "cert") == 0)
		verb_cert(&k);
	else
		verb_csr(&o, &k);
	pki_key_free(k.key);
	buf_free(&k.spki);
	arena_drop(&k.arena);
	return 0;
}
