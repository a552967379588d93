#!/bin/sh
# SPDX-License-Identifier: ISC
# Of libcbor only its streaming half is used, which allocates nothing: Debian's build of it has no
# allocator that could be made to fail (cbor_set_allocs), so that no test would see what it does
# without memory.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
: "${CC:=cc}"
plan 4

# Heads into a buffer of ours, one token to a callback. By the source of libcbor
# (encoding.c, streaming.c, callbacks.c) none of these calls _cbor_malloc.
allowed='cbor_encode_(uint|array_start|map_start|bytestring_start|string_start|bool)|cbor_stream_decode|cbor_null_[a-z0-9_]*_callback'

# allocating FILE...: names of libcbor that they import and that are not allowed.
allocating() {
	nm -u "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | grep -E '^_?cbor_' | sort -u |
		grep -Ev "^($allowed)\$"
}

printf '#include <cbor.h>\nvoid *f(void);\nvoid *f(void) { return cbor_new_int8(); }\n' >"$trash/n.c"
$CC -c -o "$trash/n.o" "$trash/n.c"
is "$(allocating "$trash/n.o")" "cbor_new_int8" "an item that libcbor would allocate is found"
printf '#include <cbor.h>\nsize_t f(unsigned char *p);\nsize_t f(unsigned char *p) { return cbor_encode_uint(1, p, 9); }\n' >"$trash/t.c"
$CC -c -o "$trash/t.o" "$trash/t.c"
is "$(allocating "$trash/t.o")" "" "a head in a buffer is none"

find "$BUILD/libike" "$BUILD/libesp" "$BUILD/libpki" "$BUILD/cmd" -name '*.o' >"$trash/objects"
like "$(xargs nm -u <"$trash/objects" | sort -u)" "cbor_stream_decode" "our objects use libcbor"
# shellcheck disable=SC2046 # a list
allocating $(cat "$trash/objects") >"$trash/breaches"
clean "no object of ours has libcbor allocate" "$trash/breaches"
