#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the Makefile says on a machine that lacks something (config/probe): a line that names it and its
# package, and nothing built. What is lacking is played by commands that stand first in PATH.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

# It knows nothing of the build.
case $BUILD in */san) echo 1..0; exit ;; esac
mkdir "$dir/fake"
bpftool=$(command -v bpftool)

# NAME SCRIPT: the real one is $real in it
fake()
{
	printf '#!/bin/sh\nreal=%s\n%s\n' "$(command -v "$1")" "$2" >"$dir/fake/$1"
	chmod 755 "$dir/fake/$1"
}

probe() { run env PATH="$dir/fake:$PATH" config/probe "${1-gcc}" "${2-clang}" "${3-$bpftool}"; }

# WHAT PATTERN: it is the one thing that is missing
lacks()
{
	is "$1: exit status" "$status" 1
	is "$1: nothing for make" "$out" ''
	like "$1: it is named, with its package" "$err" "xlab: $2"
	is "$1: one line, and what to do" "$(wc -l <<<"$err")" 2
	like "$1: what to do" "$err" 'make deps-demo'
	rm -f "$dir"/fake/*
}

probe
is 'all is there: exit status' "$status" 0
like 'all is there: for make' "$out" 'LIBS := *LIB_CFLAGS := '
like 'all is there: one line that says what is taken as an archive' "$err" 'archives: *-lbpf*; shared: '
is 'all is there: one line' "$(wc -l <<<"$err")" 1

probe nosuchcc
lacks 'no C compiler' 'there is no C compiler nosuchcc; Debian has it in: gcc'
fake gcc 'case " $* " in *" -std=gnu17 "*) exit 1 ;; esac; exec $real "$@"'
probe
lacks 'an old C compiler' 'the C compiler gcc does not know -std=gnu17*: gcc'
probe gcc nosuchclang
lacks 'no clang' 'there is no nosuchclang*: clang'
fake clang 'case " $* " in *" -E "*) echo 13; exit ;; esac; exec $real "$@"'
probe
lacks 'an old clang' 'clang is version 13, and the BPF programs need 14 or later*: clang'
fake clang 'case " $* " in *" -target bpf "*) exit 1 ;; esac; exec $real "$@"'
probe
lacks 'a clang without BPF' 'clang cannot compile for BPF*: clang'
probe gcc clang nosuchbpftool
lacks 'no bpftool' 'there is no bpftool*: bpftool'

# shellcheck disable=SC2016
fake pkg-config 'case "$*" in "--exists libxdp") exit 1 ;; esac; exec $real "$@"'
probe
lacks 'a library' 'the library libxdp (1.3 or later) is missing*: libxdp-dev'
# shellcheck disable=SC2016
fake pkg-config 'case "$*" in "--atleast-version"*libbpf) exit 1 ;; "--modversion libbpf") echo 0.8; exit ;; esac
	exec $real "$@"'
probe
lacks 'an old library' 'the library libbpf is version 0.8, and 1.1 or later is needed*: libbpf-dev'
# shellcheck disable=SC2016
fake gcc 'case "$*" in *whole-archive*) ;; *-x*) cat >"$0.c"; grep -q "ini.h" "$0.c" && exit 1
	exec $real "$@" <"$0.c" ;; esac; exec $real "$@"'
probe
rm -f "$dir/fake/gcc.c"
lacks 'a header' 'the header ini.h of the library inih is missing*: libinih-dev'

# An archive that wants what nobody has, as Debian 13's libelf.a.
# shellcheck disable=SC2016
fake gcc 'case "$*" in *"whole-archive -lbpf "*) exit 1 ;; esac; exec $real "$@"'
probe
is 'an archive that does not link: exit status' "$status" 0
like 'an archive that does not link: shared' "$err" 'shared:* -lbpf'
like 'an archive that does not link: for make' "$out" '-Wl,-Bdynamic* -lbpf'

# What the README asks for is what is asked for here.
readme=$(tr '\n' ' ' <README.md)
while read -r name least _; do
	name=${name%-3.0} name=${name#lib}
	like "README: the least version of $name" "$readme" "[ b]$name*[ ,]${least}[ ,]"
done < <(sed -n "/^libraries='/,/'\$/p" config/probe | sed "s/^libraries='//; s/'\$//")
like "README: clang's" "$readme" "clang $(sed -n 's/^clang_least=//p' config/probe) or later"

done_testing
