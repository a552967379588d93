/* SPDX-License-Identifier: ISC */
/*
 * Messages on descriptors: pipes (CBOR sequence, one write of at most 4096 octets each), Unix
 * SOCK_SEQPACKET sockets (one record each), JSON lines, text for terminals. No event loop here.
 */
#ifndef CMD_STREAM_H
#define CMD_STREAM_H

#include <libike/base/messages.h>

enum cmd_format { CMD_FORMAT_TEXT, CMD_FORMAT_JSON, CMD_FORMAT_CBOR };

/* --format, or by what fd is: terminal text, else CBOR. Exits 64 on an unknown word. */
enum cmd_format cmd_format(const char *word, int fd);

/* May secrets go to fd? Refuses terminals and files that others can read (sentence in *why). */
bool cmd_secrets_allowed(int fd, const char **why);

/* One message, one write(2). IKE_E_RETRY: EAGAIN, nothing was written. IKE_E_HELPER: EPIPE or
 * reset. IKE_E_INPUT: no message can hold that, or it is too long for the pipe or record: sending
 * it again will not help. IKE_E_SYSTEM otherwise. On a socket use the same call: one record. */
IKE_NODISCARD enum ike_err cmd_send(int fd, enum cmd_format f, bool with_secrets,
	const struct msg *m);

/* Reads messages from a pipe or file, CBOR or JSON lines (seen from the first octet). */
struct cmd_reader {
	int fd;
	struct buf in, reported;
	size_t taken;  /* octets of `in` that are done with */
	bool json, known, end;
	struct arena arena;
};
void cmd_reader_init(struct cmd_reader *r, int fd);
/* Next message, valid until the next call. IKE_E_RETRY: no whole message yet (non-blocking fd: wait
 * for readability). IKE_E_NO: end of the stream. IKE_E_INPUT: malformed. Unknown kinds are reported
 * once on stderr and skipped. */
IKE_NODISCARD enum ike_err cmd_recv(struct cmd_reader *r, struct msg *m);
void cmd_reader_free(struct cmd_reader *r);

/*
 * One record of a SEQPACKET socket. IKE_E_NO: peer closed. IKE_E_RETRY: none there. IKE_E_INPUT:
 * malformed. m lives until the next call with the same raw and arena, which clears both; its kind
 * is MSG_NONE when unknown here: to be passed over. fds takes up to *n_fds received descriptors
 * and *n_fds their number, whatever the answer; NULL, NULL: they are closed.
 */
IKE_NODISCARD enum ike_err cmd_recv_record(int fd, struct buf *raw, struct arena *a, struct msg *m,
					   int *fds, size_t *n_fds);
IKE_NODISCARD enum ike_err cmd_send_fds(int fd, const struct msg *m, const int *fds, size_t n_fds);

/* A message as one line of text for people. */
void cmd_text(const struct msg *m, bool with_secrets, struct buf *out);

#endif
