# SPDX-License-Identifier: ISC
# Completions for bash, zsh and fish, made of the --help of the programs just built.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/vendor-completions
fishcompletiondir = $(datadir)/fish/vendor_completions.d

completed = $(bin_PROGRAMS) $(sbin_PROGRAMS)
completions = cmd/ikesup/completions.d

all-local: $(completions)/stamp

$(completions)/stamp: $(completed) $(srcdir)/cmd/ikesup/ikesup $(srcdir)/cmd/ikesup/completions
	$(AM_V_GEN)for program in $(completed) $(srcdir)/cmd/ikesup/ikesup; do \
		for shell in bash zsh fish; do \
			$(MKDIR_P) $(completions)/$$shell && \
			$(SHELL) '$(srcdir)/cmd/ikesup/completions' $$shell "$$program" \
				>$(completions)/$$shell/$${program##*/} || exit 1; \
		done; \
	done && touch $@

install-completions: $(completions)/stamp
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)' '$(DESTDIR)$(zshcompletiondir)' \
		'$(DESTDIR)$(fishcompletiondir)'
	for program in $(completed) cmd/ikesup/ikesup; do \
		name=$${program##*/} && \
		$(INSTALL_DATA) $(completions)/bash/$$name '$(DESTDIR)$(bashcompletiondir)/'$$name && \
		$(INSTALL_DATA) $(completions)/zsh/$$name '$(DESTDIR)$(zshcompletiondir)/_'$$name && \
		$(INSTALL_DATA) $(completions)/fish/$$name '$(DESTDIR)$(fishcompletiondir)/'$$name.fish || \
			exit 1; \
	done

uninstall-completions:
	for program in $(completed) cmd/ikesup/ikesup; do \
		name=$${program##*/}; \
		rm -f '$(DESTDIR)$(bashcompletiondir)/'$$name '$(DESTDIR)$(zshcompletiondir)/_'$$name \
			'$(DESTDIR)$(fishcompletiondir)/'$$name.fish; \
	done

clean-completions:
	rm -rf $(completions)

.PHONY: install-completions uninstall-completions clean-completions
EXTRA_DIST += cmd/ikesup/completions
