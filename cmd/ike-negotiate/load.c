/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmd/lib/fds.h>

#define PSK_MAX (64 << 10)
#define SECRETS_MAX (8 << 20)
#define FILE_MAX (4 << 20)
#define WHERE "is the path right, from the directory we run in, and readable for this user?"
#define SUFFIX ".conf"

static _Noreturn void no_memory(void)
{
	cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
}

static void *must(void *p)
{
	if (!p)
		no_memory();
	return p;
}

/* Room for one more item, doubled when their number is a power of two. */
static void *grow(struct arena *a, void *v, size_t n, size_t size)
{
	void *to;

	if (n & (n - 1))
		return v;
	to = must(arena_array(a, n ? 2 * n : 1, size));
	if (n)
		memcpy(to, v, n * size);
	return to;
}

void load_setting(struct load *l, const char *file, unsigned int line, const char *name,
		  const char *value)
{
	struct load_setting *s;

	l->settings = grow(&l->open, l->settings, l->n_settings, sizeof *s);
	s = &l->settings[l->n_settings++];
	s->at = (struct cmd_place){ must(arena_str(&l->open, span_str(file))),
				    must(arena_str(&l->open, span_str(name))), line };
	s->value = value ? must(arena_str(&l->open, span_str(value))) : NULL;
}

static void setting(void *ctx, const char *file, unsigned int line, const char *name,
		    const char *value)
{
	load_setting(ctx, file, line, name, value);
}

void load_blame(const struct load *l)
{
	static struct cmd_place *places;

	free(places);
	places = NULL;
	cmd_fail_place(NULL, NULL, 0);
	if (!l || !l->path)
		return;
	places = must(calloc(l->n_settings + 1, sizeof *places));
	for (size_t i = 0; i < l->n_settings; i++)
		places[i] = l->settings[i].at;
	cmd_fail_place(l->path, places, l->n_settings);
}

struct load *load_new(struct loads *all)
{
	struct load *l = must(calloc(1, sizeof *l));

	l->hidden.secret = true;
	all->v = must(realloc(all->v, (all->n + 1) * sizeof(struct load *)));
	all->v[all->n++] = l;
	return l;
}

static size_t name_length(const char *base)
{
	size_t n = strlen(base), suffix = strlen(SUFFIX);

	return n > suffix && !strcmp(base + n - suffix, SUFFIX) ? n - suffix : n;
}

struct search { struct loads *all; const struct options *common; const char *only; };

static void load_conn(const struct search *find, const char *path)
{
	struct loads *all = find->all;
	const struct options *common = find->common;
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	struct load *l;

	if (find->only && !span_is(span_of(base, name_length(base)), find->only))
		return;
	l = load_new(all);
	l->path = must(arena_str(&l->open, span_str(path)));
	l->name = must(arena_str(&l->open, span_of(base, name_length(base))));
	options_conn_read(&l->o, common, path, setting, l);
	load_blame(l);
	options_conn_check(&l->o);
	for (size_t i = 0; i + 1 < all->n; i++)
		if (!strcmp(all->v[i]->name, l->name))
			cmd_fail(IKE_E_CONFIG, "name one of the files differently",
				 "a connection %s is in %s already", l->name, all->v[i]->path);
	load_blame(NULL);
}

static int is_conn(const struct dirent *d)
{
	return d->d_name[0] != '.' && name_length(d->d_name) != strlen(d->d_name);
}

static void load_dir(const struct search *find, const char *dir)
{
	struct dirent **v = NULL;
	struct arena a = { 0 };
	int n = scandir(dir, &v, is_conn, alphasort);

	if (n < 0)
		cmd_fail(errno == EACCES ? IKE_E_PERMISSION : IKE_E_NO_INPUT, WHERE,
			 "cannot read --conn %s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		load_conn(find, must(arena_printf(&a, "%s/%s", dir, v[i]->d_name)));
		free(v[i]);
	}
	free(v);
	arena_drop(&a);
}

