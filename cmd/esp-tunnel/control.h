/* SPDX-License-Identifier: ISC */
/* The SA stream: what ike-negotiate says, from stdin or from the link. */
#ifndef CONTROL_H
#define CONTROL_H

#include "tunnel.h"

enum source { FROM_STREAM, FROM_LINK };

void control_message(struct tunnel *t, const struct msg *m, enum source from);
/* All that has arrived, without waiting. */
void control_drain(struct tunnel *t);
/* The hello of the other side: its version and instance. Exits 65 on a version we do not speak. */
void control_hello(struct tunnel *t, const struct msg_hello *m);
void control_free(struct tunnel *t);

/* Installs what was described, without a word; NULL: it cannot be. */
struct esp_sa *control_commit(struct tunnel *t, uint64_t id);

#endif
