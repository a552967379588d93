/* SPDX-License-Identifier: ISC */
/* Each test runs a deed in a child behind the sandbox and looks how the child ends. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <uv.h>

#include <cmd/lib/compat.h>
#include <cmd/lib/sandbox.h>

static char dir[] = "/tmp/sandbox-test-XXXXXX";

/* The wait status of a child that does `deed` behind a filter with these flags. */
static int behind(unsigned int flags, int (*deed)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		cmd_seccomp(flags);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool fine(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static void beat(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static int event_loop(void)
{
	uint8_t digest[32];
	uv_loop_t loop;
	uv_timer_t timer;
	char *p;

	for (size_t n = 1000; n < 4000000; n *= 3) {
		p = malloc(n);
		if (!p)
			return 2;
		memset(p, 1, n);
		free(p);
	}
	if (uv_loop_init(&loop) || uv_timer_init(&loop, &timer) ||
	    uv_timer_start(&timer, beat, 5, 0))
		return 3;
	uv_run(&loop, UV_RUN_DEFAULT);
	return !EVP_Digest("abc", 3, digest, NULL, EVP_sha256(), NULL);
}

static int open_a_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	return fd >= 0 ? 0 : errno == EACCES ? 1 : 2;
}

static int open_a_socket(void)
{
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0;
}

static int open_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0;
}

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) < 0;
}

static int run_a_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

static int make_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static int trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM;
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_a_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL);
}

static int fork_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0;
}

static void an_event_loop_runs_without_any_flag(void **state)
{
	(void)state;
	assert_true(fine(behind(0, event_loop)));
}

static void files_open_with_their_flag_and_fail_regularly_without(void **state)
{
	(void)state;
	assert_true(fine(behind(CMD_SYS_FILES, open_a_file)));
	if (!cmd_sanitized())
		assert_int_equal(WEXITSTATUS(behind(0, open_a_file)), 1);
}

static void sockets_open_with_their_flag_and_kill_without(void **state)
{
	(void)state;
	assert_true(fine(behind(CMD_SYS_SOCKET, open_a_socket)));
	assert_true(killed(behind(CMD_SYS_FILES, open_a_socket)));
	assert_true(fine(behind(CMD_SYS_NETLINK, open_netlink)));
	assert_true(killed(behind(CMD_SYS_SOCKET, open_netlink)));
	assert_true(killed(behind(CMD_SYS_SOCKET, open_a_packet_socket)));
}

static void threads_start_with_their_flag_and_kill_without(void **state)
{
	(void)state;
	assert_true(fine(behind(CMD_SYS_THREADS, start_a_thread)));
	if (cmd_sanitized())
		return;
	assert_true(killed(behind(0, start_a_thread)));
	assert_true(killed(behind(CMD_SYS_THREADS, fork_a_process)));
}

static void programs_and_code_are_never_made(void **state)
{
	(void)state;
	assert_true(killed(behind(CMD_SYS_FILES | CMD_SYS_SOCKET | CMD_SYS_THREADS,
				  run_a_program)));
	if (!cmd_sanitized())
		assert_true(killed(behind(0, make_code)));
}

static void a_spawner_runs_programs_but_does_not_trace(void **state)
{
	(void)state;
	assert_true(fine(behind(CMD_SYS_DENY_ONLY, run_a_program)));
	assert_true(fine(behind(CMD_SYS_DENY_ONLY, fork_a_process)));
	if (!cmd_sanitized())
		assert_int_equal(WEXITSTATUS(behind(CMD_SYS_DENY_ONLY, trace)), 1);
}

/* What the child may do after it kept `path` only: 1 read it, 2 write there, 4 read elsewhere. */
static int reach(const char *path, bool write_too)
{
	const struct cmd_dir only = { path, write_too };
	char in[64], new[64];
	int status = -1;
	pid_t pid = fork();

	snprintf(in, sizeof in, "%s/in", dir);
	snprintf(new, sizeof new, "%s/new", dir);
	if (pid == 0) {
		cmd_landlock(&only, 1);
		_exit((open(in, O_RDONLY) >= 0) | (open(new, O_CREAT | O_WRONLY, 0600) >= 0) << 1 |
		      (open("/etc/passwd", O_RDONLY) >= 0) << 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unlink(new);
	return WEXITSTATUS(status);
}

static void landlock_keeps_the_named_directory_only(void **state)
{
	char in[64];

	(void)state;
	if (cmd_sanitized())
		skip();
	snprintf(in, sizeof in, "%s/in", dir);
	assert_int_equal(reach(dir, false), 1);
	assert_int_equal(reach(dir, true), 3);
	assert_int_equal(reach(in, true), 3);  /* a file means its directory */
	assert_int_equal(reach("/etc", false), 4);
	assert_int_equal(reach("/does/not/exist", true), 0);
}

/* The value of a line of /proc/self/status. */
static unsigned long long status_of(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long v = 9999;
	char line[256];

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
			v = strtoull(line + strlen(key) + 1, NULL,
				     strncmp(key, "Cap", 3) ? 10 : 16);
	if (f)
		fclose(f);
	return v;
}

/* Drops to `uid`, keeping `keep`; the exit status says what is wrong, 0 nothing. */
static int drop(uid_t uid, uint64_t keep)
{
	const struct cmd_drop how = { .uid = uid, .gid = uid, .keep = keep };
	gid_t gid;
	uid_t target = uid == (uid_t)-1 ? cmd_target_uid(NULL, &gid) : uid;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		cmd_drop(&how);
		_exit((status_of("NoNewPrivs") != 1) | (status_of("CapEff") != keep) << 1 |
		      (status_of("CapBnd") != 0) << 2 | (status_of("CapAmb") != 0) << 3 |
		      (status_of("Uid") != target) << 4 | (getgid() == 0) << 5);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 999;
}

static void root_drops_to_another_user_and_keeps_what_it_names(void **state)
{
	gid_t gid;

	(void)state;
	if (getuid() != 0 || status_of("CapEff") == 0)
		skip();
	if (cmd_target_uid(NULL, &gid) == 0)
		skip();  /* a user namespace that maps root only */
	assert_int_equal(drop((uid_t)-1, 0), 0);
	assert_int_equal(drop(4242, 1 << 12), 0);
	assert_int_equal(drop(4242, 0), 0);
}

static void without_root_the_uid_stays(void **state)
{
	gid_t gid;

	(void)state;
	if (getuid() == 0)
		skip();
	assert_int_equal(cmd_target_uid(NULL, &gid), getuid());
	assert_int_equal(drop((uid_t)-1, 0) & ~4, 0);
}

static int make_dir(void **state)
{
	char in[64];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(in, sizeof in, "%s/in", dir);
	return close(open(in, O_CREAT | O_WRONLY, 0600));
}

static int drop_dir(void **state)
{
	char in[64];

	(void)state;
	snprintf(in, sizeof in, "%s/in", dir);
	return unlink(in) || rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_loop_runs_without_any_flag),
		cmocka_unit_test(files_open_with_their_flag_and_fail_regularly_without),
		cmocka_unit_test(sockets_open_with_their_flag_and_kill_without),
		cmocka_unit_test(threads_start_with_their_flag_and_kill_without),
		cmocka_unit_test(programs_and_code_are_never_made),
		cmocka_unit_test(a_spawner_runs_programs_but_does_not_trace),
		cmocka_unit_test(landlock_keeps_the_named_directory_only),
		cmocka_unit_test(root_drops_to_another_user_and_keeps_what_it_names),
		cmocka_unit_test(without_root_the_uid_stays),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
