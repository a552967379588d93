/* SPDX-License-Identifier: ISC */
/* Why something could not be opened, with its cure: cmd_fail(err, why.hint, "%s", why.sentence). */
#ifndef CMD_WHY_H
#define CMD_WHY_H

struct cmd_why {
	char sentence[256];  /* "cannot bind 0.0.0.0:500: permission denied" */
	const char *hint;    /* static text, NULL: none */
};

#endif
