/* SPDX-License-Identifier: ISC */
/* The options of ike-negotiate as given, and the checks that need nothing but them. */
#ifndef NEGO_OPTIONS_H
#define NEGO_OPTIONS_H

#include <cmd/lib/opt.h>

struct options {
	const char *from, *id, *peer_id;
	struct cmd_list to, listen, conn, ca, child;
	const char *cert, *key, *signer, *psk_file, *secrets, *p12;
	int psk_fd, ready_fd, key_password_fd, p12_password_fd;
	bool allow_rsa_sha1;
	const char *ike, *esp, *encap, *request_address;
	const char *mobike, *return_check;
	struct cmd_list peer_address, local_address, local_ts, remote_ts, pool, dns, dns_domain;
	uint64_t fragment, cookie_threshold, window, per_id;
	uint64_t child_lifetime_ms, ike_lifetime_ms, liveness_ms, hold_ms;
	const char *unique, *mode;
	uint64_t retransmit_ms, retransmit_tries;
	uint64_t reauth_ms, auth_lifetime_ms;
	const char *link, *events, *control, *keylog, *record, *run_dir;
	const char *checkpoint;
	const char *retry, *captive_url, *user;
	bool once, childless, record_secrets;
};

/*
 * Parses argv, then refuses options that do not go together (exit 64) and what cannot work (78).
 * Ends the program on a mistake. `args` is filled as the command line is read, so that a hook of
 * cmd_on_fail() sees --format.
 */
void options_read(struct options *o, struct cmd_args *args, int argc, char **argv);

/*
 * A connection of its own, from a file that holds options of one connection; what it does not say
 * is as on the command line (`common`). Each line is shown to `each` (NULL: to nobody). Ends the
 * program on a mistake (78), with file, line and word.
 */
void options_conn_read(struct options *o, const struct options *common, const char *path,
		       cmd_setting_fn *each, void *ctx);

/* The same from settings that were found good before, in order; last the command line's. */
bool options_conn_set(struct options *o, const char *name, const char *value);
void options_conn_inherit(struct options *o, const struct options *common);
void options_conn_init(struct options *o);
/* Each setting of a connection, and --listen, as text, a list item by item; a flag is "". And one
 * of these set again, as long as `value` lives; false: no such option, or no such value. */
#define OPTIONS_SETTINGS_MAX 1024
void options_each(const struct options *o,
		  void (*each)(void *ctx, const char *name, const char *value), void *ctx);
bool options_set(struct options *o, const char *name, const char *value);

/* Refuses what does not go together in it. */
void options_conn_check(const struct options *o);

#endif
