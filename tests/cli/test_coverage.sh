#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0: the chains) b
#
# What of objects ran in all scenarios, as lcov and genhtml read it; what is not in it is told.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

objects=${BUILD:-$PWD/build}/tests/engine
write_lab() # ENGINE
{
	cat >"$dir/lab.ini" <<-END
		[lab]
		name = covered
		engine = $1
		[node a]
		[node b]
		[iface a:e0]
		peer = b:e0
		address = 10.9.0.1/24
		[iface b:e0]
		peer = a:e0
		address = 10.9.0.2/24
		[filter arp]
		program = ether
		type = arp
		action = pass
		[filter lines]
		program = $objects/lines.bpf.o:lines
		[filter again]
		program = $objects/lines.bpf.o:lines
		[filter bare]
		program = $objects/bare.bpf.o
		[filter tails]
		program = $objects/tail.bpf.o:tail_caller
		[filter wide]
		program = $objects/lines.bpf.o:wide
		[filter wider]
		program = $objects/lines.bpf.o:wider
		[scenario long]
		control = none
		chain = b:e0 arp lines
		drop = ping a b size=100 by lines
		drop = ping a b size=100 by lines
		[scenario both]
		control = none
		chain = b:e0 arp again lines
		pass = ping a b size=30
		[scenario none-of-it]
		chain = b:e0 arp drop
		drop = ping a b
		[scenario others]
		control = none
		chain = b:e0 arp bare tails
		drop = ping a b
		[scenario much]
		control = none
		chain = b:e0 arp wide
		chain = a:e0 arp wider
		pass = ping a b
	END
}

# The record of a source in lcov's file, without what is said of other functions.
record() # SOURCE
{
	awk -v source="$1" '/^SF:/ { in_it = $0 ~ source "$" } in_it' "$dir/run.info"
}

line() # MARK: its number in lines.bpf.c
{
	grep -n -- "/\* $1 \*/" tests/engine/lines.bpf.c | cut -d: -f1
}

write_lab auto
xlab run "$dir/lab.ini" --coverage "$dir/run.info"
is 'the scenarios are what they are without' "$status" 0
like 'of what was compiled without -g' "$err" 'filter bare is not covered: its object was compiled without -g'
[[ $err != *tails* ]]
result $? 'of what tail calls lead to nothing is lacking' "$err"
like 'of branches that are too many' "$err" \
	'filter wide is covered without branches: counting them is too much for the kernel'
like 'of lines that are too many' "$err" \
	'filter wider is not covered: counting its lines is too much for the kernel'
like 'a line as often as it ran, in all chains and filters' "$(record lines.bpf.c)" "
DA:$(line 'LINE always'),4
"
like 'one that did not run' "$(record lines.bpf.c)" "
DA:$(line 'LINE tx'),0
"
like 'a function that was called' "$(record lines.bpf.c)" 'FNDA:4,lines
'
tails=$(record tail.bpf.c)
like 'what is tail-called as often as who calls it' "$tails" "
FNDA:$(sed -n 's/FNDA:\(.*\),tail_caller/\1/p' <<<"$tails"),tail_target
"
[[ $tails =~ FNDA:[1-9][0-9]*,tail_target ]]
result $? 'which it did' "$tails"
# The compiler asks for a size of 101 at least, or of less.
[[ $(record lines.bpf.c) =~ BRDA:$(line 'LINE sized'),0,0,2.BRDA:$(line 'LINE sized'),0,1,2. ]]
result $? 'both ways of a branch' "$(record lines.bpf.c)"
is 'a source has one record' "$(grep -c '^SF:.*/lines.bpf.c$' "$dir/run.info")" 1
lines=$(record lines.bpf.c | grep -c '^DA:')
hit=$(record lines.bpf.c | grep -c '^DA:.*,[1-9]')
like 'which adds up' "$(record lines.bpf.c)" "
LF:$lines
LH:$hit
"

run lcov --rc lcov_branch_coverage=1 --summary "$dir/run.info"
is 'lcov reads it' "$status" 0
like 'lcov counts its branches' "$out$err" 'branches.*: '
run genhtml --quiet --branch-coverage --output-directory "$dir/html" "$dir/run.info"
is 'genhtml renders it' "$status" 0
page=$(find "$dir/html" -name 'lines.bpf.c.gcov.html')
like 'with the source and its counts' "$(sed 's/<[^>]*>//g' "$page")" '4 :         __u8 \*bytes'

# --- What cannot be ---

write_lab libxdp
xlab run "$dir/lab.ini" long --coverage "$dir/run.info"
is 'the engine of the file gives way' "$status" 0
like 'what is not run is not in it' "$(record lines.bpf.c)" 'FNDA:2,lines
'
xlab run "$dir/lab.ini" long --engine libxdp --coverage "$dir/run.info"
ended 'the engine that was asked for does not' 2 'leave --engine libxdp out'
xlab run "$dir/lab.ini" long --coverage "$dir/none/run.info"
is 'no such folder' "$status" 3
like 'no such folder is told' "$err" "cannot write $dir/none/run.info"
xlab run "$dir/lab.ini" none-of-it --coverage "$dir/run.info"
is 'without an object there is nothing to count' "$status $(wc -c <"$dir/run.info")" '0 0'
done_testing
