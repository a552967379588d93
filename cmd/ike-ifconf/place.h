/* SPDX-License-Identifier: ISC */
/* Where journals are. */
#ifndef IKE_IFCONF_PLACE_H
#define IKE_IFCONF_PLACE_H

#include <limits.h>
#include <stddef.h>

/*
 * The path of the journal: in run_dir, which is made when missing; else, for an interface, in
 * /run/ikebana (root) or $XDG_RUNTIME_DIR/ikebana by the name of the interface and the number of
 * the network namespace, since namespaces share file systems. Ends the program when there is no
 * place, or when others could write there.
 */
void place_of(const char *run_dir, const char *tun, char out[PATH_MAX]);

/* Paths of all journals in the default place that belong to this network namespace; *out, to be
 * freed with its texts, ends with NULL. */
size_t place_all(char ***out);

/* Removes those of any namespace that are empty and in use by nobody. */
void place_sweep(void);

#endif
