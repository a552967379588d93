/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "fail.h"
#include "fds.h"
#include "opt.h"
#include "opt_value.h"

#define CONFIG_MAX (1 << 20)
#define INCLUDE_MAX 8
#define HELP_COLUMN 28

/* Where a word stands: in a config file, or (file NULL) on the command line. */
struct place {
	const char *file;
	unsigned int line, depth;
};

struct parser {
	const struct cmd_program *program;
	void *opts;
	struct cmd_args *args;
	bool conn;             /* a file with options of one connection */
	cmd_setting_fn *each;
	void *ctx;
};

static const struct cmd_opt common[] = {
	{ .name = "config", .arg = "FILE|fd:N", .type = CMD_TEXT },
	{ .name = "help", .type = CMD_FLAG },
	{ .name = "version", .type = CMD_FLAG },
	{ .name = "verbose", .type = CMD_FLAG },
	{ .name = "format", .arg = "text|json|cbor", .type = CMD_TEXT },
	{ .name = "with-secrets", .type = CMD_FLAG },
};

#define N_COMMON (sizeof common / sizeof *common)
#define N_COMMON_QUIET 4  /* of them, those of programs that speak no messages */

static void read_config(const struct parser *p, const char *path, struct place from);

static size_t n_common(const struct parser *p)
{
	return p->program->messages ? N_COMMON : N_COMMON_QUIET;
}

static _Noreturn void mistake(struct place at, const char *word, const char *hint, const char *why)
{
	if (at.file)
		cmd_fail(IKE_E_CONFIG, hint, "%s:%u: %.200s: %s", at.file, at.line, word, why);
	cmd_fail(IKE_E_USAGE, hint, "%.200s: %s", word, why);
}

static _Noreturn void unknown_option(const struct parser *p, struct place at, const char *word)
{
	size_t n = p->program->n_opts, n_conn = p->program->n_conn_opts, n_names = 0;
	const char **names = cmd_keep((n + n_conn + N_COMMON + 1) * sizeof *names);
	const char *near, *dashes = at.file ? "" : "--";
	char hint[256], full[256];

	for (size_t i = 0; i < n_conn; i++)
		names[n_names++] = p->program->conn_opts[i].name;
	for (size_t i = 0; i < n && !p->conn; i++)
		names[n_names++] = p->program->opts[i].name;
	for (size_t i = 0; i < n_common(p) && !p->conn; i++)
		names[n_names++] = common[i].name;
	if (at.file)
		names[n_names++] = "include";
	near = cmd_nearest(word, names, n_names);
	if (near)
		(void)snprintf(hint, sizeof hint, "did you mean %s%s?", dashes, near);
	else if (word[0] == '[')
		(void)snprintf(hint, sizeof hint,
			       "a file with sections is for ikesup; %s takes only its own part",
			       p->program->name);
	else
		(void)snprintf(hint, sizeof hint, "%s --help lists all options", p->program->name);
	(void)snprintf(full, sizeof full, "%s%.200s", word[0] == '-' ? "" : dashes, word);
	mistake(at, full, hint, "unknown option");
}

/* One line of help: the option, then what it does in a column of its own. */
static void help_line(const struct cmd_opt *o)
{
	char left[128];

	(void)snprintf(left, sizeof left, "--%s%s%s", o->name,
		       o->arg && o->type != CMD_OPTIONAL ? " " : "", o->arg ? o->arg : "");
	printf("  %-*s %s\n", HELP_COLUMN - 3, left, o->help);
}

static _Noreturn void help(const struct cmd_program *p)
{
	printf("usage: %s %s\n%s\n\n", p->name, p->synopsis, p->summary);
	for (size_t i = 0; i < p->n_conn_opts; i++)
		help_line(&p->conn_opts[i]);
	if (p->n_conn_opts)
		printf("those above are of a connection, see --conn; those below of the program\n");
	for (size_t i = 0; i < p->n_opts; i++)
		help_line(&p->opts[i]);
	printf("%s%s  --config FILE|fd:N  --help  --version  -v, --verbose\n",
	       p->n_opts ? "\n" : "",
	       p->messages ? "  --format text|json|cbor  --with-secrets\n" : "");
	exit(fflush(stdout) == 0 ? 0 : ike_err_exit(IKE_E_CREATE));
}

static _Noreturn void version(const struct cmd_program *p)
{
	printf("%s (%s) %s\n", p->name, PACKAGE_NAME, PACKAGE_VERSION);
	exit(fflush(stdout) == 0 ? 0 : ike_err_exit(IKE_E_CREATE));
}

