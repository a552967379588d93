/* SPDX-License-Identifier: ISC */
#include "checkpoint_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <libike/base/reader.h>

#include "nego.h"

#define MAGIC "ikebana checkpt1"
#define FILE_MAX (1ull << 30)
#define BOOT 36
#define INSTANCE (CHECKPOINT_INSTANCE - 1)

/* Against what a write that was cut off leaves, not against people: FNV-1a. */
static uint64_t checksum(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3u;
	return h;
}

void checkpoint_header_make(const struct checkpoint *c, struct buf *out)
{
	buf_add(out, span_of(MAGIC, 16));
	buf_add(out, span_of(c->boot, BOOT));
	buf_add(out, span_of(c->instance, INSTANCE));
	buf_add_uint(out, 4, c->incarnation);
	buf_add_uint(out, 8, c->turns);
	buf_add_uint(out, 8, 0);
	buf_add_uint(out, 8, checksum(buf_span(out)));
}

struct header { uint64_t turns; uint32_t incarnation; struct span boot, instance; };

static bool header_read(struct span log, struct header *h)
{
	struct rd r = rd_of(log), whole = r;
	bool ours = span_eq(rd_take(&r, 16), span_of(MAGIC, 16));
	uint64_t sum;

	h->boot = rd_take(&r, BOOT);
	h->instance = rd_take(&r, INSTANCE);
	h->incarnation = (uint32_t)rd_uint(&r, 4);
	h->turns = rd_uint(&r, 8);
	rd_skip(&r, 8);
	sum = rd_uint(&r, 8);
	return ours && !r.bad && sum == checksum(rd_take(&whole, CHECKPOINT_HEADER - 8));
}

void checkpoint_entry_make(struct span group, struct buf *out)
{
	if (!buf_room(out, CHECKPOINT_ENTRY + group.n))  /* at once, it has secrets in it */
		return;
	buf_clear(out);
	buf_add_uint(out, 4, group.n);
	buf_add_uint(out, 8, checksum(group));
	buf_add(out, group);
}

bool checkpoint_entry(struct span *log, struct span *body)
{
	struct rd r = rd_of(*log);
	uint64_t n = rd_uint(&r, 4), sum = rd_uint(&r, 8);

	*body = rd_take(&r, (size_t)n);
	*log = rd_rest(&r);
	return !r.bad && n && sum == checksum(*body);
}

bool checkpoint_write(int fd, uint64_t at, struct span s)
{
	return pwrite(fd, s.p, s.n, (off_t)at) == (ssize_t)s.n;
}

bool checkpoint_empty(struct checkpoint_file *f)
{
	f->size = 0;
	return f->fd >= 0 && !ftruncate(f->fd, 0);
}

/* ---- at the start ---- */

static void read_boot(char out[BOOT + 1])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, out, BOOT) != BOOT)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot read the boot id: %s", strerror(errno));
	close(fd);
	out[BOOT] = '\0';
}

static int open_one(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		cmd_fail(IKE_E_CREATE, NULL, "cannot open --checkpoint %s: %s", path,
			 strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_mode & 077 ||
	    (st.st_uid != geteuid() && st.st_uid != uid && st.st_uid))
		cmd_fail(IKE_E_PERMISSION, "it is to be a file of ours, with mode 0600",
			 "--checkpoint %s: others can reach it", path);
	if (geteuid() == 0 && fchown(fd, uid, gid))
		cmd_fail(IKE_E_CREATE, NULL, "cannot give away %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		cmd_fail(IKE_E_CREATE, NULL, "--checkpoint %s: another process uses it", path);
	return fd;
}

static bool read_all(int fd, struct buf *out)
{
	struct stat st;
	uint8_t *room;

	if (fstat(fd, &st) || st.st_size < CHECKPOINT_HEADER || (uint64_t)st.st_size > FILE_MAX)
		return false;
	room = buf_room(out, (size_t)st.st_size);
	return room && pread(fd, room, (size_t)st.st_size, 0) == st.st_size;
}

/* Takes up what the newer of both files has. */
static void take_up(struct checkpoint *c)
{
	struct buf logs[2] = { { 0 }, { 0 } };
	struct header h, best = { 0 };
	int from = -1;

	for (int i = 0; i < 2; i++) {
		if (!read_all(c->v[i].fd, &logs[i]) || !header_read(buf_span(&logs[i]), &h) ||
		    (from >= 0 && h.turns < best.turns))
			continue;
		best = h;
		from = i;
	}
	if (from >= 0 && !span_is(best.boot, c->boot)) {
		cmd_say("--checkpoint: made before this boot, nothing is taken up");
	} else if (from >= 0 && best.incarnation < UINT32_MAX) {
		struct rd r = rd_of(best.instance);

		rd_copy(&r, c->instance, INSTANCE);
		c->incarnation = best.incarnation;
		c->turns = best.turns;
		c->at = (unsigned int)from;
		checkpoint_scan(c, buf_span(&logs[from]));
	}
	for (int i = 0; i < 2; i++)
		buf_wipe(&logs[i]);
}

void checkpoint_open(struct checkpoint *c, struct nego *n, uid_t uid, gid_t gid)
{
	const char *path = n->o.checkpoint;
	char other[4096];

	*c = (struct checkpoint){ .n = n, .v = { { .fd = -1 }, { .fd = -1 } } };
	if (!path)
		return;
	cmd_private_place("--checkpoint", path);
	(void)snprintf(other, sizeof other, "%s.1", path);
	c->v[0].fd = open_one(path, uid, gid);
	c->v[1].fd = open_one(other, uid, gid);
	read_boot(c->boot);
	take_up(c);
	if (!c->incarnation)
		(void)snprintf(c->instance, sizeof c->instance, "%s", n->data.instance);
	(void)snprintf(n->data.instance, sizeof n->data.instance, "%s", c->instance);
	c->incarnation++;
	c->on = true;
	if (!checkpoint_turn(c))
		cmd_fail(IKE_E_CREATE, NULL, "cannot write --checkpoint %s: %s", path,
			 strerror(errno));
}
