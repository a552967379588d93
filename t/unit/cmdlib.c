/* SPDX-License-Identifier: ISC */
/* Streams, records, Unix sockets, config syntax and text, without a program around them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/lib/config.h"
#include "cmd/lib/fail.h"
#include "cmd/lib/opt.h"
#include "cmd/lib/opt_value.h"
#include "cmd/lib/stream.h"
#include "cmd/lib/unix_socket.h"

static struct msg seen(uint64_t id)
{
	struct msg m = { .kind = MSG_K_seen };

	m.seen.id = id;
	return m;
}

static void make_pipe(int fd[2])
{
	assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
}

static void close_both(const int fd[2])
{
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void a_pipe_carries_messages_of_either_form(void **state)
{
	static const enum cmd_format forms[] = { CMD_FORMAT_CBOR, CMD_FORMAT_JSON };

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct cmd_reader r;
		struct msg m;
		int fd[2];

		make_pipe(fd);
		cmd_reader_init(&r, fd[0]);
		assert_int_equal(cmd_recv(&r, &m), IKE_E_RETRY);
		for (uint64_t id = 1; id <= 1000; id++) {
			struct msg out = seen(id);

			assert_int_equal(cmd_send(fd[1], forms[f], false, &out), IKE_OK);
		}
		(void)close(fd[1]);
		for (uint64_t id = 1; id <= 1000; id++) {
			assert_int_equal(cmd_recv(&r, &m), IKE_OK);
			assert_true(m.kind == MSG_K_seen && m.seen.id == id);
		}
		assert_int_equal(cmd_recv(&r, &m), IKE_E_NO);
		assert_int_equal(cmd_recv(&r, &m), IKE_E_NO);
		cmd_reader_free(&r);
		(void)close(fd[0]);
	}
}

static void octets_may_come_one_by_one(void **state)
{
	struct msg out = { .kind = MSG_K_bye }, m;
	struct buf b = { 0 };
	struct cmd_reader r;
	int fd[2];

	(void)state;
	out.bye.sentence = span_str("kept while the buffer moves");
	assert_int_equal(msg_to_cbor(&out, false, &b), IKE_OK);
	make_pipe(fd);
	cmd_reader_init(&r, fd[0]);
	for (size_t i = 0; i < b.n; i++) {
		assert_int_equal(cmd_recv(&r, &m), IKE_E_RETRY);
		assert_int_equal(write(fd[1], b.p + i, 1), 1);
	}
	assert_int_equal(cmd_recv(&r, &m), IKE_OK);
	assert_true(span_is(m.bye.sentence, "kept while the buffer moves"));
	assert_int_equal(write(fd[1], b.p, 3), 3);
	(void)close(fd[1]);
	assert_int_equal(cmd_recv(&r, &m), IKE_E_INPUT);
	cmd_reader_free(&r);
	buf_free(&b);
	(void)close(fd[0]);
}

static void unknown_kinds_are_skipped_and_garbage_ends_the_stream(void **state)
{
	static const char octets[] = "\xa1\x64kind\x63new\xa2\x64kind\x64seen\x62id\x07\x00";
	struct cmd_reader r;
	struct msg m;
	int fd[2];

	(void)state;
	make_pipe(fd);
	assert_int_equal(write(fd[1], octets, sizeof octets - 1), sizeof octets - 1);
	cmd_reader_init(&r, fd[0]);
	assert_int_equal(cmd_recv(&r, &m), IKE_OK);
	assert_int_equal(m.seen.id, 7);
	assert_int_equal(cmd_recv(&r, &m), IKE_E_INPUT);
	cmd_reader_free(&r);
	close_both(fd);
}

static void nothing_is_torn_on_a_full_or_closed_pipe(void **state)
{
	static const uint8_t zeroes[MSG_PIPE_MAX];
	struct msg m = { .kind = MSG_K_sign };
	int fd[2], sent = 0;
	enum ike_err err;

	(void)state;
	make_pipe(fd);
	m.sign.alg = span_str("ed25519");
	m.sign.octets = span_of(zeroes, 4000);
	while ((err = cmd_send(fd[1], CMD_FORMAT_CBOR, false, &m)) == IKE_OK)
		sent++;
	assert_int_equal(err, IKE_E_RETRY);
	assert_true(sent >= 8);
	m.sign.octets = span_of(zeroes, MSG_PIPE_MAX);
	assert_int_equal(cmd_send(fd[1], CMD_FORMAT_CBOR, false, &m), IKE_E_INPUT);
	(void)close(fd[0]);
	m.sign.octets.n = 10;
	assert_int_equal(cmd_send(fd[1], CMD_FORMAT_CBOR, false, &m), IKE_E_HELPER);
	(void)close(fd[1]);
}

static void make_pair(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd), 0);
}

static void records_bring_messages_and_descriptors(void **state)
{
	struct msg m, out = seen(9);
	struct arena a = { 0 };
	struct buf raw = { 0 };
	int fd[2], got[2], pipes[2], fds[3];
	size_t n = 2;

	(void)state;
	make_pair(fd);
	make_pipe(pipes);
	fds[0] = pipes[0];
	fds[1] = fds[2] = pipes[1];
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, got, &n), IKE_E_RETRY);
	assert_int_equal(n, 0);
	n = 2;
	assert_int_equal(cmd_send_fds(fd[1], &out, fds, 3), IKE_OK);
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, got, &n), IKE_OK);
	assert_int_equal(m.seen.id, 9);
	assert_int_equal(n, 2);
	assert_int_equal(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(got[1], "x", 1), 1);
	close_both(got);
	assert_int_equal(cmd_send(fd[1], CMD_FORMAT_CBOR, false, &out), IKE_OK);
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, NULL, NULL), IKE_OK);
	/* half a message, and more than one */
	assert_int_equal(write(fd[1], raw.p, raw.n - 1), (ssize_t)raw.n - 1);
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, NULL, NULL), IKE_E_INPUT);
	assert_int_equal(write(fd[1], "\xa2\x64kind\x64seen\x62id\x07\x00", 16), 16);
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, NULL, NULL), IKE_E_INPUT);
	(void)close(fd[1]);
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, NULL, NULL), IKE_E_NO);
	(void)close(fd[0]);
	close_both(pipes);
	buf_free(&raw);
	arena_drop(&a);
}