/* The row of an option, among the program's own and the common ones. */
static const struct cmd_opt *find(const struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->program->n_conn_opts; i++)
		if (strcmp(p->program->conn_opts[i].name, name) == 0)
			return &p->program->conn_opts[i];
	for (size_t i = 0; i < p->program->n_opts; i++)
		if (strcmp(p->program->opts[i].name, name) == 0)
			return &p->program->opts[i];
	for (size_t i = 0; i < n_common(p); i++)
		if (strcmp(common[i].name, name) == 0)
			return &common[i];
	return NULL;
}

static void set_common(const struct parser *p, const struct cmd_opt *o, const char *value,
		       struct place at)
{
	if (strcmp(o->name, "help") == 0)
		help(p->program);
	if (strcmp(o->name, "version") == 0)
		version(p->program);
	if (strcmp(o->name, "verbose") == 0)
		p->args->common.verbose++;
	else if (strcmp(o->name, "with-secrets") == 0)
		p->args->common.with_secrets = true;
	else if (strcmp(o->name, "format") == 0)
		p->args->common.format = value;
	else
		read_config(p, value, at);
}

static bool of_conn(const struct parser *p, const struct cmd_opt *o)
{
	for (size_t i = 0; i < p->program->n_conn_opts; i++)
		if (o == &p->program->conn_opts[i])
			return true;
	return false;
}

static void set(const struct parser *p, const char *name, const char *value, struct place at)
{
	const struct cmd_opt *o = find(p, name);
	const char *dashes = at.file ? "" : "--";
	char why[CMD_WHY], hint[256], full[256];
	bool done;

	if (!o)
		unknown_option(p, at, name);
	if (p->conn && !of_conn(p, o))
		mistake(at, name, "give it on the command line, or in the file of --config",
			"an option of the program, not of a connection");
	if (o < common || o >= common + N_COMMON) {
		done = cmd_value_set(o, value, p->opts, why);
	} else {
		done = (o->type == CMD_FLAG) == !value;
		(void)snprintf(why, sizeof why, value ? "takes no value" : "wants a value: %s",
			       o->arg ? o->arg : "");
		if (done)
			set_common(p, o, value, at);
	}
	if (done)
		return;
	(void)snprintf(hint, sizeof hint, "%s%s%s%s: %s", dashes, name, o->arg ? " " : "",
		       o->arg ? o->arg : "", o->help ? o->help : "see ikebana(7)");
	(void)snprintf(full, sizeof full, "%s%s%s%.160s", dashes, name, value ? " " : "",
		       value ? value : "");
	mistake(at, full, hint, why);
}

/* A relative FILE of an include line is meant from the folder of the file it stands in. */
static const char *include_path(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	size_t n;
	char *out;

	if (path[0] == '/' || !slash || strncmp(from, "fd:", 3) == 0)
		return path;
	n = (size_t)(slash - from) + strlen(path) + 2;
	out = cmd_keep(n);
	(void)snprintf(out, n, "%.*s/%s", (int)(slash - from), from, path);
	return out;
}

/* The whole file, as far as CONFIG_MAX. */
static void read_whole(const char *path, struct place from, struct buf *text)
{
	char *end, place[64] = "";
	bool given = strncmp(path, "fd:", 3) == 0;
	int fd = given ? (int)strtol(path + 3, &end, 10) : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (given && (end == path + 3 || *end))
		mistake(from, path, NULL, "wants a descriptor, fd:N");
	while (fd >= 0 && text->n <= CONFIG_MAX) {
		uint8_t *room = buf_room(text, 4096);

		if (!room)
			cmd_fail(IKE_E_MEMORY, NULL, "%s: out of memory", path);
		n = read(fd, room, 4096);
		text->n -= (size_t)(4096 - (n > 0 ? n : 0));
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
	}
	if (from.file)
		(void)snprintf(place, sizeof place, " (included in line %u of the file before)",
			       from.line);
	if (n < 0)
		cmd_fail(errno == EACCES || errno == EPERM ? IKE_E_PERMISSION : IKE_E_NO_INPUT,
			 NULL, "cannot read %s%s: %s", path, place, strerror(errno));
	if (n > 0)
		cmd_fail(IKE_E_CONFIG, NULL, "%s: longer than a config file may be", path);
	if (fd >= 0)
		(void)close(fd);
}

static void apply(const struct parser *p, const struct cmd_setting *s, struct place at)
{
	const char *name = cmd_keep_str(s->name);
	const char *value = s->has_value ? cmd_keep_str(buf_span(&s->value)) : NULL;

	if (strcmp(name, "include") == 0) {
		if (!value)
			mistake(at, name, NULL, "wants a value: FILE");
		value = include_path(at.file, value);
		if (p->each)
			p->each(p->ctx, at.file, at.line, name, value);
		read_config(p, value, at);
	} else if (strcmp(name, "config") == 0 || strcmp(name, "help") == 0 ||
		   strcmp(name, "version") == 0) {
		mistake(at, name, "another file is read by: include FILE", "not in a config file");
	} else {
		set(p, name, value, at);
		if (p->each)
			p->each(p->ctx, at.file, at.line, name, value);
	}
}

