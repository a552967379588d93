/* SPDX-License-Identifier: ISC */
/*
 * Connections as they stand in files: their options, and what the files hold that these name. Read
 * by whoever may open files; conn.h makes of it what the engine wants. Private keys are not among
 * it.
 */
#ifndef NEGO_LOAD_H
#define NEGO_LOAD_H

#include <cmd/lib/fail.h>
#include <libike/base/arena.h>

#include "options.h"

/* One setting of a connection file; a relative FILE of an include has its folder before it. */
struct load_setting { struct cmd_place at; const char *value; };

/* A file that `option` ("ca", "cert", "psk-file", "secrets") names, and its octets. */
struct load_file { const char *option, *path; struct span octets; bool hidden; };

struct load {
	struct arena open, hidden;   /* its memory; hidden: locked, for secrets */
	const char *name;            /* of the connection: the file's, without ".conf" */
	const char *path;            /* of its file; NULL: the command line */
	struct options o;
	struct load_setting *settings;
	size_t n_settings;
	struct load_file *files;
	size_t n_files;
	const char *signer;          /* see load_signer() */
};

struct loads { struct load **v; size_t n; };

/* For who makes one otherwise than from files. Ends the program when memory is out. */
struct load *load_new(struct loads *all);
void load_setting(struct load *l, const char *file, unsigned int line, const char *name,
		  const char *value);
struct load_file *load_file_new(struct load *l, const char *option, const char *path);

/*
 * Finds the connections of --conn (of a directory, all *.conf in the order of their names), or the
 * one of the command line, and reads their options. `only`: the one of that name, NULL: all. Ends
 * the program on a mistake (64, 66, 78).
 */
void loads_find(struct loads *l, const struct options *common, const char *only);

/* Reads the files that a connection names. Ends the program on a mistake (66, 77). */
void load_files(struct load *l);

/* The paths that load_files() will read, directories as well, and where those that are symbolic
 * links end; in its memory; NULL ends them. */
const char *const *load_reads(struct load *l);

/* Until the next call, what cmd_fail() says is about that connection's file (NULL: about none). */
void load_blame(const struct load *l);

/* The file of that option, NULL: none. */
const struct load_file *load_file(const struct load *l, const char *option);

/* The name of its signer: the command that makes it, and behind a line feed what tells a key file
 * that was renewed from the one before. NULL: it signs nothing. Lives as long as l. */
const char *load_signer(struct load *l);

/* What tells that a file has been written or replaced since. */
struct load_stamp { uint64_t inode, size; int64_t s; uint32_t ns; };
struct load_stamp load_stamp_of(const char *path);  /* all zero: there is no such file */
bool load_stamp_eq(const struct load_stamp *a, const struct load_stamp *b);

/* Everything it is made of: paths of files and directories, in its memory; NULL ends them. */
const char *const *load_paths(struct load *l);

/* The descriptor that its signer's password comes from, -1: none. The command says --pin-fd 3. */
int load_password(const struct load *l);

void load_free(struct load *l);

#endif
