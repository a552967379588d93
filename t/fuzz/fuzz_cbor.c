/* SPDX-License-Identifier: ISC */
/*
 * The CBOR reader of messages: whatever it accepts can be written again, in both codecs, and read
 * back as the same message.
 */
#include <stdlib.h>

#include <libike/base/messages.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* CBOR is one form per message here, so equal messages have equal octets. */
static void same_again(const struct msg *m, struct arena *a)
{
	struct buf first = { 0 }, again = { 0 }, json = { 0 };
	struct msg back;
	struct span in;

	require(msg_to_cbor(m, true, &first) == IKE_OK);
	in = buf_span(&first);
	require(msg_of_cbor(&in, a, &back, NULL) == IKE_OK && in.n == 0);
	require(msg_to_cbor(&back, true, &again) == IKE_OK);
	require(span_eq(buf_span(&first), buf_span(&again)));
	if (msg_to_json(m, true, &json) == IKE_OK) {
		buf_clear(&again);
		require(msg_of_json(buf_span(&json), a, &back, NULL) == IKE_OK);
		require(msg_to_cbor(&back, true, &again) == IKE_OK);
		require(span_eq(buf_span(&first), buf_span(&again)));
	}
	buf_free(&first);
	buf_free(&again);
	buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), before;
	struct arena a = { .limit = 1 << 24 };
	struct msg m;

	do {
		before = in;
		if (msg_of_cbor(&in, &a, &m, NULL) != IKE_OK)
			break;
		require(in.n < before.n);
		if (m.kind != MSG_NONE)
			same_again(&m, &a);
		require(msg_dup(&m, &a));
		arena_drop(&a);
	} while (in.n);
	arena_drop(&a);
	return 0;
}
