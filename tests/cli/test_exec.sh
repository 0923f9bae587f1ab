#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      h1 (eth0) ---- (eth0: the chain) h2
#
# Scenarios with programs of anybody's: curl, dig and iperf3 beside the servers they ask; what their ends
# prove, what is changed between steps, and that nothing of either is left, whatever ends them.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

# KEYS…: a lab whose scenario s has these; its file is $dir/exec.ini
lab_file()
{
	cat >"$dir/exec.ini" <<-END
		[node h1]
		[node h2]
		[iface h1:eth0]
		peer = h2:eth0
		address = 10.0.0.1/24
		[iface h2:eth0]
		peer = h1:eth0
		address = 10.0.0.2/24
		chain = hello
		[filter http]
		program = port
		proto = tcp
		dst = 80
		[filter dns]
		program = port
		proto = udp
		dst = 53
		[filter iperf]
		program = port
		proto = tcp
		dst = 5201
		[filter no-arp]
		program = ether
		type = arp
		[scenario s]
	END
	printf '%s\n' "$@" >>"$dir/exec.ini"
}

# NAME STATUS PATTERN KEYS…: xlab run
runs()
{
	local name=$1 wanted=$2 pattern=$3

	shift 3
	lab_file "$@"
	xlab run "$dir/exec.ini" --timeout "${timeout:-1000}"
	is "$name: exit status" "$status" "$wanted"
	like "$name: says so" "$out" "$pattern"
}

up()
{
	lab_file "$@"
	xlab up "$dir/exec.ini"
	[ "$status" -eq 0 ] || echo "Bail out! up: $err"
}

# NAME: nothing runs that has a word of this test's in its arguments
no_program() { no_child "$1" "$dir|98765"; }

has_rules() # NAME TEXT
{
	is "$1" "$("$XLAB" filter http list | awk '$1 ~ /^dst=/ { print $1 }')" "$2"
}

has_chain() # NAME FILTER
{
	xlab chain h2:eth0
	like "$1" "$out" "$2"
}

xlab run tests/cli/programs.ini
is 'programs.ini, as on stock kernels' "$status" 0

# --- Real clients and servers ---------------------------------------------------------------

runs 'curl and http.server' 0 'ok' \
	'chain = h2:eth0 http' \
	'do = filter http del dst=80' \
	'serve = h2 python3 -m http.server 80 until tcp:80' \
	'pass = exec h1 curl -sS -o /dev/null --max-time 5 http://10.0.0.2/' \
	'do = filter http add dst=80' \
	'fail = exec h1 curl -sS --max-time 0.5 http://10.0.0.2/' \
	'do = chain h2:eth0 dns' \
	'pass = exec h1 curl -sS -o /dev/null --max-time 5 http://10.0.0.2/'
like 'curl says why it failed' "$out" 'ended with status 28: curl: (28)'
like 'the server is told of' "$out" 'listens on tcp:80'

for way in -k ''; do # in the foreground, and as a daemon that leaves its first process
	runs "dig and dnsmasq $way" 0 'status 9' \
		'chain = h2:eth0 http' \
		"serve = h2 dnsmasq $way -C /dev/null -R -h -u root -x $dir/pid -A /lab.test/10.9.8.7 until udp:53" \
		'pass = exec h1 sh -c "dig +short +time=5 +tries=1 @10.0.0.2 lab.test | grep -x 10.9.8.7"' \
		'do = chain h2:eth0 dns' \
		'fail = exec h1 dig +time=1 +tries=1 @10.0.0.2 lab.test'
done

runs 'iperf3 both ways' 0 'ok' \
	'chain = h2:eth0 http' \
	'serve = h2 iperf3 -s until tcp:5201' \
	'pass = exec h1 iperf3 -c 10.0.0.2 -n 100K' \
	'do = chain h2:eth0 http iperf' \
	'fail = exec h1 iperf3 -c 10.0.0.2 -n 100K --connect-timeout 300' \
	'do = chain h2:eth0'
like 'iperf3 says why it failed' "$out" 'ended with status 1: iperf3: error'

runs 'a dropped question for the neighbour is noticed' 0 'ok' \
	'chain = h2:eth0 no-arp' \
	'do = chain h2:eth0' \
	'serve = h2 nc -lk 80 until tcp:80' \
	'pass = exec h1 nc -z -w 1 10.0.0.2 80' \
	'do = chain h2:eth0 no-arp' \
	'fail = exec h1 nc -z -w 1 10.0.0.2 80'

# --- What an end proves ---------------------------------------------------------------------

echo 'exit 0' >"$dir/script"
runs 'no such command' 1 'error of the lab: there is no command nosuch (127)' \
	'fail = exec h1 nosuch -x'
runs 'a file that cannot be run' 1 "error of the lab: $dir/script cannot be run (126): Permission denied" \
	"fail = exec h1 $dir/script"
runs 'a shell finds no command' 1 'error of the lab: sh ended with status 127, which says that a command is not there' \
	'control = none' 'fail = exec h1 sh -c nosuch'
