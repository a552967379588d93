/* SPDX-License-Identifier: ISC */
#include "askpass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "fds.h"
#include "opt.h"

static _Noreturn void child(int out, char **words)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null >= 0 && dup2(null, 0) == 0 && dup2(out, 1) == 1)
		execvp(words[0], words);
	cmd_say("cannot start %s: %s", words[0], strerror(errno));
	_exit(ike_err_exit(IKE_E_HELPER));
}

static enum ike_err run(char **words, struct secret *out, const char **why)
{
	int ends[2], status = 0;
	enum ike_err err;
	pid_t pid;

	*why = "it cannot be started";
	if (pipe2(ends, O_CLOEXEC))
		return IKE_E_SYSTEM;
	pid = fork();
	if (pid == 0)
		child(ends[1], words);
	close(ends[1]);
	err = pid < 0 ? IKE_E_SYSTEM : cmd_read_secret_fd(ends[0], out, why);
	close(ends[0]);
	if (pid > 0 && (waitpid(pid, &status, 0) != pid || status)) {
		*why = "it failed";
		err = IKE_E_HELPER;
	}
	if (err)
		secret_free(out);
	return err;
}

enum ike_err cmd_askpass(const char *command, struct secret *out, const char **why)
{
	char **words = cmd_words(command);
	enum ike_err err = IKE_E_USAGE;

	*why = words ? "no command" : "a quote stays open";
	if (words && words[0])
		err = run(words, out, why);
	free(words);
	return err;
}
