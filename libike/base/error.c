/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "error.h"

struct row {
	const char *word, *sentence;
	int exit;
	uint16_t notify;
};

#define ROW(name, exit, notify, sentence) { #name, sentence, exit, notify },
static const struct row rows[] = { IKE_ERRORS(ROW) };

static const struct row *row(enum ike_err e)
{
	return &rows[(unsigned int)e < IKE_E_COUNT ? e : IKE_E_BUG];
}

const char *ike_err_sentence(enum ike_err e)
{
	return row(e)->sentence;
}

int ike_err_exit(enum ike_err e)
{
	return row(e)->exit;
}

uint16_t ike_err_notify(enum ike_err e)
{
	return row(e)->notify;
}

const char *ike_err_word(enum ike_err e)
{
	/* clang-format off */
	static const char *const words[] = {
		"ok", "no", "usage", "input", "no-input", "helper", "bug", "system", "memory",
		"crypto", "create", "retry", "syntax", "critical", "version", "protocol",
		"integrity", "ke-group", "no-child", "permission", "config", "no-answer",
		"no-proposal", "auth-ours", "auth-theirs", "revoked", "policy", "selectors",
		"address", "redirected",
	};
	/* clang-format on */
	_Static_assert(sizeof words / sizeof *words == IKE_E_COUNT, "one word for each error");

	return words[(unsigned int)e < IKE_E_COUNT ? e : IKE_E_BUG];
}

enum ike_err ike_err_of_notify(uint16_t notify)
{
	for (int i = 0; notify && i < IKE_E_COUNT; i++)
		if (rows[i].notify == notify)
			return (enum ike_err)i;
	return IKE_E_PROTOCOL;
}

enum ike_err ike_err_of_exit(int status)
{
	for (int i = 0; i < IKE_E_COUNT; i++)
		if (rows[i].exit == status)
			return (enum ike_err)i;
	return IKE_E_BUG;
}

_Noreturn void ike_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "bug: %s:%d: %s\n", file, line, what);
	abort();
}
