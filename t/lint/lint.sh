# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the lint tests share. Read after t/lib.sh; leaves the test in $SRC.
cd "$SRC" || exit 71

# c_files, headers, scripts, pages: names from the top of the tree, one per line.
c_files() {
	find libike libesp libpki cmd t -name '*.[ch]' | sort
}

headers() {
	find libike libesp libpki cmd -name '*.h' | sort
}

scripts() {
	for script in bootstrap .ci/run $(find cmd t bootstrap .ci -type f ! -name '*.[ch]' | sort); do
		case $(head -n 1 "$script" 2>/dev/null | tr -d '\000') in
		'#!'*sh) echo "$script" ;;
		esac
	done | sort -u
	find cmd t -name '*.sh' | sort
}

pages() {
	find man cmd -name '*.[1578]' | sort
}

# unexcepted FILE: lines "RULE FILE:LINE: FUNCTION ..." that t/lint/exceptions does not name.
unexcepted() {
	awk 'FNR == NR { if ($0 !~ /^#/ && NF) ok[$1 " " $2 " " ($3 == "#" ? "" : $3)] = 1; next }
		{ file = $2; sub(/:.*/, "", file) }
		!(($1 " " file " ") in ok) && !(($1 " " file " " $3) in ok)' t/lint/exceptions "$1"
}

# clean NAME FILE: passes if FILE, a list of breaches, is empty; else shows them.
clean() {
	if test ! -s "$2"; then
		pass "$1"
		return
	fi
	fail "$1"
	head -n 60 "$2" | sed 's/^/#   /'
}
