# SPDX-License-Identifier: ISC
# Units for systemd, in which the place of the programs is filled in when they are installed.
systemdsystemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

systemd = cmd/ikesup/systemd
units = ikebana@.service ike-negotiate@.service esp-tunnel@.service \
	ike-negotiate-500@.socket ike-negotiate-4500@.socket esp-tunnel-4500@.socket

install-data-local: install-completions
	$(MKDIR_P) '$(DESTDIR)$(systemdsystemunitdir)' '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	for unit in $(units); do \
		sed 's|@sbindir[@]|$(sbindir)|g' "$(srcdir)/$(systemd)/$$unit.in" \
			>"$(DESTDIR)$(systemdsystemunitdir)/$$unit" && \
		chmod 644 "$(DESTDIR)$(systemdsystemunitdir)/$$unit" || exit 1; \
	done
	$(INSTALL_DATA) '$(srcdir)/$(systemd)/sysusers.conf' '$(DESTDIR)$(sysusersdir)/ikebana.conf'
	$(INSTALL_DATA) '$(srcdir)/$(systemd)/tmpfiles.conf' '$(DESTDIR)$(tmpfilesdir)/ikebana.conf'

uninstall-local: uninstall-completions
	for unit in $(units); do rm -f "$(DESTDIR)$(systemdsystemunitdir)/$$unit"; done
	rm -f '$(DESTDIR)$(sysusersdir)/ikebana.conf' '$(DESTDIR)$(tmpfilesdir)/ikebana.conf'

EXTRA_DIST += $(units:%=cmd/ikesup/systemd/%.in) cmd/ikesup/systemd/sysusers.conf \
	cmd/ikesup/systemd/tmpfiles.conf
