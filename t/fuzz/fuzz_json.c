/* SPDX-License-Identifier: ISC */
/* The JSON reader of messages: whatever it accepts comes back the same through either codec. */
#include <stdlib.h>

#include <libike/base/messages.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { .limit = 1 << 24 };
	struct buf json = { 0 }, cbor = { 0 }, again = { 0 };
	struct msg m, back;
	struct span in;

	if (msg_of_json(span_of(data, size), &a, &m, NULL) == IKE_OK && m.kind != MSG_NONE &&
	    msg_to_cbor(&m, true, &cbor) == IKE_OK) {
		require(msg_to_json(&m, true, &json) == IKE_OK);
		in = buf_span(&cbor);
		require(msg_of_cbor(&in, &a, &back, NULL) == IKE_OK && in.n == 0);
		require(msg_to_json(&back, true, &again) == IKE_OK);
		require(span_eq(buf_span(&json), buf_span(&again)));
	}
	buf_free(&json);
	buf_free(&cbor);
	buf_free(&again);
	arena_drop(&a);
	return 0;
}
