#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Objects of somebody's own, as `check` reads them: what is none, what of it is damaged, which of its globals
# cannot be set, and a library that does not survive the reading; and one that is compiled anew meanwhile.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

# Who is traced already cannot be looked at for leaks.
unleaked="ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0"
object=${BUILD:-$PWD/build}/tests/engine/odd.bpf.o
mkdir "$dir/o"

# NAME: a lab file whose filter is that object, with more of its keys from standard input
lab() # OBJECT[:FUNCTION]
{
	printf '[node a]\n[node b]\n[iface a:e0]\npeer = b:e0\n[iface b:e0]\npeer = a:e0\n[filter own]\nprogram = %s\n' \
		"$1" >"$dir/lab.ini"
	cat >>"$dir/lab.ini"
}
patch() { printf "$2" | dd of="$1" bs=1 seek="$3" conv=notrunc status=none; } # FILE BYTES OFFSET

# NAME WORDS: what check says of the lab's filter, at its place
refuses()
{
	xlab check "$dir/lab.ini"
	ended "$1" 2 "lab.ini:$2"
}

lab "$object:functions" </dev/null
xlab check "$dir/lab.ini"
is 'an object: taken' "$status" 0

cp "$object" "$dir/o/order.o"
patch "$dir/o/order.o" '\2' 5
lab o/order.o </dev/null
refuses 'the other byte order' '8: *order.o has the other byte order: compile it with `clang -target bpfel`'
cp "$object" "$dir/o/linked.o"
patch "$dir/o/linked.o" '\2' 16
lab o/linked.o </dev/null
refuses 'a program that is linked' '8: *linked.o is no relocatable object'
for machine in '\1 4' '\76 18'; do # another class, and another kind
	cp "$object" "$dir/o/machine.o"
	# shellcheck disable=SC2086
	patch "$dir/o/machine.o" $machine
	lab o/machine.o </dev/null
	refuses "an object for another machine: $machine" '8: *machine.o is an ELF file for another machine, not for BPF'
done
head -c 63 "$object" >"$dir/o/short.o"
lab o/short.o </dev/null
refuses 'a part of a head' '8: *short.o is not an ELF file'
head -c 64 "$object" >"$dir/o/short.o"
refuses 'a head alone' '8: *libbpf cannot open the object'
cp "$object" "$dir/o/large.o"
lab o/large.o:functions </dev/null
truncate -s 64M "$dir/o/large.o"
xlab check "$dir/lab.ini"
is 'a large file: taken' "$status" 0
truncate -s $((64 * 1024 * 1024 + 1)) "$dir/o/large.o"
refuses 'a file of any size' '8: *large.o has 67108865 bytes; at most 67108864 are read'
# Of the kernel's, 4096 bytes long whatever can be read of it.
lab /sys/devices/system/cpu/possible </dev/null
xlab check "$dir/lab.ini"
ended 'a file that ends before its size' 3 'lab.ini:8: *cannot read /sys/devices/system/cpu/possible: Input/output error'
echo '__attribute__((section("tc"))) int counts(void *ctx) { return 0; }' |
	clang -target bpf -g -O2 -c -x c - -o "$dir/o/tc.o"
lab o/tc.o </dev/null
refuses 'another kind of program' '8: *the object has no XDP program: counts has section "tc", and SEC("xdp")'
lab o/tc.o:counts </dev/null
refuses 'another kind of program, by its name' '8: *counts is not an XDP program: its section is "tc"'
# Of the sections of its programs p1, p2, …: which of them it is, if it need not be named.
while IFS=';' read -r sections function wanted words; do
	n=0
	for section in $sections; do
		n=$((n + 1))
		echo "__attribute__((section(\"$section\"))) int p$n(void *ctx) { return 2; }"
	done | clang -target bpf -g -O2 -c -x c - -o "$dir/o/sections.o"
	lab "o/sections.o$function" </dev/null
	xlab check "$dir/lab.ini"
	if [ "$wanted" -eq 0 ]; then
		is "sections $sections$function" "$status $err" '0 '
	else
		ended "sections $sections$function" "$wanted" "$words"
	fi