runs 'it was to pass' 1 'ended with status 3: at last' \
	'control = none' 'pass = exec h1 sh -c "echo some; echo first >&2; echo at last >&2; exit 3"'
like 'its words stand in the report' "$out" 'stdout: some*stderr: first*stderr: at last'
runs 'it was to fail' 1 'ended with status 0, where it was to fail' 'fail = exec h1 true'
runs 'it fails without chains' 1 "error of the lab: without any chain it fails too: ended with status 1" \
	'pass = exec h1 false'
runs 'it passes without chains' 1 'error of the lab: without any chain it passes, where control = fail says that it must not' \
	'control = fail' 'pass = exec h1 true'
runs 'no control run' 0 'ended with status 0' \
	'control = none' "pass = exec h1 sh -c \"echo x >>$dir/runs; grep -c x $dir/runs | grep -x 1\""
runs 'killed by a signal, pass' 1 'not ok*was killed by signal 9' \
	'control = none' 'pass = exec h1 sh -c "kill -9 $$"'
runs 'killed by a signal, fail' 1 'inconclusive*was killed by signal 9, so it has not said' \
	'control = none' 'fail = exec h1 sh -c "kill -9 $$"'
timeout=20 runs 'no end, pass' 1 'not ok*had not ended after 200 ms' \
	'control = none' 'pass = exec h1 sleep 98765'
timeout=20 runs 'no end, fail' 1 'inconclusive*had not ended after 200 ms, so it has not failed' \
	'control = none' 'fail = exec h1 sleep 98765'
runs 'all that it says at great length' 1 'stdout: ... (this is only its end)' \
	'control = none' 'pass = exec h1 sh -c "yes | head -c 1000000; yes oops | head -c 200000 >&2; exit 1"'
is 'it is kept within bounds' "$((${#out} < 4000))" 1
export XLAB_TEST=98
runs 'where and as whom it runs' 0 'ended with status 0' \
	"pass = exec h1 sh -c \"test \$(id -u) = 0 && test \$(pwd) = $PWD && test \$XLAB_TEST = 98 && ! read -r x && test -e /sys/class/net/eth0 && test \$\$ -lt 10 && ps -e | grep -q sh\"" <<<"what xlab is given is not the program's"
runs 'daemons end with it' 0 'ok' 'pass = exec h1 sh -c "setsid sleep 98765 & setsid sleep 98765 >&- 2>&- & exit 0"'
no_program 'daemons end with it'

# --- Servers --------------------------------------------------------------------------------

runs 'a server that is not there' 1 'error of the lab: it died before it was ready: there is no command nosuch (127)' \
	'serve = h2 nosuch until tcp:80' 'pass = exec h1 true'
runs 'a server that dies at once' 1 'error of the lab: it died before it was ready: status 5: sorry' \
	'serve = h2 sh -c "echo sorry >&2; exit 5" until tcp:80' 'pass = exec h1 true'
timeout=100 runs 'a server that never listens' 1 'error of the lab: it had not bound tcp:80 after 1000 ms' \
	'serve = h2 sh -c "echo waiting >&2; exec sleep 98765" until tcp:80' 'pass = exec h1 true'
like 'its words stand in the report' "$out" 'stderr: waiting'
runs 'a server that dies later' 1 'error of the lab: serve h2 sh -c * until tcp:80 at line 27 died: status 4: bye' \
	'control = none' \
	'serve = h2 sh -c "nc -l 80; echo bye >&2; exit 4" until tcp:80' \
	'pass = exec h1 sh -c "nc -N 10.0.0.2 80 </dev/null; sleep 98765"'
is 'it is told at once' "$(grep -oE '[0-9.]+ ms  error of the lab' <<<"$out" | awk '{ print $1 < 3000 }')" 1
runs 'a server of many words' 0 'ok' \
	'serve = h2 sh -c "(yes; yes >&2) & exec nc -lk 80" until tcp:80' \
	'pass = exec h1 sh -c "sleep 0.2; nc -z -w 1 10.0.0.2 80"' 'pass = exec h1 nc -z -w 1 10.0.0.2 80'
runs 'a server that does not want to end' 0 'ok' \
	'serve = h2 sh -c "trap : TERM; nc -lk 80 & while :; do sleep 98765; done" until tcp:80' \
	'pass = exec h1 nc -z -w 1 10.0.0.2 80'
runs 'one that ends when it is asked' 0 'ok' \
	"serve = h2 sh -c \"trap 'echo end >>$dir/ended; exit' TERM; nc -lk 80 & wait\" until tcp:80" \
	'pass = exec h1 nc -z -w 1 10.0.0.2 80'
is 'one a run: control and real' "$(cat "$dir/ended")" $'end\nend'
runs 'a server that cannot share its port' 0 'ok' \
	"serve = h2 python3 -c \"import socket as s; l = s.socket(); l.bind(('', 80)); l.listen(); exec('while 1: l.accept()[0].close()')\" until tcp:80" \
	'pass = exec h1 nc -d 10.0.0.2 80'
