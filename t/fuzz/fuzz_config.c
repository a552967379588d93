/* SPDX-License-Identifier: ISC */
/*
 * The reader of config files and the splitting of commands: settings have a name and clean values,
 * a value written in quotes is read back as it was, and words hold all that stood in the command.
 */
#include <stdlib.h>

#include "cmd/lib/config.h"
#include "cmd/lib/opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* "x " and the value in quotes make a line that has this value. */
static void quoted_is_the_same(struct span value)
{
	struct cmd_setting s = { 0 };
	struct buf line = { 0 };
	struct cmd_config c;
	const char *why;

	buf_add_str(&line, "x \"");
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			buf_add_str(&line, "\\");
		buf_add_uint(&line, 1, value.p[i]);
	}
	buf_add_str(&line, "\"");
	c = cmd_config_of(buf_span(&line));
	require(cmd_config_next(&c, &s, &why) == IKE_OK);
	require(s.has_value && span_eq(buf_span(&s.value), value));
	require(cmd_config_next(&c, &s, &why) == IKE_E_NO);
	buf_free(&line);
	buf_free(&s.value);
}

static void split(const char *command)
{
	char **words = cmd_words(command);
	size_t octets = 0;

	for (size_t i = 0; words && words[i]; i++)
		octets += strlen(words[i]);
	require(octets <= strlen(command));
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cmd_config c = cmd_config_of(span_of(data, size));
	struct cmd_setting s = { 0 };
	const char *why = NULL;
	unsigned int line = 0;
	enum ike_err err;

	while ((err = cmd_config_next(&c, &s, &why)) == IKE_OK) {
		require(c.line > line && s.name.n && s.value.p[s.value.n] == 0);
		require(memchr(s.value.p, 0, s.value.n) == NULL);
		line = c.line;
		quoted_is_the_same(buf_span(&s.value));
		split((const char *)s.value.p);
	}
	require(err == IKE_E_NO || (err == IKE_E_CONFIG && why));
	buf_free(&s.value);
	return 0;
}
