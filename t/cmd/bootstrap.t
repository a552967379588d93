#!/bin/sh
# SPDX-License-Identifier: ISC
# bootstrap on machines that lack something, played by stand-ins for the system's programs.
. "$(dirname "$0")/../lib.sh"
plan 16

mkdir bin
for program in cat sed grep nproc dirname date tr env; do
	path=$(command -v "$program")
	case $path in
	/*) ln -s "$path" "bin/$program" ;;
	esac
done

# stand_in NAME TEXT: a program for the PATH of the runs below; it notes that it was called.
stand_in() {
	printf '#!/bin/sh\necho "%s $*" | tr "\\n" " " >>"%s/called"\necho >>"%s/called"\n%s\n' "$1" "$trash" "$trash" "$2" >"bin/$1"
	chmod +x "bin/$1"
}

# ran WANTED-STATUS SENTENCE ARGUMENT...
ran() {
	wanted=$1
	sentence=$2
	shift 2
	: >called
	exits "$wanted" "$sentence" env -i PATH="$trash/bin" BUILD="$trash/build" /bin/sh "$SRC/bootstrap" "$@"
}

# installed NAME...: what dpkg-query will say.
installed() {
	{
		echo "cat <<'END'"
		for package; do
			echo "installed $package"
		done
		echo END
	} >answer
	stand_in dpkg-query "$(cat answer)"
}

ran 0 "--help is a success" --help
like "$(cat out)" "deps|build|demo|check" "and names the commands"
ran 64 "no command is wrong use"
ran 64 "an unknown command is wrong use" make-coffee
like "$(cat err)" "no command make-coffee" "and is named"
ran 64 "an unknown option is wrong use" deps --now

installed
stand_in id 'echo 1000'
ran 77 "without root and sudo nothing is installed" deps --yes
like "$(cat err)" "type: apt-get install --no-install-recommends .*libssl-dev" "one command to type is shown"

stand_in id 'echo 0'
stand_in apt-get 'case $1 in install) exit 100 ;; esac'
stand_in debconf-set-selections 'cat >/dev/null'
stand_in sh ''
stand_in rm ''
ran 69 "a failing apt-get is reported" deps --yes
like "$(cat out)" "needs these packages: .*libuv1-dev" "the list of packages is shown first"
like "$(cat called)" "apt-get install -y -q --no-install-recommends .*gcc" "without recommended packages"
unlike "$(cat called)" "strongswan" "deps leaves the test peers out"
if test -e /usr/sbin/policy-rc.d; then
	unlike "$(cat called)" "policy-rc.d" "a policy that is there already is left alone"
else
	is "$(grep -oE '^sh|policy-rc.d|^apt-get [a-z]*|^rm' called | tr '\n' ' ')" \
		"sh policy-rc.d apt-get update apt-get install rm policy-rc.d " \
		"a policy that starts no service stands around apt-get, and is removed after"
fi

# shellcheck disable=SC2046 # a list
installed $(sed -n "/^build_packages='/,/'\$/p; /^demo_packages='/,/'\$/p" "$SRC/bootstrap" |
	tr -d "'" | sed 's/^[a-z_]*=//')
ran 0 "with all packages there is nothing to do" deps
unlike "$(cat called)" "apt-get" "and apt-get is not called"
like "$(cat out)" "all packages are there" "which it says"
