#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0) lb (e1) ---- (e0) b
#
# A step's packet is followed through chains that change it, and what is said of it is told from what
# is said of others.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/changes.bpf.o

# KEYS of a scenario…: the lab above and that scenario, in $dir/lab.ini
write_lab()
{
	cat >"$dir/lab.ini" <<-END
		[node a]
		route = default via 10.9.0.2
		[node lb]
		forward = yes
		[node b]
		route = default via 10.9.1.1
		[iface a:e0]
		peer = lb:e0
		address = 10.9.0.1/24
		[iface lb:e0]
		peer = a:e0
		address = 10.9.0.2/24
		[iface lb:e1]
		peer = b:e0
		address = 10.9.1.1/24
		[iface b:e0]
		peer = lb:e1
		address = 10.9.1.2/24
		[packet small]
		eth = dst=02:00:00:00:00:02 type=0x88b5
		[filter less-one]
		program = $object:less_one
		[filter balance]
		program = $object:balance
		set.backend = 0x0a090102
		[filter tunnel]
		program = $object:tunnel
		set.backend = 0x0a090102
		[filter reflect]
		program = $object:reflect
		[filter imitate]
		program = $object:imitate
		[filter udp-80]
		program = port
		proto = udp
		dst = 80
		[filter udp-79]
		program = port
		proto = udp
		dst = 79
		[filter udp-8080]
		program = port
		proto = udp
		dst = 8080
		[filter accept-80]
		program = port
		dst = 80
		action = pass
		[filter ipip]
		program = ip
		proto = 4
		[scenario s]
	END
	printf '%s\n' "$@" >>"$dir/lab.ini"
}

# What each step came to, and the details of those that have some.
read_steps()
{
	steps=$(came_to)
	details=$(jq -r '.scenarios[0].steps[] | .details' <<<"$out" | sed '/^$/d')
}

# NAME WANTED KEYS…
steps()
{
	local name=$1 wanted=$2
	shift 2
	write_lab "$@"
	xlab run "$dir/lab.ini" --format json
	read_steps
	is "$name" "$steps" "$wanted"
}

# The port that is dropped is the one that it has by then.
steps 'a rewritten port' \
	'ok: dropped by udp-79 at lb:e0
not ok: dropped by udp-79 at lb:e0; expected by less-one' \
	'chain = lb:e0 less-one udp-79' 'drop = udp a 10.9.0.2:80 x by udp-79' \
	'drop = udp a 10.9.0.2:80 x by less-one'
like 'a rewritten port: what changed it' "$details" 'lb:e0: packet: less-one pass (10.9.0.1:* -> 10.9.0.2:79), udp-79 drop'
# The kernel knows it by that, too.
steps 'a rewritten port at which nobody listens' \
	'not ok: nothing arrived: let through at lb:e0, then dropped by the kernel of lb: NO_SOCKET' \
	'chain = lb:e0 less-one headers' 'pass = udp a 10.9.0.2:80 x'
# A NAT, and what stands behind it; on the way back it is another's.
steps 'another address' 'ok: dropped by udp-8080 at b:e0' \
	'chain = lb:e0 balance' 'chain = b:e0 udp-8080' 'drop = udp a 10.9.0.2:80 x by udp-8080 at b:e0'
steps 'another address, where a pass is expected' 'not ok: dropped by udp-8080 at b:e0' \
	'chain = lb:e0 balance' 'chain = b:e0 udp-8080' 'pass = udp a 10.9.0.2:80 x'
like 'another address: its way' "$details" 'lb:e0: packet: balance pass (10.9.0.1:* -> 10.9.1.2:8080), on to the stack*b:e0: packet 10.9.0.1:* -> 10.9.1.2:8080: udp-8080 drop'

steps 'a tunnel' 'ok: dropped by ipip at b:e0
ok: dropped by ipip at b:e0' \
	'chain = lb:e0 tunnel' 'chain = b:e0 ipip' 'drop = udp a 10.9.0.2:80 x by ipip' \
	'drop = udp a 10.9.0.2:80 x at b:e0'

steps 'a tunnel that nobody opens' \
	'not ok: nothing arrived: let through at b:e0, then dropped by the kernel of b: IP_NOPROTO' \
	'chain = lb:e0 tunnel' 'chain = b:e0 headers' 'pass = udp a 10.9.0.2:80 x'

# Who answers is who says so, not whose answer comes.
steps 'an answer of a filter' \
	'ok: sent back (tx) by reflect at lb:e0
ok: replied; sent back (tx) by reflect at lb:e0' \
	'chain = lb:e0 reflect' 'tx = ping a 10.9.0.2 by reflect' 'pass = ping a 10.9.0.2 by reflect'
steps 'an answer of the kernel' \
	'not ok: let through at lb:e0, where no filter had an opinion, and the kernel answered; expected tx