static void a_link_record_may_be_long(void **state)
{
	static uint64_t ids[12000];
	struct msg m, out = { .kind = MSG_K_holds };
	struct arena a = { 0 };
	struct buf raw = { 0 };
	int fd[2];

	(void)state;
	for (size_t i = 0; i < 12000; i++)
		ids[i] = UINT64_C(1) << 40 | i;
	make_pair(fd);
	out.holds.ids = (struct msg_uints){ ids, 12000 };
	assert_int_equal(cmd_send(fd[1], CMD_FORMAT_CBOR, false, &out), IKE_OK);
	assert_int_equal(cmd_recv_record(fd[0], &raw, &a, &m, NULL, NULL), IKE_OK);
	assert_int_equal(m.holds.ids.n, 12000);
	assert_true(m.holds.ids.v[11999] == ids[11999]);
	close_both(fd);
	buf_free(&raw);
	arena_drop(&a);
}

static void sockets_are_private_and_stale_ones_replaced(void **state)
{
	char dir[] = "/tmp/cmdlib.XXXXXX", path[64];
	const char *why = NULL;
	int listener, second, client, server;
	struct stat st;
	uid_t uid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/s", dir);
	assert_int_equal(cmd_connect(path, &client, &why), IKE_E_HELPER);
	assert_int_equal(cmd_listen(path, &listener, &why), IKE_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(cmd_accept(listener, &server, &uid), IKE_E_RETRY);
	assert_int_equal(cmd_connect(path, &client, &why), IKE_OK);
	assert_int_equal(cmd_accept(listener, &server, &uid), IKE_OK);
	assert_int_equal(uid, geteuid());
	assert_int_equal(cmd_listen(path, &second, &why), IKE_E_SYSTEM);
	assert_string_equal(why, "another program listens there");
	(void)close(listener);
	(void)close(server);
	(void)close(client);
	assert_int_equal(cmd_listen(path, &listener, &why), IKE_OK);
	(void)close(listener);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(chmod(dir, 0750), 0);
	assert_int_equal(cmd_listen(path, &listener, &why), IKE_E_PERMISSION);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(cmd_listen(path, &listener, &why), IKE_E_CREATE);
}

static void keys_do_not_go_where_others_read(void **state)
{
	char path[] = "/tmp/cmdlib.XXXXXX";
	int fd = mkstemp(path), pipes[2];
	const char *why = NULL;

	(void)state;
	make_pipe(pipes);
	assert_true(fd >= 0);
	assert_true(cmd_secrets_allowed(fd, &why));
	assert_true(cmd_secrets_allowed(pipes[1], &why));
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_false(cmd_secrets_allowed(fd, &why));
	assert_non_null(strstr(why, "others"));
	close_both(pipes);
	(void)close(fd);
	(void)unlink(path);
}

static void a_config_line_is_an_option_and_its_value(void **state)
{
	static const char text[] =
		"# a comment\n\n  to \t vpn.example.org  # another\r\nflag\n"
		"id \"C=DE, O=\\\"A\\\\B\\\" # no comment\"\nsigner card-sign --key \"file:/a b\"\n"
		"empty \"\"\nsharp a#b";
	static const char *const want[][2] = {
		{ "to", "vpn.example.org" },
		{ "flag", NULL },
		{ "id", "C=DE, O=\"A\\B\" # no comment" },
		{ "signer", "card-sign --key \"file:/a b\"" }, { "empty", "" }, { "sharp", "a#b" },
	};
	static const unsigned int lines[] = { 3, 4, 5, 6, 7, 8 };
	struct cmd_config c = cmd_config_of(span_str(text));
	struct cmd_setting s = { 0 };
	const char *why;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(cmd_config_next(&c, &s, &why), IKE_OK);
		assert_true(span_is(s.name, want[i][0]));
		assert_int_equal(c.line, lines[i]);
		assert_int_equal(s.has_value, want[i][1] != NULL);
		if (want[i][1])
			assert_string_equal((char *)s.value.p, want[i][1]);
	}
	assert_int_equal(cmd_config_next(&c, &s, &why), IKE_E_NO);
	buf_free(&s.value);
}

