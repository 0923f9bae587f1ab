#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is no error, and worth a word: warnings of check, and a lab file that was edited since `up`.
# shellcheck source=tests/cli/tap disable=SC2016 # commands as they are told
. "$(dirname "$0")/tap"

lab='[node a]
[node b]
[iface a:e]
peer = b:e
address = 10.0.0.1/24
[iface b:e]
peer = a:e
address = 10.0.0.2/24
[scenario early]
pass = ping a b'

# Rules that can never match, a drop by filters that never drop, a chain at the sender.
cat >"$dir/dead.ini" <<LAB
$lab
[filter fragments]
program = ip
proto = 44
[filter never]
program = port
dst = 90
action = pass
[filter udp-80]
program = port
proto = udp
dst = 80
[scenario dead]
chain = b:e fragments never
chain = a:e udp-80
drop = ping a b size=4000 by fragments
drop = udp a b:90 x by never
drop = udp a b:80 x by udp-80
LAB
xlab check "$dir/dead.ini"
is 'check: warnings are no errors' "$status" 0
like 'check: it is told how many there are' "$out" 'ok, 2 nodes, *2 scenarios, 4 warnings'
is 'check: each warning at its line' "$(cut -d: -f2,3 <<<"$err" | paste -sd,)" \
	'13: warning,25: warning,26: warning,27: warning'
like 'check: and why' "$err" 'filter never never drops a packet: its action is pass'
xlab check --strict "$dir/dead.ini"
ended 'check --strict: warnings are errors' 2 'dead.ini:13: warning: [[]filter fragments] proto = 44'
xlab check --print "$dir/dead.ini"
like 'check --print: warnings besides' "$status $err" '0 *:25: warning'
printf '%s\n' "$out" >"$dir/printed.ini"
printed=$out
xlab check --print "$dir/printed.ini"
is 'check --print: it reads as itself' "$out" "$printed"

# All labs of this repository can be meant.
xlab check --strict topologies/*.ini
is 'check --strict: topologies' "$status $err" '0 '
printf '%s\n' "$lab" >"$dir/fine.ini"
xlab check --strict "$dir/fine.ini" "$dir/dead.ini"
is 'check --strict: of two files one' "$status" 2
like 'check --strict: the other is ok' "$out" 'fine.ini: ok'

# A name that no scenario has is refused before anything is built: this lab cannot be.
printf '%s\n' "$lab" '[node c]' 'sysctl = net.ipv4.nosuch = 1' >"$dir/never.ini"
xlab run "$dir/never.ini" early
ended 'run: a lab that cannot be built' 3 'no such setting'
xlab run "$dir/never.ini" erly
ended 'run: no such scenario' 2 'lab never has no scenario erly; did you mean "early"?'

# status tells that the file was edited.
"$XLAB" up "$dir/fine.ini" >/dev/null
xlab status
is 'status: a file as it was' "$(grep -c changed <<<"$out")" 0
xlab status --json
like 'status --json: a file as it was' "$out" '"edited": false'
printf '%s\n' '[scenario late]' 'pass = ping b a' >>"$dir/fine.ini"
xlab status
like 'status: an edited file' "$status $out" '0 *fine.ini has changed since `xlab up`: take the lab down'
is 'status: it is no difference between lab and kernel' "$(grep -c 'not as the lab file' <<<"$out")" 0
xlab status --json
like 'status --json: an edited file' "$out" '"edited": true'
rm "$dir/fine.ini"
xlab status --json
like 'status --json: a file that is gone' "$status $out" '0 *"edited": false'
xlab down
is 'down' "$status" 0

done_testing
