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

#define TAIL_MAX 512
#define LINE_MAX_OCTETS (TAIL_MAX + 128)

/* The words of Wireshark 4.0 for what it knows: other transforms would be wrong lines. */
static const struct { enum esp_form form; uint8_t icv; const char *name; } ciphers[] = {
	{ ESP_GCM, 16, "AES-GCM with 16 octet ICV [RFC4106]" },
	{ ESP_GCM, 12, "AES-GCM with 12 octet ICV [RFC4106]" },
	{ ESP_GCM, 8, "AES-GCM with 8 octet ICV [RFC4106]" },
	{ ESP_CBC, 0, "AES-CBC [RFC3602]" },
	{ ESP_CTR, 0, "AES-CTR [RFC3686]" }
};

/* Its table has no column for extended sequence numbers, whose high half an ICV covers: with them
 * it can decrypt and not check. */
static const struct { const char *integ, *name, *unchecked; } integs[] = {
	{ "sha256", "HMAC-SHA-256-128 [RFC4868]", "ANY 128 bit authentication [no checking]" },
	{ "sha384", "HMAC-SHA-384-192 [RFC4868]", "ANY 192 bit authentication [no checking]" },
	{ "sha512", "HMAC-SHA-512-256 [RFC4868]", "ANY 256 bit authentication [no checking]" }
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

/* NULL: none. */
static const char *cipher_name(const struct esp_suite *s)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
		if (ciphers[i].form == s->form && (!ciphers[i].icv || ciphers[i].icv == s->icv)
		    && s->encr_row != ESP_CHACHA)
			return ciphers[i].name;
	}
	return NULL;
}

static const char *integ_name(const struct esp_suite *s, bool esn)
{
	for (size_t i = 0; s->integ && i < sizeof integs / sizeof *integs; i++) {
		if (!strcmp(integs[i].integ, s->integ))
			return esn ? integs[i].unchecked : integs[i].name;
	}
	return "NULL";
}

/* What is the same wherever the SA goes: SPI, algorithms, keys. False: no memory. */
static bool make_tail(const struct draft *d, const struct esp_sa *sa, struct secret *out)
{
	const struct esp_suite *s = sa->key.suite;
	size_t at;

	if (secret_make(out, TAIL_MAX))
		return false;
	at = (size_t)snprintf((char *)out->p, TAIL_MAX, "\"0x%08x\",\"%s\",\"0x",
			      (unsigned int)sa->spi, cipher_name(s));
	at += put_hex((char *)out->p + at, d->keys->key);
	at += (size_t)snprintf((char *)out->p + at, TAIL_MAX - at, "\",\"%s\",\"%s",
			       integ_name(s, sa->esn), d->keys->integ_key.n ? "0x" : "");
	at += put_hex((char *)out->p + at, d->keys->integ_key);
	at += (size_t)snprintf((char *)out->p + at, TAIL_MAX - at, "\"\n");
	out->n = at;
	return true;
}

static void write_line(struct tunnel *t, const struct esp_sa *sa)
{
	const struct note *n = note_of(sa);
	const struct ip *local = &n->path->local.ip, *remote = &n->path->remote.ip;
	bool in = sa->dir == ESP_IN;
	char a[INET_TEXT], b[INET_TEXT];
	struct secret line = { 0 };
	size_t at;

	if (secret_make(&line, LINE_MAX_OCTETS))
		return;
	at = (size_t)snprintf((char *)line.p, LINE_MAX_OCTETS, "\"%s\",\"%s\",\"%s\",%.*s",
			      remote->len == 4 ? "IPv4" : "IPv6", ip_text(in ? remote : local, a),
			      ip_text(in ? local : remote, b), (int)n->keylog.n,
			      (const char *)n->keylog.p);
	if (write(t->keylog, line.p, at) != (ssize_t)at)
		cmd_say("cannot write to %s/esp_sa: %s", t->opt.keylog, strerror(errno));
	secret_free(&line);
}

/* Once for each transform. */
static void say_unknown(struct tunnel *t, const struct esp_suite *s)
{
	for (size_t i = 0; esp_suite_at(i); i++) {
		uint64_t bit = (uint64_t)1 << i;

		if (esp_suite_at(i) != s || t->keylog_told & bit)
			continue;
		t->keylog_told |= bit;
		cmd_say("Wireshark does not know %s in ESP: no keys of it go to %s/esp_sa",
			s->cipher, t->opt.keylog);
	}
}

static void say_esn(struct tunnel *t)
{
	if (!t->keylog_esn_told)
		cmd_say("Wireshark cannot check ICVs that cover extended sequence numbers: of such "
			"SAs it takes HMAC's unchecked and calls AES-GCM's bad");
	t->keylog_esn_told = true;
}

void keylog_sa(struct tunnel *t, const struct draft *d)
{
	struct esp_sa *sa = t->keylog >= 0 ? esp_sad_id(t->sad, d->begin->id) : NULL;

	if (!sa)
		return;
	if (!cipher_name(sa->key.suite)) {
		say_unknown(t, sa->key.suite);
		return;
	}
	if (sa->esn)
		say_esn(t);
	if (make_tail(d, sa, &note_of(sa)->keylog))
		write_line(t, sa);
}

void keylog_moved(struct tunnel *t, const struct path *p)
{
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = esp_sad_next(t->sad, sa)) {
		if (note_of(sa)->path == p && note_of(sa)->keylog.n)
			write_line(t, sa);
	}
}
