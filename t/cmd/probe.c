/* SPDX-License-Identifier: ISC */
/*
 * A program for the tests of cmd/lib: one option of each type, printed as it was understood; with
 * --copy messages go from stdin to stdout; what it owes its partner on failure goes to stdout.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lib/fail.h"
#include "cmd/lib/opt.h"
#include "cmd/lib/stream.h"

struct options {
	bool flag, copy, owes;
	const char *text;
	struct cmd_list list, commas, command;
	uint64_t number, time, bytes;
	int fd;
};

#define OPT(name, arg, type, member, help) \
	{ name, arg, help, type, offsetof(struct options, member), 0, 0 }

static const struct cmd_opt opts[] = {
	OPT("flag", NULL, CMD_FLAG, flag, "yes or no"),
	OPT("text", "WORDS", CMD_TEXT, text, "the last one wins"),
	OPT("list", "ITEM", CMD_LIST, list, "repeats add up"),
	OPT("commas", "ITEM,...", CMD_COMMAS, commas, "split at commas"),
	{ "number", "N", "from 1 to 64", CMD_NUMBER, offsetof(struct options, number), 1, 64 },
	OPT("time", "T", CMD_TIME, time, "a duration"),
	OPT("bytes", "N", CMD_BYTES, bytes, "a size"),
	OPT("some-fd", "N", CMD_FD, fd, "an open descriptor"),
	OPT("copy", NULL, CMD_FLAG, copy, "messages from stdin to stdout"),
	OPT("owes", NULL, CMD_FLAG, owes, "fail at once, with a last word on stdout"),
};

static const struct cmd_program program = {
	.name = "probe", .synopsis = "[OPTION...] [WORD...] [-- COMMAND...]",
	.summary = "Prints its options.", .opts = opts, .n_opts = sizeof opts / sizeof *opts,
	.messages = true, .operands = "WORD", .command = true,
};

static void print_list(const char *name, const struct cmd_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		printf("%s %s\n", name, list->v[i]);
}

static void print(const struct options *o, const struct cmd_args *args)
{
	printf("flag %d\ntext %s\nnumber %llu\ntime %llu\nbytes %llu\nfd %d\nverbose %u\n", o->flag,
	       o->text ? o->text : "-", (unsigned long long)o->number,
	       (unsigned long long)o->time, (unsigned long long)o->bytes, o->fd,
	       args->common.verbose);
	print_list("list", &o->list);
	print_list("commas", &o->commas);
	for (size_t i = 0; i < args->n_operands; i++)
		printf("operand %s\n", args->operands[i]);
	for (char **c = args->command; c && *c; c++)
		printf("command %s\n", *c);
}

static int copy(const struct cmd_args *args)
{
	enum cmd_format format = cmd_format(args->common.format, STDOUT_FILENO);
	struct cmd_reader in;
	struct msg m;
	enum ike_err err;
	const char *why;

	if (args->common.with_secrets && !cmd_secrets_allowed(STDOUT_FILENO, &why))
		cmd_fail(IKE_E_USAGE, NULL, "cannot write to stdout: %s", why);
	cmd_reader_init(&in, STDIN_FILENO);
	while ((err = cmd_recv(&in, &m)) == IKE_OK) {
		err = cmd_send(STDOUT_FILENO, format, args->common.with_secrets, &m);
		if (err)
			cmd_fail(err, NULL, "cannot write: %s", ike_err_sentence(err));
	}
	cmd_reader_free(&in);
	if (err != IKE_E_NO)
		cmd_fail(err, NULL, "cannot read: %s", ike_err_sentence(err));
	return 0;
}

static void last_word(void *ctx, int status, const char *sentence, const char *hint)
{
	printf("%s %d %s %s\n", (const char *)ctx, status, sentence, hint ? hint : "-");
}

int main(int argc, char **argv)
{
	static char owed[] = "owed";
	struct options o = { .fd = -1 };
	struct cmd_args args;

	cmd_start("probe");
	if (argc > 1 && strcmp(argv[1], "--owes") == 0)
		cmd_on_fail(last_word, owed);
	cmd_parse(&program, argc, argv, &o, &args);
	if (o.copy)
		return copy(&args);
	if (o.owes)
		cmd_fail(IKE_E_NO_ANSWER, "try later", "no answer from %s", "a\033[31mb");
	print(&o, &args);
	return 0;
}