static void wrong_config_lines_are_refused(void **state)
{
	static const char *const texts[] = { "id \"open", "id \"open\\\"", "id a\001b",
					     "id a\x7f" };
	struct cmd_setting s = { 0 };
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct cmd_config c = cmd_config_of(span_str(texts[i]));

		assert_int_equal(cmd_config_next(&c, &s, &why), IKE_E_CONFIG);
	}
	buf_free(&s.value);
}

static void commands_split_into_words_and_nothing_else(void **state)
{
	static const char command[] =
		"  card-sign serve --key \"file:/a b\" x\"y z\"\\ \"\" $(touch x);|&'q' ";
	static const char *const want[] = { "card-sign", "serve", "--key", "file:/a b",
					    "xy z\\", "", "$(touch", "x);|&'q'" };
	char **w = cmd_words(command);

	(void)state;
	assert_non_null(w);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(w[i], want[i]);
	assert_null(w[8]);
	free(w);
	w = cmd_words(" ");
	assert_non_null(w);
	assert_null(w[0]);
	free(w);
	assert_null(cmd_words("a \"b"));
}

static void the_nearest_name_is_found(void **state)
{
	static const char *const names[] = { "listen", "local-ts", "link", "liveness", "to" };

	(void)state;
	assert_string_equal(cmd_nearest("lisen", names, 5), "listen");
	assert_string_equal(cmd_nearest("listne", names, 5), "listen");
	assert_string_equal(cmd_nearest("locl-ts", names, 5), "local-ts");
	assert_string_equal(cmd_nearest("live", names, 5), "liveness");
	assert_null(cmd_nearest("certificate", names, 5));
	assert_null(cmd_nearest("x", names, 0));
}

static void assert_text(const struct msg *m, bool secrets, const char *want)
{
	struct buf b = { 0 };

	cmd_text(m, secrets, &b);
	buf_add_uint(&b, 1, 0);
	assert_string_equal((char *)b.p, want);
	buf_free(&b);
}

static void messages_read_as_sentences(void **state)
{
	struct msg m = { .kind = MSG_K_down };
	static const struct span payloads[] = { { (const uint8_t *)"SA", 2 },
						{ (const uint8_t *)"N(COOKIE)", 9 } };

	(void)state;
	(void)setenv("TZ", "UTC0", 1);
	m.down.time = UINT64_C(1795245685123);
	m.down.ike = 1;
	m.down.identity = span_str("evil\033[31m\302\233m");
	m.down.what = span_str("ike");
	m.down.reason = span_str("no-answer");
	m.down.sentence = span_str("no answer");
	assert_text(&m, false, "07:21:25.123 evil?[31m?m: IKE_SA 1 ended: no answer (no-answer)");
	m = (struct msg){ .kind = MSG_K_exchange };
	assert_true(endpoint_parse(span_str("10.0.0.1:4500"), 0, &m.exchange.peer));
	m.exchange.dir = span_str("in");
	m.exchange.exchange = span_str("IKE_SA_INIT");
	m.exchange.response = true;
	m.exchange.payloads = (struct msg_spans){ payloads, 2 };
	m.exchange.bytes = 456;
	assert_text(&m, false,
		    "10.0.0.1:4500: <- IKE_SA_INIT response 0 { SA N(COOKIE) } 456 octets");
	m = (struct msg){ .kind = MSG_K_sa_keys };
	m.sa_keys.id = 7;
	m.sa_keys.key = span_str("\1\2");
	assert_text(&m, false, "sa-keys id=7 key=(secret)");
	assert_text(&m, true, "sa-keys id=7 key=0102");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_carries_messages_of_either_form),
		cmocka_unit_test(octets_may_come_one_by_one),
		cmocka_unit_test(unknown_kinds_are_skipped_and_garbage_ends_the_stream),
		cmocka_unit_test(nothing_is_torn_on_a_full_or_closed_pipe),
		cmocka_unit_test(records_bring_messages_and_descriptors),
		cmocka_unit_test(a_link_record_may_be_long),
		cmocka_unit_test(sockets_are_private_and_stale_ones_replaced),
		cmocka_unit_test(keys_do_not_go_where_others_read),
		cmocka_unit_test(a_config_line_is_an_option_and_its_value),
		cmocka_unit_test(wrong_config_lines_are_refused),
		cmocka_unit_test(commands_split_into_words_and_nothing_else),
		cmocka_unit_test(the_nearest_name_is_found),
		cmocka_unit_test(messages_read_as_sentences),
	};

	cmd_start("cmdlib");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
