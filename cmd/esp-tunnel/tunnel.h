/* SPDX-License-Identifier: ISC */
/*
 * esp-tunnel as a whole: what its parts share. One thread, one loop (main.c); the parts are
 *   tun, udp     devices                    packets   TUN <-> ESP <-> UDP, in batches
 *   control      the SA stream              link      feedback, strays, reconnecting
 *   sas          SAs, paths, traps, limits  ifconf    addresses and routes through ike-ifconf
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include <cmd/lib/opt.h>
#include <cmd/lib/stream.h>
#include <libesp/batch.h>
#include <libike/base/secret.h>

#include "tun.h"
#include "takeover.h"
#include "udp.h"

#define SECOND 1000000000ull  /* in ns */

struct options {
	const char *tun, *mtu, *crypto, *link, *on_down, *other_family, *keylog, *user, *run_dir,
		*takeover;
	bool configure;
	uint64_t workers;
	int ready_fd;
};

/* Outer addresses, shared by SAs. Ids are those of one instance of ike-negotiate. */
struct path {
	struct path *next;
	uint64_t id;
	struct endpoint local, remote;
	bool encap, behind_nat;
	bool orphan;             /* its instance is gone */
	unsigned int sas;        /* that use it */
	uint64_t sent, heard;    /* times of the last datagram and the last authentic packet */
	uint64_t unanswered;     /* since when we send and hear nothing; 0: we are not */
	uint64_t silent_told, patience;  /* patience: until it is told again; 0: as at first */
	uint64_t moved_told;
	struct endpoint moved_to;
	unsigned int mtu;        /* of the way, IP header included; 0: not looked up */
	const char *cannot;      /* why nothing can be sent there, NULL if it can */
};

/* What this program knows of an SA: esp_sa.user. */
struct note {
	struct path *path;
	char *peer;              /* identity, for people */
	struct secret keylog;    /* --keylog: its line from the SPI on */
	bool orphan;
	bool seen_told;
	enum esp_level told;
	uint64_t remove_at;      /* lingering; 0: not */
	struct esp_counts counted;  /* as last told */
	struct kept kept;        /* for --takeover */
};

struct trap {
	struct trap *next;
	uint64_t id;
	struct esp_ts *local, *remote;
	size_t n_local, n_remote;
	uint64_t told;
};

/* An SA between sa-begin and sa-commit. */
struct draft {
	struct draft *next;
	struct arena arena;      /* locked: holds keys */
	const struct msg_sa_begin *begin;
	const struct msg_sa_keys *keys;
	struct selector *local, *remote;
	size_t n_local, n_remote;
};

/* Why packets were dropped, besides esp_verdict. */
#define DROPS_OF(D) \
	D(NO_ROUTE, "no SA for the destination") \
	D(LINK_LOCAL, "link-local multicast without an SA") \
	D(NOT_IP, "not an IP packet") \
	D(TOO_BIG, "larger than the path takes") \
	D(NOT_SENT, "refused by the network") \
	D(NOT_WRITTEN, "refused by the TUN") \
	D(STRAY, "IKE without a link to hand it over")
#define DROP_NAME(name, text) DROP_##name,
enum drop { DROPS_OF(DROP_NAME) DROPS };
#undef DROP_NAME

struct counters {
	uint64_t drops[DROPS], verdicts[ESP_VERDICTS];
	uint64_t told;           /* sum at the last report */
	uint64_t next;           /* report not before */
};

struct link {
	int fd;                  /* -1: not connected */
	bool deaf;               /* who is there reads no more; what it has said is read */
	const char *path;
	bool lasting;            /* --link: SA stream too, reconnects for ever */
	uid_t trusted;           /* besides root and ourselves may listen there */
	uint8_t token[16];
	size_t token_n;
	char instance[33];       /* ours */
	char theirs[65];         /* of the ike-negotiate that spoke last */
	uint64_t retry_at, back_off;
	struct buf raw;
	struct arena arena;
	struct queued *first, **last;  /* feedback that found the link full */
	size_t queued;
};

struct ifconf_helper;
struct packets;
struct tunnel {
	struct options opt;
	struct cmd_args args;
	uint64_t now;            /* CLOCK_BOOTTIME in ns, at the last wake */
	struct tun tun;
	struct udp udp;
	struct packets *packets;
	struct esp_crypto *crypto;
	struct esp_sad *sad;
	struct path *paths;
	struct trap *traps;
	struct draft *drafts;
	struct cmd_reader stream;  /* fd -1: none, or ended */
	struct link link;
	struct ifconf_helper *ifconf;   /* NULL: not --configure */
	int takeover;            /* a successor asks here; -1: none */
	bool handed_over;        /* to one that did */
	int keylog;              /* -1: none */
	uint64_t keylog_told;    /* a bit for each transform that Wireshark was said not to know */
	bool keylog_esn_told;
	struct counters counters;
	struct msg_endpoints ports;  /* of hello */
	unsigned int mtu;        /* of the TUN, as set last */
	unsigned int mtu_max;    /* as asked for by `inner`; 0: not */
	bool mtu_of_sa;          /* some SA has been looked at */
	uint64_t stats_at;
	bool committed;          /* some SA ever was */
	struct { uint64_t v[1024]; size_t n; } gone;  /* ids of SAs that were: never made again */
	bool end;
	int status;
};

uint64_t clock_ns(void);

#endif
