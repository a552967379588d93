/* SPDX-License-Identifier: ISC */
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "compat.h"
#include "fail.h"
#include "sandbox.h"

#define NOBODY 65534  /* uid and gid of nobody, on every Linux */

/* Has `id` a meaning here? map is /proc/self/uid_map or gid_map; without one everything is
 * mapped. */
static bool mapped(const char *map, unsigned long id)
{
	FILE *f = fopen(map, "re");
	unsigned long inside, outside, count;
	bool found = !f;

	while (f && !found && fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3)
		found = id >= inside && id - inside < count;
	if (f)
		fclose(f);
	return found;
}

/* Is it us already, or may we change? A container's root may not. */
static bool may_become(uid_t uid, gid_t gid)
{
	if (uid == geteuid() && gid == getegid())
		return true;
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
}

static bool is_mapped(uid_t uid, gid_t gid)
{
	return mapped("/proc/self/uid_map", uid) && mapped("/proc/self/gid_map", gid);
}

static void if_bound_stay(uid_t *uid, gid_t *gid)
{
	if (may_become(*uid, *gid) && is_mapped(*uid, *gid))
		return;
	*uid = geteuid();
	*gid = getegid();
}

/* Who by the rule should be next. */
static uid_t wanted_uid(const char *user, gid_t *gid)
{
	bool root = geteuid() == 0;
	const struct passwd *pw = NULL;

	if (user)
		pw = getpwnam(user);
	if (user && !pw)
		cmd_fail(IKE_E_CONFIG, "name an account that exists, or make it: adduser --system",
			 "there is no user %s", user);
	if (!user && root)
		pw = getpwnam("ikebana");
	*gid = pw ? pw->pw_gid : root ? NOBODY : getgid();
	return pw ? pw->pw_uid : root ? NOBODY : getuid();
}

uid_t cmd_target_uid(const char *user, gid_t *gid)
{
	uid_t uid = wanted_uid(user, gid);

	if (user && is_mapped(uid, *gid) && !may_become(uid, *gid))
		cmd_fail(IKE_E_PERMISSION,
			 geteuid() == 0 ? "grant CAP_SETUID and CAP_SETGID, or do not name a user"
					: "only root can, or do not name a user",
			 "cannot become %s: permission denied", user);
	if_bound_stay(&uid, gid);
	return uid;
}

bool cmd_stays_root(void)
{
	gid_t gid;
	uid_t uid = wanted_uid(NULL, &gid);

	return geteuid() == 0 && is_mapped(uid, gid) && !may_become(uid, gid);
}

_Noreturn static void failed(const char *what)
{
	cmd_fail(IKE_E_SYSTEM, NULL, "cannot drop privileges: %s: %s", what, strerror(errno));
}

static void change_id(uid_t uid, gid_t gid)
{
	if (uid == getuid() && uid == geteuid() && gid == getgid() && gid == getegid())
		return;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		failed("keep capabilities");
	if (setgroups(0, NULL))
		failed("supplementary groups");
	if (setresgid(gid, gid, gid))
		failed("group id");
	if (setresuid(uid, uid, uid))
		failed("user id");
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		failed("keep capabilities");
}

/* No program exec'ed later gets any by its file; while we still may, so before the user changes. */
static void drop_bounds(void)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return;
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS))
		failed("bounding set");
}

/* Only those of the mask stay, as far as they are there; nothing is inherited by what is
 * exec'ed. */
static void keep_only(uint64_t keep)
{
	capng_get_caps_process();
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (keep >> cap & 1 && !capng_have_capability(CAPNG_PERMITTED, cap))
			keep &= ~(UINT64_C(1) << cap);
	capng_clear(CAPNG_SELECT_ALL);
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (keep >> cap & 1)
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, cap);
	if (capng_apply(CAPNG_SELECT_CAPS) || capng_apply(CAPNG_SELECT_AMBIENT))
		failed("capabilities");
}

void cmd_drop(const struct cmd_drop *how)
{
	uid_t uid = how->uid;
	gid_t gid = how->gid;

	if (uid == (uid_t)-1)
		uid = cmd_target_uid(how->user, &gid);
	else
		if_bound_stay(&uid, &gid);
	drop_bounds();
	change_id(uid, gid);
	keep_only(how->keep);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		failed("no new privileges");
	if (!cmd_sanitized() && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		failed("dumpable");
}