no_program 'servers'

up 'serve = h2 nc -lk 80 until tcp:80' 'pass = exec h1 nc -z -w 1 10.0.0.2 80'
"$XLAB" exec h2 -- nc -lk 80 &
until "$XLAB" exec h2 -- ss -Hltn 'sport = 80' | grep -q LISTEN; do sleep 0.01; done
xlab scenario s
like 'a port that somebody else has' "$out" 'error of the lab: somebody else has bound tcp:80 in h2'
kill $!
wait
"$XLAB" down >"$dir/down" || cat "$dir/down"

# --- Changes --------------------------------------------------------------------------------

up 'chain = h2:eth0 http' \
	'control = none' \
	'pass = exec h1 true' \
	'do = filter http add dst=81' \
	'drop = tcp h1 h2:81 by http at h2:eth0' \
	'do = filter http del dst=80' \
	'pass = tcp h1 h2:80' \
	'do = chain h2:eth0 headers http' \
	'drop = tcp h1 h2:81 by http at h2:eth0' \
	'see = h2:eth0 TcpHdr*81 *' \
	'do = chain h1:eth0 http' \
	'drop = tcp h2 h1:81 by http at h1:eth0' \
	'do = chain h2:eth0' \
	'pass = tcp h1 h2:81 at h2' \
	'[scenario twice]' \
	'chain = h2:eth0 http' \
	'pass = exec h1 true' \
	'do = filter http add dst=82' \
	'do = chain h2:eth0 headers http' \
	'do = filter http add dst=80' \
	'pass = exec h1 true' \
	'[scenario long]' \
	'chain = h2:eth0 http' \
	'control = none' \
	'serve = h2 sh -c "nc -lk 98 & exec sleep 98765" until tcp:98' \
	'do = filter http add dst=82' \
	'do = filter http del dst=80' \
	'do = chain h1:eth0 http' \
	"pass = exec h1 sh -c \"setsid sleep 98765 & touch $dir/long; sleep 98765\"" \
	'[scenario garbled]' \
	'chain = h2:eth0 http' \
	'control = none' \
	'do = filter http add dst=82' \
	"pass = exec h1 sh -c \"cp \$(echo /run/xlab/*/exec/rules) $dir/rules; echo filter gone >>\$(echo /run/xlab/*/exec/rules)\"" \
	'[scenario other]' \
	'pass = exec h1 true'
xlab scenario s
is 'rules and chains change between steps' "$status" 0
has_rules 'rules are undone' dst=80
has_chain 'chains are undone' hello
xlab scenario twice
is 'a change fails in the middle: exit status' "$status" 1
like 'a change fails in the middle: says so' "$out" \
	'error of the lab: do filter http add dst=80 failed: filter http has the rule dst=80 already; what was done before is undone'
has_rules 'it is undone' dst=80
has_chain 'it is undone, the chain too' hello

# SIGNAL COMMAND…: while all of the scenario long is on
strike()
{
	local signal=$1

	shift
	rm -f "$dir/long"
	"$XLAB" "$@" --timeout 100000 >"$dir/out" 2>&1 &
	while [ ! -e "$dir/long" ] && kill -0 $!; do sleep 0.01; done
	[ "$1" = run ] || has_rules "$signal: the rules are changed by now" dst=82
	kill "-$signal" $!
	wait
}

strike TERM scenario long
no_program TERM
has_rules 'TERM: rules are undone' dst=80
has_chain 'TERM: chains are undone' hello
for way in 'scenario other' 'filter dns add dst=54' 'chain h1:eth0 --off'; do
	strike KILL scenario long
	no_program "KILL, then $way"
	# shellcheck disable=SC2086
	xlab $way
	is "KILL, then $way" "$status" 0
	has_rules "KILL, then $way: rules are put back" dst=80
	has_chain "KILL, then $way: chains are put back" hello
done
# A rule that is cut may read as another: here dst=8.
strike KILL scenario long
record=$(echo /run/xlab/*/exec/rules)
cp "$record" "$dir/whole"
truncate -s -2 "$record"
xlab scenario other
ended 'a record of rules that is cut' 3 'the record of the rules that a scenario changed is cut: take the lab down and up again'
has_rules 'a record of rules that is cut: nothing is changed by it' dst=82
cp "$dir/whole" "$record"
xlab scenario other
is 'a record of rules that is whole again' "$status" 0
has_rules 'a record of rules that is whole again: rules are put back' dst=80
xlab scenario garbled
is 'what cannot be undone: exit status' "$status" 3
like 'what cannot be undone: says so' "$out" \
	'cannot put back the rules of filter gone: their record names a filter gone, which the lab does not have'
has_rules 'what can be undone is' dst=80
is 'the record has what it should' "$(cat "$dir/rules")" $'filter http\nrule proto=tcp\nrule dst=80'
"$XLAB" down >"$dir/down" || cat "$dir/down"
strike KILL run "$dir/exec.ini" long
no_program 'xlab run, killed'
done_testing