static void read_config(const struct parser *p, const char *path, struct place from)
{
	struct cmd_setting s = { 0 };
	struct place at = { path, 0, from.depth + 1 };
	struct cmd_config c;
	struct buf text = { 0 };
	const char *why = "";
	enum ike_err err;

	if (from.depth >= INCLUDE_MAX)
		mistake(from, path, NULL, "included too deeply");
	read_whole(path, from, &text);
	c = cmd_config_of(buf_span(&text));
	while ((err = cmd_config_next(&c, &s, &why)) == IKE_OK) {
		at.line = c.line;
		apply(p, &s, at);
	}
	if (err == IKE_E_MEMORY)
		cmd_fail(IKE_E_MEMORY, NULL, "%s: out of memory", path);
	if (err != IKE_E_NO)
		cmd_fail(IKE_E_CONFIG, NULL, "%s:%u: %.*s: %s", path, c.line,
			 (int)(s.name.n < 200 ? s.name.n : 200), (const char *)s.name.p, why);
	buf_free(&s.value);
	buf_free(&text);
}

/* "--name", "--name=value", or "--name value", whose value is *next; true when that was taken. */
static bool long_option(const struct parser *p, const char *word, const char *next)
{
	static const struct place line = { NULL, 0, 0 };
	const char *equals = strchr(word, '=');
	const char *name = equals ? cmd_keep_str(span_of(word, (size_t)(equals - word))) : word;
	const char *value = equals ? equals + 1 : NULL;
	const struct cmd_opt *o = find(p, name);
	bool wants = o && o->type != CMD_FLAG && o->type != CMD_OPTIONAL;
	bool taken = wants && !value && next && strncmp(next, "--", 2) != 0;

	set(p, name, taken ? next : value, line);
	return taken;
}

static void short_options(const struct parser *p, const char *word)
{
	static const struct place line = { NULL, 0, 0 };

	for (const char *c = word + 1; *c; c++) {
		if (*c != 'v')
			unknown_option(p, line, word);
		p->args->common.verbose++;
	}
}

static void operand(const struct parser *p, char *word)
{
	static const struct place line = { NULL, 0, 0 };

	if (!p->program->operands)
		mistake(line, word, "options begin with --", "not expected here");
	p->args->operands[p->args->n_operands++] = word;
}

/* The descriptor in "fd:N" or "/dev/fd/N" (a shell's <(...)), -1 if there is none. */
static int fd_in(const char *text)
{
	const char *fd = strstr(text, "fd:");

	fd = fd ? fd : strstr(text, "fd/");
	return fd && fd[3] >= '0' && fd[3] <= '9' ? (int)strtol(fd + 3, NULL, 10) : -1;
}

/* The descriptors that options and words name stay; all others but the standard ones go. */
static void close_unnamed(const struct parser *p, int argc, char **argv)
{
	int *named = cmd_keep(((size_t)argc + p->program->n_opts) * sizeof *named);
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		named[n++] = fd_in(argv[i]);
	for (size_t i = 0; i < p->program->n_opts; i++) {
		const struct cmd_opt *o = &p->program->opts[i];
		const void *member = (const char *)p->opts + o->offset;
		const char *text = o->type == CMD_TEXT ? *(const char *const *)member : NULL;

		if (o->type == CMD_FD)
			named[n++] = *(const int *)member;
		else if (text)
			named[n++] = fd_in(text);
	}
	cmd_close_unnamed(named, n);
}

void cmd_parse(const struct cmd_program *program, int argc, char **argv, void *opts,
	       struct cmd_args *args)
{
	const struct parser p = { .program = program, .opts = opts, .args = args };
	int i;

	*args = (struct cmd_args){ .operands = cmd_keep(((size_t)argc + 1) * sizeof *argv) };
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) == 0)
			i += long_option(&p, argv[i] + 2, argv[i + 1]);
		else if (argv[i][0] == '-' && argv[i][1])
			short_options(&p, argv[i]);
		else
			operand(&p, argv[i]);
	}
	close_unnamed(&p, argc, argv);
	if (i >= argc)
		return;
	if (program->command) {
		args->command = argv[i + 1] ? argv + i + 1 : NULL;
		return;
	}
	while (++i < argc)
		operand(&p, argv[i]);
}

void cmd_parse_conn(const struct cmd_program *program, const char *path, void *opts,
		    cmd_setting_fn *each, void *ctx)
{
	static const struct place line = { NULL, 0, 0 };
	struct cmd_args args = { 0 };
	const struct parser p = { .program = program, .opts = opts, .args = &args, .conn = true,
				  .each = each, .ctx = ctx };

	read_config(&p, path, line);
}
