# SPDX-License-Identifier: ISC
# `make bench` measures; nothing of it is part of `make check`, and nothing fails for being slow.
EXTRA_PROGRAMS += t/bench/engine
t_bench_engine_SOURCES = t/bench/engine.c
t_bench_engine_LDADD = libike/libike.a $(BASE_LIBS)
CLEANFILES += t/bench/engine

bench: all t/bench/engine
	$(AM_V_at)SRC='$(abs_srcdir)' BUILD='$(abs_builddir)' $(SHELL) '$(srcdir)/t/bench/run'

.PHONY: bench
