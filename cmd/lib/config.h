/* SPDX-License-Identifier: ISC */
/*
 * The syntax of config files, ikebana(7): one long option a line without dashes, then its value to
 * the end of line. A value that is one string in double quotes loses them (\" and \\ inside); a `#`
 * at the start of a word outside quotes begins a comment. No file, no meaning: see opt.h for these.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include <libike/base/buf.h>
#include <libike/base/error.h>

struct cmd_config {
	struct span rest;
	unsigned int line;  /* of the setting last read, from 1 */
};

struct cmd_setting {
	struct span name;   /* points into the text */
	bool has_value;
	struct buf value;   /* of the caller, reused; no NUL inside, one behind it */
};

static inline struct cmd_config cmd_config_of(struct span text)
{
	return (struct cmd_config){ text, 0 };
}

/*
 * The next setting. IKE_E_NO: no more. IKE_E_CONFIG: the line is wrong; *why is a sentence and
 * s->name the word it is about.
 */
IKE_NODISCARD enum ike_err cmd_config_next(struct cmd_config *c, struct cmd_setting *s,
					   const char **why);

#endif