void loads_find(struct loads *l, const struct options *common, const char *only)
{
	const struct search find = { l, common, only };
	struct stat st;

	*l = (struct loads){ 0 };
	if (!common->conn.n) {
		struct load *line = load_new(l);

		line->o = *common;
		line->name = "listen";
	}
	for (size_t i = 0; i < common->conn.n; i++) {
		const char *path = common->conn.v[i];

		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			load_dir(&find, path);
		else
			load_conn(&find, path);
	}
	if (!l->n)
		cmd_fail(IKE_E_CONFIG, "files named *.conf are read",
			 "--conn %s: no connection there", common->conn.v[0]);
}

struct load_file *load_file_new(struct load *l, const char *option, const char *path)
{
	struct load_file *f;

	l->files = grow(&l->open, l->files, l->n_files, sizeof *f);
	f = &l->files[l->n_files++];
	f->option = option;
	f->path = must(arena_str(&l->open, span_str(path)));
	return f;
}

static void read_open(struct load *l, const char *option, const char *path)
{
	struct load_file *f = load_file_new(l, option, path);
	struct buf file = { 0 };
	const char *why = "";
	enum ike_err err = cmd_read_file(path, FILE_MAX, &file, &why);

	if (err)
		cmd_fail(err, WHERE, "--%s %s: cannot read it: %s", option, path, why);
	f->octets = arena_dup(&l->open, buf_span(&file));
	if (file.n && !f->octets.n)
		no_memory();
	buf_free(&file);
}

static void read_hidden(struct load *l, const char *option, const char *path, size_t max,
			const char *cure)
{
	struct load_file *f = load_file_new(l, option, path);
	struct secret octets = { 0 };
	const char *why = "";
	enum ike_err err = cmd_read_secrets_file(path, max, &octets, &why);

	if (err)
		cmd_fail(err, err == IKE_E_PERMISSION ? "chmod 600, and owned by who reads it" :
							cure,
			 "--%s %s: cannot read it: %s", option, path, why);
	f->hidden = true;
	f->octets = arena_dup(&l->hidden, secret_span(&octets));
	if (octets.n && !f->octets.n)
		no_memory();
	secret_free(&octets);
}

static int has_suffix(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && (!strcmp(dot, ".pem") || !strcmp(dot, ".crt") || !strcmp(dot, ".cer") ||
		       !strcmp(dot, ".der"));
}

static void read_dir(struct load *l, const char *option, const char *dir)
{
	struct dirent **v = NULL;
	int n = scandir(dir, &v, has_suffix, alphasort);

	if (n < 0)
		cmd_fail(IKE_E_NO_INPUT, WHERE, "--%s %s: cannot read it: %s", option, dir,
			 strerror(errno));
	for (int i = 0; i < n; i++) {
		read_open(l, option, must(arena_printf(&l->open, "%s/%s", dir, v[i]->d_name)));
		free(v[i]);
	}
	free(v);
}

/* A path and, where that is a symbolic link, its end. */
static void add_read(struct load *l, const char ***v, size_t *n, const char *path)
{
	char *end = realpath(path, NULL);

	*v = grow(&l->open, *v, *n, sizeof **v);
	(*v)[(*n)++] = must(arena_str(&l->open, span_str(path)));
	if (end) {
		*v = grow(&l->open, *v, *n, sizeof **v);
		(*v)[(*n)++] = must(arena_str(&l->open, span_str(end)));
	}
	free(end);
}

static void add_links(struct load *l, const char ***v, size_t *n, const char *dir)
{
	struct dirent **found = NULL;
	int many = scandir(dir, &found, has_suffix, NULL);

	for (int i = 0; i < many; i++) {
		if (found[i]->d_type != DT_REG)
			add_read(l, v, n, must(arena_printf(&l->open, "%s/%s", dir,
							    found[i]->d_name)));
		free(found[i]);
	}
	free(found);
}

const char *const *load_reads(struct load *l)
{
	const char *const files[] = { l->o.cert, l->o.psk_file, l->o.secrets };
	const char **v = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->o.ca.n; i++) {
		add_read(l, &v, &n, l->o.ca.v[i]);
		add_links(l, &v, &n, l->o.ca.v[i]);
	}
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i])
			add_read(l, &v, &n, files[i]);
	v = grow(&l->open, v, n, sizeof *v);
	v[n] = NULL;
	return v;
}

