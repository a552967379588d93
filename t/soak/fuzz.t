#!/bin/sh
# SPDX-License-Identifier: ISC
# Each fuzz target for ten minutes ($FUZZ_SECONDS), in a clang build of its own.
. "$(dirname "$0")/../lib.sh"
need_program clang make
plan 2

ok "a tree for fuzzing is configured" "$SRC/configure" -q --enable-fuzz CC=clang CFLAGS='-g -O1'
ok "no target finds anything" make -s -j 2 fuzz "FUZZ_SECONDS=${FUZZ_SECONDS:-600}"
