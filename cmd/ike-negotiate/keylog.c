/* SPDX-License-Identifier: ISC */
#include "keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

#define LINE_MAX_OCTETS 1024

struct name { const char *ours, *theirs; };

/* Of Wireshark 4.0, which has no ChaCha20-Poly1305. */
static const struct name ciphers[] = {
	{ "aes128gcm16", "AES-GCM-128 with 16 octet ICV [RFC5282]" },
	{ "aes192gcm16", "AES-GCM-192 with 16 octet ICV [RFC5282]" },
	{ "aes256gcm16", "AES-GCM-256 with 16 octet ICV [RFC5282]" },
	{ "aes128gcm12", "AES-GCM-128 with 12 octet ICV [RFC5282]" },
	{ "aes192gcm12", "AES-GCM-192 with 12 octet ICV [RFC5282]" },
	{ "aes256gcm12", "AES-GCM-256 with 12 octet ICV [RFC5282]" },
	{ "aes128gcm8", "AES-GCM-128 with 8 octet ICV [RFC5282]" },
	{ "aes192gcm8", "AES-GCM-192 with 8 octet ICV [RFC5282]" },
	{ "aes256gcm8", "AES-GCM-256 with 8 octet ICV [RFC5282]" },
	{ "aes128ccm16", "AES-CCM-128 with 16 octet ICV [RFC5282]" },
	{ "aes192ccm16", "AES-CCM-192 with 16 octet ICV [RFC5282]" },
	{ "aes256ccm16", "AES-CCM-256 with 16 octet ICV [RFC5282]" },
	{ "aes128ccm12", "AES-CCM-128 with 12 octet ICV [RFC5282]" },
	{ "aes192ccm12", "AES-CCM-192 with 12 octet ICV [RFC5282]" },
	{ "aes256ccm12", "AES-CCM-256 with 12 octet ICV [RFC5282]" },
	{ "aes128ccm8", "AES-CCM-128 with 8 octet ICV [RFC5282]" },
	{ "aes192ccm8", "AES-CCM-192 with 8 octet ICV [RFC5282]" },
	{ "aes256ccm8", "AES-CCM-256 with 8 octet ICV [RFC5282]" },
	{ "aes128ctr", "AES-CTR-128 [RFC5930]" },
	{ "aes192ctr", "AES-CTR-192 [RFC5930]" },
	{ "aes256ctr", "AES-CTR-256 [RFC5930]" },
	{ "aes128", "AES-CBC-128 [RFC3602]" },
	{ "aes192", "AES-CBC-192 [RFC3602]" },
	{ "aes256", "AES-CBC-256 [RFC3602]" },
	{ NULL, NULL }
};

static const struct name integrities[] = {
	{ "", "NONE [RFC4306]" },
	{ "sha256", "HMAC_SHA2_256_128 [RFC4868]" },
	{ "sha384", "HMAC_SHA2_384_192 [RFC4868]" },
	{ "sha512", "HMAC_SHA2_512_256 [RFC4868]" },
	{ NULL, NULL }
};

void keylog_open(struct keylog *k, const char *dir, uid_t uid, gid_t gid)
{
	char path[4096];
	struct stat st;
	int n;

	k->fd = -1;
	if (!dir)
		return;
	n = snprintf(path, sizeof path, "%s/ikev2_decryption_table", dir);
	if (stat(dir, &st) || !S_ISDIR(st.st_mode) || n < 0 || (size_t)n >= sizeof path)
		cmd_fail(IKE_E_CREATE, NULL, "--keylog %s: no such directory", dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		cmd_fail(IKE_E_PERMISSION, "keys are not for everyone: mkdir -m 0700 DIR",
			 "--keylog %s: others can write there", dir);
	k->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (k->fd < 0 || fchmod(k->fd, 0600) || (geteuid() == 0 && fchown(k->fd, uid, gid)))
		cmd_fail(IKE_E_CREATE, NULL, "cannot make %s: %s", path, strerror(errno));
}

static const char *find(const struct name *table, struct span ours)
{
	for (; table->ours; table++)
		if (span_is(ours, table->ours))
			return table->theirs;
	return NULL;
}

static void add_hex(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_printf(b, "%02x", s.p[i]);
}

bool keylog_write(const struct keylog *k, const struct msg_keylog *m)
{
	const char *cipher = find(ciphers, m->cipher), *integ = find(integrities, m->integ);
	struct buf line = { 0 };
	bool done;

	if (!cipher || !integ)
		return false;
	if (!buf_room(&line, LINE_MAX_OCTETS))  /* at once: a buffer that grows leaves copies */
		return false;
	buf_clear(&line);
	buf_printf(&line, "%016" PRIx64 ",%016" PRIx64 ",", m->spi_i, m->spi_r);
	add_hex(&line, m->sk_ei);
	buf_add_str(&line, ",");
	add_hex(&line, m->sk_er);
	buf_printf(&line, ",\"%s\",", cipher);
	add_hex(&line, m->sk_ai);
	buf_add_str(&line, ",");
	add_hex(&line, m->sk_ar);
	buf_printf(&line, ",\"%s\"\n", integ);
	done = !line.bad && write(k->fd, line.p, line.n) == (ssize_t)line.n;
	if (line.p)
		OPENSSL_cleanse(line.p, line.n);
	buf_free(&line);
	return done;
}
