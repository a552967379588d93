/* SPDX-License-Identifier: ISC */
/*
 * message-doc cddl|man: libike/messages.cddl, or the section of man/ike-messages.5 about kinds, as
 * the message table has them. `make message-docs` writes both; t/lint/messages.t compares.
 */
#include <stdio.h>
#include <string.h>

#include <libike/base/message_rows.h>

struct type_doc {
	const char *cddl, *man;
};

static const struct type_doc types[MSG_TYPE_COUNT] = {
	[MSG_T_UINT] = { "uint", "integer" },
	[MSG_T_BOOL] = { "bool", "true or false" },
	[MSG_T_TEXT] = { "tstr", "text" },
	[MSG_T_BYTES] = { "bstr", "octets" },
	[MSG_T_SECRET] = { "secret", "secret octets" },
	[MSG_T_SPI] = { "uint", "SPI" },
	[MSG_T_TIME] = { "ms-since-1970", "time" },
	[MSG_T_ADDR] = { "ip", "address" },
	[MSG_T_ENDPOINT] = { "endpoint", "endpoint" },
	[MSG_T_PREFIX] = { "prefix", "prefix" },
	[MSG_T_SELECTOR] = { "selector", "selector" },
	[MSG_T_KEY] = { "key", "key" },
	[MSG_T_UINTS] = { "[* uint]", "integers" },
	[MSG_T_TEXTS] = { "[* tstr]", "texts" },
	[MSG_T_BLOBS] = { "[* bstr]", "octet strings" },
	[MSG_T_ADDRS] = { "[* ip]", "addresses" },
	[MSG_T_ENDPOINTS] = { "[* endpoint]", "endpoints" },
	[MSG_T_PREFIXES] = { "[* prefix]", "prefixes" },
	[MSG_T_SELECTORS] = { "[* selector]", "selectors" },
	[MSG_T_KEYS] = { "[* key]", "keys" },
};

static const char cddl_head[] =
	"; SPDX-License-Identifier: ISC\n"
	"; The messages between the programs, in CDDL (RFC 8610). Made from message_table.h by\n"
	"; `make message-docs`: edit the table. ike-messages(5) says what they mean.\n"
	"; A reader passes over keys and kinds it does not know. Lengths are definite.\n\n";

static const char cddl_types[] =
	"; \"(secret)\" where a secret was left out\n"
	"secret = bstr / \"(secret)\"\n"
	"ms-since-1970 = uint\n"
	"ip = bstr .size 4 / bstr .size 16\n"
	"port = 0..65535\n"
	"endpoint = [address: ip, port: port]\n"
	"prefix = [address: ip, bits: 0..128]\n"
	"; from 65535 to 0 is OPAQUE (RFC 7296 3.13.1)\n"
	"selector = [protocol: 0..255, from: port, to: port, first: ip, last: ip]\n";

static void cddl_rows(const struct msg_row *rows, size_t n)
{
	char name[MSG_NAME_MAX], left[80];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(left, sizeof left, "%s%s: %s,", rows[i].required ? "" : "? ",
			       msg_wire_name(rows[i].name, name), types[rows[i].type].cddl);
		printf("\t%-31s ; %s\n", left, rows[i].doc);
	}
	printf("\t* tstr => any\n}\n");
}

static void cddl(void)
{
	const struct msg_row *rows;
	size_t n;

	fputs(cddl_head, stdout);
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++)
		printf("%s%s-message", k == MSG_NONE + 1 ? "message = " : " /\n\t",
		       msg_kind_name((enum msg_kind)k));
	printf("\n\n%s\n", cddl_types);
	n = msg_key_rows(&rows);
	printf("key = {\n");
	cddl_rows(rows, n);
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		const char *kind = msg_kind_name((enum msg_kind)k);

		n = msg_rows((enum msg_kind)k, &rows);
		printf("\n; %s\n%s-message = {\n\tkind: \"%s\",\n", msg_kind_doc((enum msg_kind)k),
		       kind, kind);
		cddl_rows(rows, n);
	}
}

static void man_rows(const struct msg_row *rows, size_t n)
{
	char name[MSG_NAME_MAX];

	printf(".Bl -tag -width 18n -compact\n");
	for (size_t i = 0; i < n; i++)
		printf(".It Cm %s\n%s;\n%s%s\n", msg_wire_name(rows[i].name, name), rows[i].doc,
		       types[rows[i].type].man, rows[i].required ? ", required" : "");
	printf(".El\n");
}

static void man(void)
{
	const struct msg_row *rows;
	size_t n;

	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		n = msg_rows((enum msg_kind)k, &rows);
		printf(".Ss %s\n%s:\n.Pp\n", msg_kind_name((enum msg_kind)k),
		       msg_kind_doc((enum msg_kind)k));
		man_rows(rows, n);
	}
	n = msg_key_rows(&rows);
	printf(".Ss Keys of a signer\nEach of the\n.Cm keys\nof\n.Cm hello :\n.Pp\n");
	man_rows(rows, n);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "cddl") == 0)
		cddl();
	else if (argc == 2 && strcmp(argv[1], "man") == 0)
		man();
	else
		return 64;
	return fflush(stdout) == 0 ? 0 : 73;
}
