/* SPDX-License-Identifier: ISC */
/*
 * helper-client COMMAND...: starts a helper as a program of ours would, with a socket as its
 * descriptor 0, and prints what it says as JSON lines: first its hello. Then each line of standard
 * input is a request in JSON, sent and answered before the next (a cancel is not waited for), or
 * "raw HEX": a record of these octets. "close" does not read answers any more. At the end of input
 * the socket is closed, and the status is the helper's; 125 if it does not answer within 5 s.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/stream.h>

#define SILENT 125

static int start(char **command, pid_t *child)
{
	const struct timeval patience = { .tv_sec = 5 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience))
		cmd_fail(IKE_E_SYSTEM, NULL, "no socket: %s", strerror(errno));
	*child = fork();
	if (*child < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "no process: %s", strerror(errno));
	if (*child == 0) {
		if (dup2(pair[1], STDIN_FILENO) == STDIN_FILENO)
			execvp(command[0], command);
		_exit(127);
	}
	close(pair[1]);
	return pair[0];
}

/* False: the helper closed. */
static bool print_one(int fd)
{
	struct buf raw = { 0 };
	struct arena a = { 0 };
	struct msg m;
	enum ike_err err = cmd_recv_record(fd, &raw, &a, &m, NULL, NULL);

	if (err == IKE_E_RETRY)
		exit(SILENT);
	if (!err && cmd_send(STDOUT_FILENO, CMD_FORMAT_JSON, true, &m))
		exit(SILENT);
	if (err && err != IKE_E_NO)
		cmd_fail(err, NULL, "the helper sent no message");
	buf_free(&raw);
	arena_drop(&a);
	return !err;
}

static void send_raw(int fd, const char *hex)
{
	long n = 0;
	unsigned char *octets = OPENSSL_hexstr2buf(hex, &n);

	if (!octets || send(fd, octets, (size_t)n, MSG_NOSIGNAL) != n)
		cmd_say("cannot send these octets: %s", hex);
	OPENSSL_free(octets);
}

/* Is an answer to be waited for? */
static bool send_line(int fd, const char *line)
{
	struct arena a = { 0 };
	struct msg m;
	bool waits;

	if (strncmp(line, "raw ", 4) == 0) {
		send_raw(fd, line + 4);
		return false;
	}
	if (msg_of_json(span_str(line), &a, &m, NULL) || m.kind == MSG_NONE)
		cmd_fail(IKE_E_INPUT, NULL, "no message: %s", line);
	waits = cmd_send(fd, CMD_FORMAT_CBOR, true, &m) == IKE_OK && m.kind != MSG_K_cancel;
	arena_drop(&a);
	return waits;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	bool reads = true;
	int fd, status;
	pid_t child;

	cmd_start("helper-client");
	if (argc < 2)
		cmd_fail(IKE_E_USAGE, NULL, "say which helper");
	fd = start(argv + 1, &child);
	reads = print_one(fd);
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (strcmp(line, "close") == 0)
			reads = false;
		else if (send_line(fd, line) && reads)
			reads = print_one(fd);
	}
	free(line);
	close(fd);
	if (waitpid(child, &status, 0) != child)
		return SILENT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
