/* SPDX-License-Identifier: ISC */
/*
 * Options of a program: one table gives the parser, --help, the config file reader (DESIGN "a
 * config file is the command line") and the check against the man page. Every program also has
 * --config, --help, --version, -v and, where it speaks messages, --format and --with-secrets, added
 * here.
 */
#ifndef CMD_OPT_H
#define CMD_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cmd_type {
	CMD_FLAG,    /* bool */
	CMD_TEXT,    /* const char *; the last one wins */
	CMD_OPTIONAL, /* the same; the value may be left out (""), and stands only behind "=" */
	CMD_LIST,    /* struct cmd_list; repeats add up; with CMD_COMMAS each value is split */
	CMD_COMMAS,
	CMD_NUMBER,  /* uint64_t */
	CMD_TIME,    /* uint64_t milliseconds: 500ms, 30s, 5m, 1h, 2d; a bare number is seconds */
	CMD_BYTES,   /* uint64_t: 1500, 64k, 20M, 1G (powers of 1024) */
	CMD_FD       /* int, -1 when absent; checked open */
};

struct cmd_list { const char **v; size_t n; };

struct cmd_opt {
	const char *name, *arg, *help;  /* "listen", "ADDR[:PORT]" (NULL: flag), one line */
	enum cmd_type type;
	size_t offset;                  /* of the member in the program's options */
	uint64_t min, max;              /* numbers; max 0: no bound */
};

struct cmd_program {
	const char *name;       /* "esp-tunnel" */
	const char *synopsis;   /* one or two lines behind the name */
	const char *summary;    /* one sentence */
	const struct cmd_opt *opts; size_t n_opts;
	const struct cmd_opt *conn_opts; size_t n_conn_opts;  /* of a connection, files too */
	bool messages;          /* has --format, --with-secrets */
	const char *operands;   /* names of operands in errors, NULL: none allowed */
	bool command;           /* operands end with "-- COMMAND ..." */
};

struct cmd_common { const char *format; bool with_secrets; unsigned int verbose; };

struct cmd_args {
	struct cmd_common common;
	char **operands; size_t n_operands;
	char **command;         /* NULL-terminated, what stands behind "--"; NULL: none */
};

/*
 * Parses argv into *opts (caller zeroes it and sets defaults; CMD_FD members to -1). Prints help or
 * version and exits 0; on a mistake prints it with a hint (the nearest option name) and exits: 64
 * on the command line, 78 in a config file, with file, line and word. Descriptors that neither an
 * option nor a word names, and that were not handed over, are closed.
 */
void cmd_parse(const struct cmd_program *p, int argc, char **argv, void *opts,
	struct cmd_args *args);

/*
 * A file that holds options of one connection only (those of conn_opts), into *opts. Each line is
 * shown to `each` (NULL: to nobody) when it has been taken, an `include` before its file is read.
 * On a mistake exits 78 with file, line and word.
 */
typedef void cmd_setting_fn(void *ctx, const char *file, unsigned int line, const char *name,
	const char *value);
void cmd_parse_conn(const struct cmd_program *p, const char *path, void *opts,
	cmd_setting_fn *each, void *ctx);

/* Splits a command string into words by the quoting rule of config files: blanks separate, double
 * quotes with \" and \\ inside. NULL-terminated; NULL on an open quote. */
char **cmd_words(const char *command);

#endif
