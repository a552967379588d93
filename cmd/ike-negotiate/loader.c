/* SPDX-License-Identifier: ISC */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <cmd/lib/sandbox.h>

#include "bundle.h"
#include "conn.h"

/* What goes wrong is told to ike-negotiate, which says it once. */
static void on_fail(void *ctx, int status, const char *sentence, const char *hint)
{
	bundle_wrong(*(const int *)ctx, status, sentence, hint);
}

static void tell_signer(int fd, const char *name, bool password)
{
	struct buf line = { 0 };
	size_t at = 0;

	buf_add_str(&line, password ? "+" : "-");
	buf_add(&line, span_of(name, strlen(name) + 1));
	while (!line.bad && at < line.n) {
		ssize_t n = write(fd, line.p + at, line.n - at);

		if (n < 0 && errno != EINTR)
			_exit(ike_err_exit(IKE_E_HELPER));
		at += n > 0 ? (size_t)n : 0;
	}
	buf_free(&line);
}

/* Does a link have to be looked up by its interface's name? */
static bool names_link(const struct load *l)
{
	for (size_t i = 0; i < l->o.to.n; i++)
		if (strchr(l->o.to.v[i], '%'))
			return true;
	return false;
}

/* From here on no files but those beside the ones that connections name: what is renamed into its
 * place can be read, a link that leads somewhere else now cannot. */
static void confine(const struct loads *l)
{
	struct cmd_dir *dirs = NULL;
	unsigned int calls = CMD_SYS_FILES;
	size_t n = 0;

	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL))
		cmd_fail(IKE_E_CRYPTO, NULL, "cannot start OpenSSL");
	for (size_t i = 0; i < l->n; i++) {
		const char *const *v = load_reads(l->v[i]);
		size_t k = 0;

		calls |= names_link(l->v[i]) ? CMD_SYS_SOCKET : 0;
		while (v[k])
			k++;
		dirs = reallocarray(dirs, n + k + 1, sizeof *dirs);
		if (!dirs)
			cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
		while (k)
			dirs[n++] = (struct cmd_dir){ .path = v[--k] };
	}
	cmd_landlock(dirs, n);
	free(dirs);
	cmd_seccomp(calls);
}

/* Can connections be made of them? */
static void try(const struct loads *l)
{
	struct conn **v = calloc(l->n + 1, sizeof *v);

	if (!v)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; i < l->n; i++) {
		load_files(l->v[i]);
		v[i] = conn_new(l->v[i]);
	}
	conns_check(v, l->n);
	for (size_t i = 0; i < l->n; i++) {
		v[i]->load = NULL;
		conn_free(v[i]);
	}
	free(v);
}

_Noreturn void loader_run(int bundle, int signers, const struct options *common, const char *only)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct loads l;

	prctl(PR_SET_NAME, "ike-loader");
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	cmd_on_fail(on_fail, &bundle);
	loads_find(&l, common, only);
	confine(&l);
	try(&l);
	for (size_t i = 0; i < l.n; i++) {
		const char *signer = load_signer(l.v[i]);

		if (signer)
			tell_signer(signers, signer, load_password(l.v[i]) >= 0);
	}
	for (size_t i = 0; i < l.n; i++)
		bundle_write(bundle, l.v[i]);
	bundle_end(bundle);
	_exit(0);
}
