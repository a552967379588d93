/* SPDX-License-Identifier: ISC */
/*
 * The one list of errors. Each row gives the name, the exit status of a program that ends with it,
 * the IKE notify that tells the peer (RFC 7296 3.10.1; 0: none), and the sentence. ikebana(7) has
 * the same table; a test holds them together.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdint.h>

#define IKE_ERRORS(E) \
	/* name          exit notify sentence */ \
	E(OK,             0,  0, "done") \
	E(NO,             1,  0, "the answer is no") \
	E(USAGE,         64,  0, "wrong use of the command line") \
	E(INPUT,         65,  0, "malformed input") \
	E(NO_INPUT,      66,  0, "an input file is missing or unreadable") \
	E(HELPER,        69,  0, "a helper or partner program is unavailable") \
	E(BUG,           70,  0, "a mistake in this program") \
	E(SYSTEM,        71,  0, "the operating system refused") \
	E(MEMORY,        71,  0, "out of memory") \
	E(CRYPTO,        71,  0, "the cryptographic library refused") \
	E(CREATE,        73,  0, "an output cannot be created") \
	E(RETRY,         75, 43, "not now, try again") \
	E(SYNTAX,        76,  7, "peer sent a malformed message") \
	E(CRITICAL,      76,  1, "peer sent a critical payload unknown here") \
	E(VERSION,       76,  5, "peer speaks another major version of IKE") \
	E(PROTOCOL,      76,  7, "peer broke the protocol") \
	E(INTEGRITY,     76,  0, "a message failed its integrity check") \
	E(KE_GROUP,      76, 17, "key exchange in another group than chosen") \
	E(NO_CHILD,      75, 44, "no such CHILD_SA") \
	E(PERMISSION,    77,  0, "no permission") \
	E(CONFIG,        78,  0, "wrong configuration") \
	E(NO_ANSWER,     80,  0, "no answer") \
	E(NO_PROPOSAL,   81, 14, "no proposal in common") \
	E(AUTH_OURS,     82, 24, "peer refused our identity") \
	E(AUTH_THEIRS,   83, 24, "peer failed to prove its identity") \
	E(REVOKED,       84, 24, "certificate revoked") \
	E(POLICY,        85, 35, "refused by policy") \
	E(SELECTORS,     86, 38, "no traffic selectors in common") \
	E(ADDRESS,       87, 36, "no inner address to be had") \
	E(REDIRECTED,    88,  0, "redirected to another gateway")

#define IKE_ERROR_NAME(name, exit, notify, sentence) IKE_E_##name,
enum ike_err { IKE_ERRORS(IKE_ERROR_NAME) IKE_E_COUNT };
#undef IKE_ERROR_NAME
#define IKE_OK IKE_E_OK

const char *ike_err_sentence(enum ike_err e);
/* The event word: the name in lower case with dashes, "no-proposal". */
const char *ike_err_word(enum ike_err e);
int ike_err_exit(enum ike_err e);
uint16_t ike_err_notify(enum ike_err e);

/* The first row with this notify or this exit status; IKE_E_PROTOCOL or IKE_E_BUG if none has. */
enum ike_err ike_err_of_notify(uint16_t notify);
enum ike_err ike_err_of_exit(int status);

#define IKE_NODISCARD __attribute__((warn_unused_result))

/* A mistake of ours: says where and aborts. Never for anything a peer or a user can cause. */
#define BUG(what) ike_bug(__FILE__, __LINE__, what)
_Noreturn void ike_bug(const char *file, int line, const char *what);

#endif
