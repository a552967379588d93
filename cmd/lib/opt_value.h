/* SPDX-License-Identifier: ISC */
/* Values of options: text into the member that a row of the option table names. */
#ifndef CMD_OPT_VALUE_H
#define CMD_OPT_VALUE_H

#include <libike/base/span.h>

#include "opt.h"

#define CMD_WHY 160

/*
 * Stores value (NULL: none given) into *opts. False: `why` has a sentence about the value. The
 * value must live as long as *opts, which keeps pointers to it.
 */
bool cmd_value_set(const struct cmd_opt *o, const char *value, void *opts, char why[CMD_WHY]);

/* Memory that lives as long as the program, as options do; ends the program when there is none. */
void *cmd_keep(size_t n);
/* Until the next call in that arena instead (NULL: as before). */
struct arena;
void cmd_keep_in(struct arena *a);
char *cmd_keep_str(struct span s);

/* The name nearest to a mistyped one, among n names; NULL when none is near. */
const char *cmd_nearest(const char *word, const char *const *names, size_t n);

#endif
