/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat.h"
#include "fail.h"
#include "sandbox.h"

/* What every event loop, OpenSSL and the C library need. System calls that the machine does not
 * have are passed over, so that one list serves all. */
static const char *const always[] = {
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "close",
	"close_range", "lseek", "fstat", "statx", "fcntl", "dup", "dup2", "dup3", "pipe2",
	"fsync", "fdatasync", "ftruncate", "flock",
	"poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd2", "signalfd4",
	"timerfd_create", "timerfd_settime", "timerfd_gettime", "clock_gettime", "clock_getres",
	"clock_nanosleep", "nanosleep", "gettimeofday", "time",
	"brk", "munmap", "mremap", "madvise", "mlock", "mlock2", "munlock",
	"futex", "futex_waitv", "get_robust_list", "set_robust_list", "rseq", "membarrier",
	"sched_yield", "sched_getaffinity", "getcpu", "sysinfo", "uname", "getrandom",
	"getrusage", "getrlimit", "times",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
	"sigaltstack", "restart_syscall",
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getresuid",
	"getresgid", "capget", "wait4", "waitid", "exit", "exit_group",
	"socketpair", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
	"shutdown", "getsockname", "getpeername", "getsockopt", NULL
};
static const char *const files[] = {
	"openat", "openat2", "open", "newfstatat", "stat", "lstat", "access", "faccessat",
	"faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "unlink", "unlinkat",
	"rename", "renameat", "renameat2", "link", "linkat", "mkdir", "mkdirat", "rmdir",
	"chmod", "fchmod", "fchmodat", "umask", "fallocate", "inotify_init1", "inotify_add_watch",
	"inotify_rm_watch", NULL
};
/* The C library tries these and goes on without, when they are refused in a regular way. */
static const char *const refused[] = {
	"openat", "open", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink",
	"readlinkat", NULL
};
static const char *const sockets[] = { "bind", "connect", "listen", "accept", "accept4",
				       "setsockopt", NULL };
/* AddressSanitizer: reports, and the leak check at the end. */
static const char *const sanitizer[] = {
	"openat", "open", "newfstatat", "stat", "readlink", "readlinkat", "getdents", "getdents64",
	"mmap", "mprotect", "clone", "ptrace", "prctl", "arch_prctl", "wait4", "tgkill", "kill",
	"process_vm_readv", "personality", "setitimer", "prlimit64", "unlink", NULL
};
/* What a process that starts other programs keeps from them. */
static const char *const denied[] = {
	"process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot",
	"move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr",
	"bpf", "perf_event_open", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "swapon", "swapoff", "setns", "acct", "settimeofday",
	"clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "keyctl",
	"add_key", "request_key", "userfaultfd", "io_uring_setup", "open_by_handle_at",
	"quotactl", "iopl", "ioperm", NULL
};
static const unsigned long any_ioctls[] = { FIONBIO, FIOCLEX, FIONCLEX, FIONREAD, TCGETS,
					    TIOCGWINSZ, 0 };
static const unsigned long socket_ioctls[] = { SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFMTU, 0 };
static const unsigned long tun_ioctls[] = { TUNSETIFF, TUNGETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ,
					    TUNGETVNETHDRSZ, TUNGETFEATURES, TUNSETPERSIST, 0 };
static const unsigned long prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE,
					PR_CAPBSET_READ, 0x53564d41 /* PR_SET_VMA */, 0 };

/* A filter being made; the first failure is remembered. */
struct filter {
	scmp_filter_ctx ctx;
	int err;
};

static int number(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

static void all_of(struct filter *f, uint32_t action, const char *const *names)
{
	for (; *names && !f->err; names++)
		if (number(*names) >= 0)
			f->err = seccomp_rule_add(f->ctx, action, number(*names), 0);
}

/* The system call when its argument `arg` compares so. */
static void where(struct filter *f, uint32_t action, const char *name, struct scmp_arg_cmp arg)
{
	if (!f->err && number(name) >= 0)
		f->err = seccomp_rule_add_array(f->ctx, action, number(name), 1, &arg);
}

static void each(struct filter *f, const char *name, unsigned int arg, const unsigned long *values)
{
	for (; *values; values++)
		where(f, SCMP_ACT_ALLOW, name, SCMP_CMP(arg, SCMP_CMP_EQ, *values, 0));
}

/* socket() of that family; type 0: any. */
static void family(struct filter *f, int domain, int type)
{
	struct scmp_arg_cmp args[] = { SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)domain, 0),
				       SCMP_A1(SCMP_CMP_MASKED_EQ, type ? 0xf : 0,
					       (scmp_datum_t)type) };

	if (!f->err)
		f->err = seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, number("socket"), 2, args);
}

