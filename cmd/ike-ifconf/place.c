/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <glob.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

#include "place.h"

#define NAME "ifconf.journal"

/* The directory for what runs now; false if there is none for this user. */
static bool base(char out[PATH_MAX])
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return snprintf(out, PATH_MAX, "/run/ikebana") > 0;
	return xdg && *xdg == '/' && snprintf(out, PATH_MAX, "%s/ikebana", xdg) < PATH_MAX;
}

static uint64_t net_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : (uint64_t)st.st_ino;
}

/* Makes the directory and those above it. */
static void make(const char *path)
{
	char part[PATH_MAX];
	struct stat st;
	size_t n = strlen(path);

	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i])
			continue;
		snprintf(part, sizeof part, "%.*s", (int)i, path);
		if (mkdir(part, 0755) && errno != EEXIST)
			cmd_fail(errno == EACCES ? IKE_E_PERMISSION : IKE_E_CREATE,
				 "--run-dir names another place for the journal",
				 "cannot make %s: %s", part, strerror(errno));
	}
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		cmd_fail(IKE_E_CREATE, NULL, "%s is no directory", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & 022)
		cmd_fail(IKE_E_PERMISSION, "only its user may write beside a journal: chmod 755",
			 "other users can write to %s", path);
}

void place_of(const char *run_dir, const char *tun, char out[PATH_MAX])
{
	char dir[PATH_MAX];
	int n;

	if (run_dir) {
		make(run_dir);
		n = snprintf(out, PATH_MAX, "%s/" NAME, run_dir);
	} else {
		if (strchr(tun, '/'))
			cmd_fail(IKE_E_USAGE, NULL, "%s is no name of an interface", tun);
		if (!base(dir))
			cmd_fail(IKE_E_CONFIG, "--run-dir names one, or set XDG_RUNTIME_DIR",
				 "there is no directory for the journal");
		make(dir);
		n = snprintf(out, PATH_MAX, "%s/%s-%" PRIu64 "." NAME, dir, tun, net_namespace());
	}
	if (n >= PATH_MAX)
		cmd_fail(IKE_E_USAGE, NULL, "the path of the journal is too long");
}

static size_t find(const char *which, glob_t *found)
{
	char dir[PATH_MAX], pattern[PATH_MAX + 64];

	if (!base(dir))
		return 0;
	snprintf(pattern, sizeof pattern, "%s/*-%s." NAME, dir, which);
	return glob(pattern, 0, NULL, found) ? 0 : found->gl_pathc;
}

size_t place_all(char ***out)
{
	char which[32];
	glob_t found;
	size_t n;

	snprintf(which, sizeof which, "%" PRIu64, net_namespace());
	n = find(which, &found);
	*out = calloc(n + 1, sizeof **out);
	if (!*out)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; i < n; i++)
		(*out)[i] = strdup(found.gl_pathv[i]);
	if (n)
		globfree(&found);
	return n;
}

void place_sweep(void)
{
	struct stat st;
	glob_t found;
	size_t n = find("*", &found);

	for (size_t i = 0; i < n; i++) {
		int fd = open(found.gl_pathv[i], O_RDWR | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_size == 0)
			(void)unlink(found.gl_pathv[i]);
		close(fd);
	}
	if (n)
		globfree(&found);
}
