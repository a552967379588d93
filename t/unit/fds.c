/* SPDX-License-Identifier: ISC */
/* Descriptors handed over and adopted, and files read whole. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cmd/lib/fds.h>

static char path[] = "/tmp/fds-test-XXXXXX";

/* Runs it in a child, as each changes descriptors and environment; 0 is well. */
static void in_child(int (*deed)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(deed());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Crosswise: each stands where the other has to go. */
static int hand_over_and_adopt(void)
{
	const char *const names[] = { "one", "two", "three" };
	int fds[3], kept[3];

	for (int i = 0; i < 3; i++)
		kept[i] = dup2(memfd_create("x", 0), 40 + i);
	for (int i = 0; i < 3; i++)
		fds[i] = dup2(kept[i], 5 - i);
	cmd_hand_over(names, fds, 3);
	if (strcmp(getenv("LISTEN_FDS"), "3") || strcmp(getenv("LISTEN_FDNAMES"), "one:two:three"))
		return 1;
	for (int i = 0; i < 3; i++)
		if (!same_file(3 + i, kept[i]) || fcntl(3 + i, F_GETFD))
			return 2;
	if (cmd_adopt("two") != 4 || cmd_adopt("tw") != -1 || cmd_adopt("") != -1)
		return 3;
	if (cmd_adopt("two") != -1 || fcntl(4, F_GETFD) != FD_CLOEXEC)
		return 4;  /* only once; not for children */
	cmd_adopt_done();
	if (fcntl(3, F_GETFD) != -1 || fcntl(5, F_GETFD) != -1 || fcntl(4, F_GETFD) == -1)
		return 5;
	return getenv("LISTEN_FDS") || cmd_adopt("one") != -1 ? 6 : 0;
}

static int adopt_of_another(void)
{
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "one", 1);
	dup2(1, 3);
	if (cmd_adopt("one") != -1)
		return 1;
	cmd_adopt_done();
	return fcntl(3, F_GETFD) == -1;
}

static int adopt_nonsense(void)
{
	char pid[32];

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDNAMES", "one", 1);
	setenv("LISTEN_FDS", "100000", 1);
	if (cmd_adopt("one") != -1)
		return 1;
	setenv("LISTEN_FDS", "1x", 1);
	return cmd_adopt("one") != -1;
}

static void descriptors_are_handed_over_by_name(void **state)
{
	(void)state;
	in_child(hand_over_and_adopt);
}

static void those_of_another_process_are_left_alone(void **state)
{
	(void)state;
	in_child(adopt_of_another);
	in_child(adopt_nonsense);
}

static void readiness_is_a_newline_and_a_notice(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char name[96], got[16];
	int ends[2], fd;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof name, "%s.notify", path);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", name);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	cmd_ready(ends[1]);
	unsetenv("NOTIFY_SOCKET");
	unlink(name);
	assert_int_equal(read(ends[0], got, sizeof got), 1);
	assert_int_equal(got[0], '\n');
	assert_int_equal(read(ends[0], got, sizeof got), 0);  /* closed */
	assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 7);
	assert_memory_equal(got, "READY=1", 7);
	close(fd);
	close(ends[0]);
	cmd_ready(-1);
}

static void write_file(const char *text, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(write(fd, text, n) == (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
	struct buf b = { 0 };
	const char *why = NULL;

	(void)state;
	write_file("hello", 5, 0644);
	assert_int_equal(cmd_read_file(path, 5, &b, &why), IKE_OK);
	assert_true(span_is(buf_span(&b), "hello"));
	assert_int_equal(cmd_read_file(path, 4, &b, &why), IKE_E_NO_INPUT);
	assert_string_equal(why, "it is too long");
	assert_true(span_is(buf_span(&b), "hello"));
	assert_int_equal(cmd_read_file("/none/such", 5, &b, &why), IKE_E_NO_INPUT);
	assert_string_equal(why, "no such file");
	assert_int_equal(cmd_read_file("/tmp", 5, &b, &why), IKE_E_NO_INPUT);
	assert_string_equal(why, "it is a directory");
	write_file("", 0, 0644);
	buf_clear(&b);
	assert_int_equal(cmd_read_file(path, 5, &b, &why), IKE_OK);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void a_file_of_unknown_size_is_read_to_its_end(void **state)
{
	struct buf b = { 0 };
	const char *why = NULL;

	(void)state;
	assert_int_equal(cmd_read_file("/proc/version", 4096, &b, &why), IKE_OK);
	assert_true(b.n > 10);
	buf_free(&b);
}

static void a_secret_loses_one_newline(void **state)
{
	struct secret s = { 0 };
	const char *why = NULL;

	(void)state;
	write_file("key\n\n", 5, 0600);
	assert_int_equal(cmd_read_secret_file(path, &s, &why), IKE_OK);
	assert_true(span_is(secret_span(&s), "key\n"));
	write_file("key", 3, 0400);
	assert_int_equal(cmd_read_secret_file(path, &s, &why), IKE_OK);
	assert_true(span_is(secret_span(&s), "key"));
	secret_free(&s);
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0644, 0640, 0620, 0604, 0602 };
	struct secret s = { 0 };
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		write_file("key", 3, modes[i]);
		why = NULL;
		assert_int_equal(cmd_read_secret_file(path, &s, &why), IKE_E_PERMISSION);
		assert_non_null(strstr(why, "chmod 600"));
	}
	assert_null(s.p);
}

static void a_secret_has_a_limit(void **state)
{
	static char large[64 * 1024 + 1];
	struct secret s = { 0 };
	const char *why = NULL;

	(void)state;
	write_file(large, sizeof large, 0600);
	assert_int_equal(cmd_read_secret_file(path, &s, &why), IKE_E_NO_INPUT);
	assert_string_equal(why, "it is too long");
	write_file(large, sizeof large - 1, 0600);
	assert_int_equal(cmd_read_secret_file(path, &s, &why), IKE_OK);
	assert_int_equal(s.n, sizeof large - 1);
	secret_free(&s);
}

static int make_file(void **state)
{
	(void)state;
	return close(mkstemp(path));
}

static int drop_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_are_handed_over_by_name),
		cmocka_unit_test(those_of_another_process_are_left_alone),
		cmocka_unit_test(readiness_is_a_newline_and_a_notice),
		cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
		cmocka_unit_test(a_file_of_unknown_size_is_read_to_its_end),
		cmocka_unit_test(a_secret_loses_one_newline),
		cmocka_unit_test(a_secret_that_others_can_read_is_refused),
		cmocka_unit_test(a_secret_has_a_limit),
	};

	return cmocka_run_group_tests(tests, make_file, drop_file);
}
