/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat.h"
#include "fail.h"
#include "sandbox.h"

#define ABI_1 (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)  /* every right of the first version */
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_REFER | \
	 LANDLOCK_ACCESS_FS_TRUNCATE)

/* The rights that this kernel knows; 0 if it has no Landlock. */
static uint64_t known(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	return (abi >= 1 ? ABI_1 : 0) | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
	       (abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0) |
	       (abi >= 5 ? LANDLOCK_ACCESS_FS_IOCTL_DEV : 0);
}

_Noreturn static void failed(const char *what)
{
	cmd_fail(IKE_E_SYSTEM, NULL, "cannot confine the file system: %s: %s", what,
		 strerror(errno));
}

/* The directory at path, or the one that holds it; -1 if there is none. */
static int open_dir(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *slash = strrchr(path, '/');
	char *parent;

	if (fd >= 0)
		return fd;
	if (errno != ENOTDIR || !slash)
		return errno == ENOTDIR ? open(".", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	fd = parent ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	free(parent);
	return fd;
}

static void allow(int rules, const struct cmd_dir *dir, uint64_t rights)
{
	struct landlock_path_beneath_attr below = {
		.allowed_access = rights & (READING | (dir->write ? WRITING : 0)),
		.parent_fd = -1
	};

	if (below.allowed_access)
		below.parent_fd = open_dir(dir->path);
	if (below.parent_fd < 0)
		return;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0))
		failed(dir->path);
	close(below.parent_fd);
}

void cmd_landlock(const struct cmd_dir *dirs, size_t n)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = known() };
	int rules;

	if (!attr.handled_access_fs) {
		cmd_say("warning: this kernel has no Landlock, files are not confined");
		return;
	}
	if (cmd_sanitized())  /* its reports read /proc/self and the program's own file */
		attr.handled_access_fs &= ~(uint64_t)READING;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr,
			     sizeof attr.handled_access_fs, 0);
	if (rules < 0)
		failed("rule set");
	for (size_t i = 0; i < n; i++)
		allow(rules, &dirs[i], attr.handled_access_fs);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, rules, 0))
		failed("restrict");
	close(rules);
}
