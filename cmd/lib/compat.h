/* SPDX-License-Identifier: ISC */
/*
 * What differs between builds and kernel headers: the only place of cmd/ with compile-time checks.
 * The Landlock constants are the kernel's ABI (linux/landlock.h), for headers older than it.
 */
#ifndef CMD_COMPAT_H
#define CMD_COMPAT_H

#include <stdbool.h>

#include <linux/landlock.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)   /* ABI 3 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)  /* ABI 5 */
#endif

/* Built with AddressSanitizer? Its leak check attaches to the process by ptrace and reads files. */
bool cmd_sanitized(void);

#endif
