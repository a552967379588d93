/* SPDX-License-Identifier: ISC */
/*
 * What ike-open is asked to open, and what it has opened: descriptors by name.
 *
 *   udp4500[*N]=ADDR[:PORT]   the port shared by IKE and N ESP workers (1): ike4500, esp4500.0 ...
 *   udp500=ADDR[:PORT]        a port of IKE alone: ike500
 *   tun=NAME                  a TUN interface: tun
 */
#ifndef IKE_OPEN_SPEC_H
#define IKE_OPEN_SPEC_H

#include <libike/base/inet.h>
#include <cmd/lib/why.h>
#include <libike/base/error.h>

#define SPEC_WORKERS 32
#define SET_MAX (SPEC_WORKERS + 3)

enum spec_kind { SPEC_SHARED, SPEC_IKE, SPEC_TUN };

struct spec {
	enum spec_kind kind;
	unsigned int workers;
	struct endpoint at;
	const char *tun;  /* points into the text */
};

/* IKE_E_USAGE: *why has what is wrong with the text and what would be right. */
IKE_NODISCARD enum ike_err spec_parse(const char *text, struct spec *out, struct cmd_why *why);

struct set {
	size_t n;
	char name[SET_MAX][24];
	int fd[SET_MAX];
};

/* Opens it and adds the descriptors in slot order. IKE_E_USAGE: there is such a one already. */
IKE_NODISCARD enum ike_err set_open(struct set *s, const struct spec *spec, struct cmd_why *why);

/* The index of a name, -1 if none. */
int set_find(const struct set *s, struct span name);

#endif