not ok: let through at lb:e0, where no filter had an opinion; expected by udp-80' \
	'chain = lb:e0 headers udp-80' 'tx = ping a 10.9.0.2' 'pass = ping a 10.9.0.2 by udp-80'
steps 'a filter before the one that is expected' \
	'not ok: let through by accept-80 at lb:e0; expected by udp-80
ok: arrived whole; let through by accept-80 at lb:e0' \
	'chain = lb:e0 accept-80 udp-80' 'pass = udp a 10.9.0.2:80 x by udp-80' 'pass = udp a 10.9.0.2:80 x by accept-80 at lb:e0'

# What is wrong with the lab itself ends the scenario.
skipped='
skipped: not run, after an error of the lab'
steps 'a command that is not there' \
	"lab error: error of the lab: there is no command nowhere (127)$skipped" \
	'control = none' 'pass = exec a nowhere' 'pass = udp a 10.9.0.2:80 x'
steps 'a link that went' \
	"ok: ended with status 0
lab error: lb: no packet socket at e0: No such device$skipped" \
	'control = none' 'pass = exec a ip link del e0' 'pass = frame a:e0 small' 'pass = udp a 10.9.0.2:80 x'
is 'a link that went: it is that step'\''s error' "$(jq '.scenarios[0].error' <<<"$out")" null
steps 'a link that goes in the control run' \
	"skipped: not run, after an error of the lab
lab error: lb: no packet socket at e0: No such device$skipped" \
	'pass = exec a ip link del e0' 'pass = frame a:e0 small' 'pass = udp a 10.9.0.2:80 x'
is 'a link that goes in the control run: it is that step'\''s error' "$(jq '.scenarios[0].error' <<<"$out")" null

steps 'a chain that the verifier refuses' '' 'chain = lb:e0 unchecked' 'pass = udp a 10.9.0.2:80 x'
like 'a chain that the verifier refuses: no step is tried' "$(jq -r '.scenarios[0].error' <<<"$out")" \
	'lb:e0: *invalid access to packet'

# What was dropped is not waited for.
write_lab 'chain = lb:e0 udp-80' 'control = none' 'drop = udp a 10.9.0.2:80 x'
xlab run "$dir/lab.ini" --format json --timeout 60000
is 'a drop' "$(came_to)" 'ok: dropped by udp-80 at lb:e0'
is 'a drop: its deadline is not waited for' "$(jq '.scenarios[0].us < 60000000' <<<"$out")" true

# Each flow has a port of its own: the next one that nobody has.
sed -i 's/^\[node a\]/&\nsysctl = net.ipv4.ip_local_port_range = 40000 40000/' "$dir/lab.ini"
sed -i '/^\[scenario s\]/,$d' "$dir/lab.ini"
cat >>"$dir/lab.ini" <<-END
	[filter headers]
	program = headers
	[scenario s]
	chain = lb:e0 headers
	control = none
	serve = a nc -u -l 40001 until udp:40001
	pass = udp a 10.9.0.2:80 x at lb flows=2
	see = lb:e0 UdpHdr: src: 40000 => dst: 80
	see = lb:e0 UdpHdr: src: 40002 => dst: 80
END
xlab run "$dir/lab.ini" --format json
is 'a port that somebody has is no flow'\''s' "$(came_to)" 'ok: listens on udp:40001
ok: 2 flows arrived: lb 2
ok: shown
ok: shown'
sed -i -e 's/40000 40000$/65535 65535/' -e '/serve = /d' -e '/: 40002/d' -e 's/: 40000/: 65535/' "$dir/lab.ini"
xlab run "$dir/lab.ini" --format json
is 'behind the last port the kernel names one' "$(came_to)" 'ok: 2 flows arrived: lb 2
ok: shown'

# XDP sees what comes in.
steps 'a chain at the sender' 'not ok: arrived whole, where a drop was expected' \
	'chain = a:e0 udp-80' 'drop = udp a 10.9.0.2:80 x by udp-80'
like 'a chain at the sender: why' "$details" 'a:e0: saw none of it: XDP sees what comes in, and here it went out'

# The step's packet is lost without a word; one of others, made to look like it, is dropped.
write_lab 'chain = lb:e0 imitate' 'chain = b:e0 udp-80' 'drop = udp a 10.9.1.2:80 x by udp-80'
xlab up "$dir/lab.ini"
ip netns exec a bash -c 'while ! read -rt 0.01 <> <(:); do echo x >/dev/udp/10.9.1.2/81; done' 2>/dev/null &
others=$!
xlab scenario s --format json
kill "$others"
read_steps
is 'an imitation' "$steps" 'inconclusive: nothing arrived, but no filter says that it dropped it: packets of others were made to look like it at lb:e0'
like 'an imitation: what was dropped' "$details" "b:e0: packet: udp-80 drop (or another's, made to look like it)"
like 'an imitation: what became of the step'\''s' "$details" 'lb:e0: it left as something that cannot be followed'
xlab down

done_testing
