/* SPDX-License-Identifier: ISC */
#include "keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <libike/base/secret.h>

#include "sas.h"

#define LINE_MAX_OCTETS 1024

static const struct { const char *cipher, *name; } ciphers[] = {
	{ "aes128gcm16", "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "aes192gcm16", "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "aes256gcm16", "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "chacha20poly1305", "ChaCha20 with Poly1305 [RFC7634]" },
	{ "aes128", "AES-CBC [RFC3602]" },
	{ "aes192", "AES-CBC [RFC3602]" },
	{ "aes256", "AES-CBC [RFC3602]" }
};
static const struct { const char *integ, *name; } integs[] = {
	{ "sha256", "HMAC-SHA-256-128 [RFC4868]" },
	{ "sha384", "HMAC-SHA-384-192 [RFC4868]" },
	{ "sha512", "HMAC-SHA-512-256 [RFC4868]" }
};

void keylog_open(struct tunnel *t, const struct udp_owner *owner)
{
	const char *dir = t->opt.keylog;
	struct stat st;
	int at;

	t->keylog = -1;
	if (!dir)
		return;
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || fstat(at, &st))
		cmd_fail(IKE_E_CREATE, NULL, "cannot open the folder %s: %s", dir, strerror(errno));
	if (st.st_mode & 022)
		cmd_fail(IKE_E_PERMISSION, "chmod go-w the folder",
			 "others can write to %s, no keys go there", dir);
	t->keylog = openat(at, "esp_sa", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			   0600);
	if (t->keylog < 0 || fstat(t->keylog, &st))
		cmd_fail(IKE_E_CREATE, NULL, "cannot open %s/esp_sa: %s", dir, strerror(errno));
	if (st.st_mode & 077)
		cmd_fail(IKE_E_PERMISSION, "chmod 600 the file",
			 "others can read %s/esp_sa, no keys go there", dir);
	if (owner->uid != geteuid() && fchown(t->keylog, owner->uid, owner->gid))
		cmd_say("cannot give %s/esp_sa to uid %u: %s", dir, (unsigned int)owner->uid,
			strerror(errno));
	close(at);
}

static size_t put_hex(char *to, struct span s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		to[2 * i] = digits[s.p[i] >> 4];
		to[2 * i + 1] = digits[s.p[i] & 15];
	}
	return 2 * s.n;
}

static const char *cipher_name(struct span word)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
		if (span_is(word, ciphers[i].cipher))
			return ciphers[i].name;
	}
	return "";
}

static const char *integ_name(struct span word)
{
	for (size_t i = 0; i < sizeof integs / sizeof *integs; i++) {
		if (span_is(word, integs[i].integ))
			return integs[i].name;
	}
	return "NULL";
}

static size_t make_line(char *line, const struct draft *d, const struct path *p)
{
	bool in = span_is(d->begin->dir, "in");
	const struct ip *src = in ? &p->remote.ip : &p->local.ip;
	const struct ip *dst = in ? &p->local.ip : &p->remote.ip;
	char a[INET_TEXT], b[INET_TEXT];
	int n = snprintf(line, LINE_MAX_OCTETS / 2, "\"%s\",\"%s\",\"%s\",\"0x%08x\",\"%s\",\"0x",
			 src->len == 4 ? "IPv4" : "IPv6", ip_text(src, a), ip_text(dst, b),
			 (unsigned int)d->begin->spi, cipher_name(d->begin->cipher));
	size_t at = (size_t)n;

	at += put_hex(line + at, d->keys->key);
	n = snprintf(line + at, 64, "\",\"%s\",\"%s", integ_name(d->begin->integ),
		     d->keys->integ_key.n ? "0x" : "");
	at += (size_t)n;
	at += put_hex(line + at, d->keys->integ_key);
	line[at++] = '"';
	line[at++] = '\n';
	return at;
}

void keylog_sa(struct tunnel *t, const struct draft *d)
{
	const struct path *p = path_find(t, d->begin->path);
	struct secret line = { 0 };
	size_t n;

	if (t->keylog < 0 || !p || secret_make(&line, LINE_MAX_OCTETS))
		return;
	n = make_line((char *)line.p, d, p);
	if (write(t->keylog, line.p, n) != (ssize_t)n)
		cmd_say("cannot write to %s/esp_sa: %s", t->opt.keylog, strerror(errno));
	secret_free(&line);
}