/* Memory that is never executable, threads but no other processes, signals to ourselves only. */
static void add_always(struct filter *f)
{
	static const char *const none[] = { "clone3", "io_uring_setup", NULL };

	all_of(f, SCMP_ACT_ALLOW, always);
	all_of(f, SCMP_ACT_ERRNO(ENOSYS), none);
	where(f, SCMP_ACT_ALLOW, "mmap", SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	where(f, SCMP_ACT_ALLOW, "mprotect", SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	where(f, SCMP_ACT_ALLOW, "tgkill", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	where(f, SCMP_ACT_ALLOW, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0, 0));
	each(f, "prctl", 0, prctls);
	each(f, "ioctl", 1, any_ioctls);
}

/* Without files, opening fails in the regular way; fstat() is newfstatat() of an empty path. */
static void add_files(struct filter *f, bool files_too)
{
	if (files_too) {
		all_of(f, SCMP_ACT_ALLOW, files);
		return;
	}
	all_of(f, SCMP_ACT_ERRNO(EACCES), refused);
	where(f, SCMP_ACT_ALLOW, "newfstatat",
	      SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	where(f, SCMP_ACT_ERRNO(EACCES), "newfstatat",
	      SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
}

static void add_flags(struct filter *f, unsigned int flags)
{
	if (flags & CMD_SYS_SOCKET) {
		all_of(f, SCMP_ACT_ALLOW, sockets);
		each(f, "ioctl", 1, socket_ioctls);
		family(f, AF_INET, 0);
		family(f, AF_INET6, 0);
		family(f, AF_UNIX, 0);
	} else if (getenv("NOTIFY_SOCKET")) {  /* cmd_ready() */
		family(f, AF_UNIX, SOCK_DGRAM);
	}
	if (flags & CMD_SYS_NETLINK)
		family(f, AF_NETLINK, 0);
	if (flags & CMD_SYS_TUN)
		each(f, "ioctl", 1, tun_ioctls);
	if (flags & CMD_SYS_THREADS) {
		static const char *const threads[] = { "sched_setaffinity", NULL };

		all_of(f, SCMP_ACT_ALLOW, threads);
		where(f, SCMP_ACT_ALLOW, "clone",
		      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	}
}

static void add_denied(struct filter *f)
{
	static const char *const tracing[] = { "ptrace", NULL };

	all_of(f, SCMP_ACT_ERRNO(EPERM), denied);
	if (!cmd_sanitized())
		all_of(f, SCMP_ACT_ERRNO(EPERM), tracing);
}

/* The program of the filter into code; answers its instructions, or a negative errno. libseccomp
 * leaves rules out when memory fails, and says nothing: errno alone tells. */
static int compile(scmp_filter_ctx ctx, struct sock_filter code[BPF_MAXINSNS])
{
	int fd = memfd_create("filter", MFD_CLOEXEC), err;
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	err = seccomp_export_bpf(ctx, fd);
	if (!err && errno == ENOMEM)
		err = -ENOMEM;
	if (!err)
		n = pread(fd, code, BPF_MAXINSNS * sizeof *code, 0);
	(void)close(fd);
	return err ? err : n > 0 ? (int)((size_t)n / sizeof *code) : -EIO;
}

static int load(scmp_filter_ctx ctx)
{
	struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = code };
	int n = compile(ctx, code);

	if (n < 0)
		return n;
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
		return -errno;
	return 0;
}

void cmd_seccomp(unsigned int flags)
{
	bool deny = flags & CMD_SYS_DENY_ONLY;
	struct filter f = { seccomp_init(deny ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS), 0 };

	if (!f.ctx)
		cmd_fail(IKE_E_MEMORY, NULL, "cannot make a system call filter: out of memory");
	errno = 0;
	if (deny) {
		add_denied(&f);
	} else {
		if (cmd_sanitized())
			all_of(&f, SCMP_ACT_ALLOW, sanitizer);
		add_files(&f, flags & CMD_SYS_FILES || cmd_sanitized());
		add_always(&f);
		add_flags(&f, flags);
	}
	if (!f.err)
		f.err = seccomp_attr_set(f.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!f.err)
		f.err = load(f.ctx);
	if (f.err == -ENOMEM)
		cmd_fail(IKE_E_MEMORY, NULL, "cannot make a system call filter: out of memory");
	if (f.err)
		cmd_fail(IKE_E_SYSTEM, "the kernel needs CONFIG_SECCOMP_FILTER",
			 "cannot load the system call filter: %s", strerror(-f.err));
	seccomp_release(f.ctx);
}
