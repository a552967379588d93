/* SPDX-License-Identifier: ISC */
/*
 * Connections from one process to another by a pipe: from the one that reads files to the one that
 * talks to the network. Frames: kind (1 octet), length (4), then NUL-terminated words and, of a
 * file, its octets; secrets go from locked memory into locked memory. The last frame says that all
 * is there, or what was wrong.
 */
#ifndef NEGO_BUNDLE_H
#define NEGO_BUNDLE_H

#include <libike/base/buf.h>
#include <libike/base/secret.h>

#include "load.h"

/* The writer blocks; it ends the process when the reader is gone. */
void bundle_write(int fd, const struct load *l);
void bundle_end(int fd);
void bundle_wrong(int fd, int status, const char *sentence, const char *hint);

struct bundle {
	const struct options *common;  /* of the command line */
	struct loads got;
	uint8_t head[5];
	size_t n_head, n_body;         /* what has come of the frame */
	struct secret hidden;          /* its body */
	struct buf open;
	bool all;                      /* the last frame has come */
	int status;                    /* not 0: it was wrong */
	struct buf sentence, hint;     /* why, each with a NUL */
};

/* Takes what there is. IKE_E_RETRY: more is to come; IKE_OK: all is there, or it was wrong;
 * IKE_E_HELPER: the writer ended halfway, or wrote nonsense. */
IKE_NODISCARD enum ike_err bundle_read(struct bundle *b, int fd);
void bundle_free(struct bundle *b);  /* also the loads that it still has */

#endif