done <<-'END'
	xdp;;0;
	xdp.frags;;0;
	xdp_older;;0;
	anything;;0;
	xdp anything tc;;0;
	tc anything;;0;
	tc xdp;;0;
	anything xdp;:p1;0;
	anything other tc;;2;the object has 2 XDP programs: name one of them after a colon (object.bpf.o:function): p1, p2
	xdp xdp tc anything;;2;the object has 2 XDP programs: name one of them after a colon (object.bpf.o:function): p1, p2, p4
	xdp/devmap;;2;the object has no XDP program: p1 has section "xdp/devmap", and SEC("xdp")
	xdp/cpumap;;2;the object has no XDP program: p1 has section "xdp/cpumap", and SEC("xdp")
	xdp.frags/devmap;:p1;2;p1 is not an XDP program: its section is "xdp.frags/devmap"
	xdp tc;:p3;2;the object has no function p3; its XDP programs are: p1
END
mkfifo "$dir/o/fifo"
lab o/fifo </dev/null
refuses 'a fifo, which nobody writes to' '8: *the object */o/fifo is not a file'
echo 'int zero;' | clang -target bpf -g -O2 -c -x c - -o "$dir/o/none.o"
lab o/none.o </dev/null
refuses 'no program at all' '8: *the object has no program at all'
lab o/none.o:main </dev/null
refuses 'no program at all, and a function' '8: *the object has no function main, and no XDP program at all'
lab "$object:settings" <<<'set.verdikt = 1'
refuses 'a global of another name' '9: [[]filter own] set.verdikt = 1: *did you mean "verdict"?'
lab "$object:settings" <<<$'set.addr4 = fd00::1\nset.mac = de:ad'
xlab check "$dir/lab.ini"
is 'two globals that cannot be set: both are told' "$(grep -o 'lab.ini:[0-9]*' <<<"$err" | paste -sd ' ')" \
	'lab.ini:9 lab.ini:10'

# It is read in a child: what that cannot do, or does not survive, is told, and is no end of xlab's.
lab "$object:functions" </dev/null
while IFS=';' read -r call follow wanted words; do
	run strace $follow -qq -o "$dir/trace" -e inject="$call" -E "$unleaked" "$XLAB" check "$dir/lab.ini"
	grep -qE 'INJECTED|SIGSEGV' "$dir/trace"
	result $? "$call: it came to that" "$(<"$dir/trace")"
	ended "$call" "$wanted" "$words"
done <<-'END'
	socketpair:error=EMFILE;;3;cannot start a child process
	clone:error=EAGAIN;;3;cannot start a child process
	sendmsg:error=EPERM;-f;2;libbpf cannot read the object, and crashes over it: the file is damaged
	getppid:signal=SEGV;-f;2;libbpf cannot read the object, and crashes over it: the file is damaged
END
# Compiled anew while its lab is up: with its maps as they were it is the new program that runs, at once.
anew() # SED
{
	sed "$1" tests/engine/onemap.bpf.c | clang -target bpf -g -O2 "-I/usr/include/$(uname -m)-linux-gnu" \
		-c -x c - -o "$dir/o/mine.o"
}
answers() { "$XLAB" exec a -- ping -n -q -c 1 -W "$1" 10.7.0.2 >/dev/null; } # SECONDS
anew ''
lab o/mine.o </dev/null
sed -i '/^peer = b/a address = 10.7.0.1/24' "$dir/lab.ini"
sed -i '/^peer = a/a address = 10.7.0.2/24' "$dir/lab.ini"
xlab up "$dir/lab.ini"
is 'an object: its lab is up' "$status" 0 "$err"
xlab chain b:e0 own
is 'an object: its chain' "$status" 0 "$err"
answers 10
result $? 'an object: it passes'
anew 's/XDP_PASS/XDP_DROP/'
xlab chain b:e0 own
is 'an object that drops now: its chain' "$status" 0 "$err"
! answers 0.3
result $? 'an object that drops now: it does'
anew 's/__type(value, __u32)/__type(value, __u64)/'
xlab chain b:e0 own
ended 'a map that is another now' 3 'map one of the object is not what it was when the lab came up'
anew 's/\<one\>/two/g'
xlab chain b:e0 own
ended 'a map of another name' 3 'map two is not among those of the filter: the object has changed'
xlab down
is 'an object that has changed: down' "$status" 0 "$err"
done_testing
