# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_cbor t/fuzz/fuzz_json
t_fuzz_fuzz_cbor_SOURCES = t/fuzz/fuzz_cbor.c $(FUZZ_MAIN)
t_fuzz_fuzz_cbor_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_cbor_LDADD = $(BASE_LIBS)
t_fuzz_fuzz_json_SOURCES = t/fuzz/fuzz_json.c $(FUZZ_MAIN)
t_fuzz_fuzz_json_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_json_LDADD = $(BASE_LIBS)
check_PROGRAMS += t/fuzz/fuzz_config
t_fuzz_fuzz_config_SOURCES = t/fuzz/fuzz_config.c $(FUZZ_MAIN)
t_fuzz_fuzz_config_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_config_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)