void load_files(struct load *l)
{
	struct stat st;

	load_blame(l);
	for (size_t i = 0; i < l->o.ca.n; i++) {
		if (!stat(l->o.ca.v[i], &st) && S_ISDIR(st.st_mode))
			read_dir(l, "ca", l->o.ca.v[i]);
		else
			read_open(l, "ca", l->o.ca.v[i]);
	}
	if (l->o.cert)
		read_open(l, "cert", l->o.cert);
	if (l->o.psk_file)
		read_hidden(l, "psk-file", l->o.psk_file, PSK_MAX,
			    "head -c 32 /dev/urandom | base64 >FILE makes one");
	if (l->o.secrets)
		read_hidden(l, "secrets", l->o.secrets, SECRETS_MAX, WHERE);
	load_blame(NULL);
}

const struct load_file *load_file(const struct load *l, const char *option)
{
	for (size_t i = 0; i < l->n_files; i++)
		if (!strcmp(l->files[i].option, option))
			return &l->files[i];
	return NULL;
}

/* Inside double quotes. */
static const char *quoted(struct load *l, const char *text)
{
	char *out = must(arena_alloc(&l->open, 2 * strlen(text) + 3)), *at = out;

	*at++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*at++ = '\\';
		*at++ = *text;
	}
	*at = '"';
	return out;
}

const char *load_signer(struct load *l)
{
	struct load_stamp at;
	const char *key;

	if (l->signer)
		return l->signer;
	if (l->o.signer)
		return l->o.signer;
	if (!l->o.key && !l->o.p12)
		return NULL;
	at = load_stamp_of(l->o.p12 ? l->o.p12 : l->o.key);
	key = must(l->o.p12 ? arena_printf(&l->open, "p12:%s", l->o.p12) :
			      arena_printf(&l->open, "file:%s", l->o.key));
	l->signer = must(arena_printf(&l->open,
		"card-sign serve --key %s%s%s\n%" PRIx64 ".%" PRIx64 ".%" PRIx64 ".%x",
		quoted(l, key), l->o.allow_rsa_sha1 ? " --allow-rsa-sha1" : "",
		load_password(l) >= 0 ? " --pin-fd 3" : "", at.inode, at.size, (uint64_t)at.s,
		(unsigned int)at.ns));
	return l->signer;
}

struct load_stamp load_stamp_of(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_SIZE | STATX_CTIME, &st))
		return (struct load_stamp){ 0 };
	return (struct load_stamp){ st.stx_ino, st.stx_size, st.stx_ctime.tv_sec,
				    st.stx_ctime.tv_nsec };
}

bool load_stamp_eq(const struct load_stamp *a, const struct load_stamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->s == b->s && a->ns == b->ns;
}

const char *const *load_paths(struct load *l)
{
	size_t n = 0, most = l->n_settings + l->o.ca.n + l->n_files + 4;
	const char **v = must(arena_array(&l->open, most, sizeof *v));

	if (l->path)
		v[n++] = l->path;
	for (size_t i = 0; i < l->n_settings; i++)
		if (!strcmp(l->settings[i].at.name, "include"))
			v[n++] = l->settings[i].value;
	for (size_t i = 0; i < l->o.ca.n; i++)
		v[n++] = l->o.ca.v[i];
	for (size_t i = 0; i < l->n_files; i++)
		v[n++] = l->files[i].path;
	if (l->o.key)
		v[n++] = l->o.key;
	if (l->o.p12)
		v[n++] = l->o.p12;
	return v;
}

int load_password(const struct load *l)
{
	return l->o.p12 ? l->o.p12_password_fd : l->o.key ? l->o.key_password_fd : -1;
}

void load_free(struct load *l)
{
	if (!l)
		return;
	arena_drop(&l->open);
	arena_drop(&l->hidden);
	free(l);
}
