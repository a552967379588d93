# SPDX-License-Identifier: ISC
# Tests. `make check` runs what t/BUDGET marks "check", `make soak` everything; one or a few:
# make check T='t/cmd/help.t t/unit/reader'.
#
# A unit test is t/unit/NAME.c on cmocka and t/unit/NAME.mk, included below:
#     check_PROGRAMS += t/unit/NAME
#     t_unit_NAME_SOURCES = t/unit/NAME.c
#     t_unit_NAME_LDADD = ... $(CMOCKA_LIBS)
# A fuzz target is t/fuzz/fuzz_NAME.c, seeds in t/fuzz/corpus/NAME/, and t/fuzz/NAME.mk:
#     check_PROGRAMS += t/fuzz/fuzz_NAME
#     t_fuzz_fuzz_NAME_SOURCES = t/fuzz/fuzz_NAME.c $(FUZZ_MAIN)
#     t_fuzz_fuzz_NAME_LDFLAGS = $(LDFLAGS_FUZZ)
#     t_fuzz_fuzz_NAME_LDADD = ...
# Shell tests (t/cmd, t/lint, t/interop, t/fuzz, t/sim: *.t) are found by their names.
EXTRA_DIST += .clang-tidy .shellcheckrc .ci/run

if HAVE_CMOCKA
include t/unit/base.mk
include t/unit/auth.mk
include t/unit/cmdlib.mk
include t/unit/cookie.mk
include t/unit/dial.mk
include t/unit/engine.mk
include t/unit/esp.mk
include t/unit/fds.mk
include t/unit/fragment.mk
include t/unit/hostile.mk
include t/unit/ident.mk
include t/unit/inet.mk
include t/unit/kdf.mk
include t/unit/known.mk
include t/unit/memory.mk
include t/unit/messages.mk
include t/unit/mobike.mk
include t/unit/packet.mk
include t/unit/proposal.mk
include t/unit/pki.mk
include t/unit/protect.mk
include t/unit/rules.mk
include t/unit/ranges.mk
include t/unit/sandbox.mk
include t/unit/secrets.mk
include t/unit/strangers.mk
include t/unit/ts.mk
include t/unit/udp.mk
endif

if FUZZ
FUZZ_MAIN =
LDFLAGS_FUZZ = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_MAIN = t/fuzz/replay.c
LDFLAGS_FUZZ = $(AM_LDFLAGS)
endif

if SANITIZE
SANITIZED = 1
else
SANITIZED = 0
endif

include t/cmd/message-doc.mk
include t/cmd/probe.mk
include t/cmd/reader.mk
include t/fuzz/base.mk
include t/fuzz/engine.mk
include t/fuzz/cert.mk
include t/fuzz/checkpoint.mk
include t/fuzz/esp.mk
include t/fuzz/packet.mk
include t/fuzz/sig.mk
include t/fuzz/text.mk

include t/bench/local.mk
include t/demo/local.mk
include t/sim/local.mk
include t/tools/local.mk

T =
FUZZ_SECONDS = 60
FUZZ =
RUN_TESTS = SRC='$(abs_srcdir)' BUILD='$(abs_builddir)' CC='$(CC)' \
	SANITIZED=$(SANITIZED) PROGRAMS='$(bin_PROGRAMS) $(sbin_PROGRAMS)' UNITS='$(check_PROGRAMS)' \
	AM_CPPFLAGS='$(AM_CPPFLAGS)' AM_CFLAGS='$(AM_CFLAGS)' $(SHELL) '$(srcdir)/t/run'

check-local:
	$(AM_V_at)$(RUN_TESTS) check $(T)

soak: all $(check_PROGRAMS)
	$(AM_V_at)$(RUN_TESTS) soak $(T)

# Only in a tree configured with --enable-fuzz: each target for FUZZ_SECONDS on a copy of its seeds,
# two at a time; what share of its sources that ran; overflows that must be found. FUZZ=NAME or
# FUZZ=planted-N: that one only.
fuzz:
	$(AM_V_at)for target in $(check_PROGRAMS); do \
		case $$target in \
		t/fuzz/*) $(MAKE) $(AM_MAKEFLAGS) $$target || exit 1 ;; \
		esac; \
	done
	$(AM_V_at)CC='$(CC)' CPPFLAGS='$(AM_CPPFLAGS) -I$(abs_srcdir) $(CPPFLAGS)' CFLAGS='$(AM_CFLAGS) $(CFLAGS)' \
		LDFLAGS='$(AM_LDFLAGS)' LIBS='cmd/lib/libcmd.a libpki/libpki.a libike/libike.a libesp/libesp.a $(BASE_LIBS) $(LIBS)' \
		PLAY_OBJECTS='$(play_objects)' POOL_FLAGS='$(pool_flags)' \
		$(SHELL) '$(srcdir)/t/fuzz/smoke' '$(abs_srcdir)' '$(abs_builddir)' $(FUZZ_SECONDS) $(FUZZ)

.PHONY: soak fuzz

# All of t: scripts, vectors, corpora. (EXTRA_DIST would take what was built there as well.)
dist-hook:
	cd '$(srcdir)' && { git ls-files t 2>/dev/null | grep . || find t -type f ! -name '*.o'; } | \
		tar -cf - -T - | tar -C '$(abs_builddir)/$(distdir)' -xf -

clean-local: clean-completions
	rm -rf t/log t/fuzz/work
