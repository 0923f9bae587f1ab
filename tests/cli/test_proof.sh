#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0: the chain) b
#
# A drop is proven by a filter that keeps the packet from arriving, not by one that only delays it.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/loses.bpf.o

# FUNCTION LOSSES OPTIONS STEP: a lab of its own whose chain loses so many packets, and the step's
# report.
run_step()
{
	cat >"$dir/lab.ini" <<-END
		[node a]
		[node b]
		[iface a:e0]
		peer = b:e0
		address = 10.9.0.1/24
		[iface b:e0]
		peer = a:e0
		address = 10.9.0.2/24
		[filter loses]
		program = $object:$1
		set.losses = $2
		[scenario s]
		chain = b:e0 loses
		$4
	END
	# shellcheck disable=SC2086 # options are words
	xlab run "$dir/lab.ini" --format json $3
	step=$(came_to)
	ms=$(jq -r '.scenarios[0].steps[0].us / 1000 | floor' <<<"$out")
}

# Three fragments are lost, of two echoes: the third is answered.
run_step fragments 3 '' 'drop = ping a b count=3 size=3000'
is 'fragments of two echoes of three' "$step" \
	'not ok: 1 of 3 replies came, where a drop was expected'
run_step fragments 1000 '--timeout 60000' 'drop = ping a b count=3 size=3000'
is 'fragments of all echoes' "$step" 'ok: dropped by loses at b:e0'
is 'fragments of all echoes: no deadline is waited for' "$((ms < 30000))" 1
run_step fragments 1000 '--timeout 60000' 'pass = ping a b count=3 size=3000'
is 'fragments, where a pass is expected' "$step" 'not ok: dropped by loses at b:e0'

# TCP sends again what was lost.
run_step text 1 '--timeout 30000' 'drop = tcp a b:80 hello'
is 'a text that is sent again' "$step" 'not ok: arrived whole, where a drop was expected'
run_step text 1 '--timeout 30000' 'pass = tcp a b:80 hello'
is 'a text that is sent again, where a pass is expected' "$step" 'ok: arrived whole'
run_step text 1000 '--timeout 60000' 'drop = tcp a b:80 hello'
is 'a text that is lost again' "$step" 'ok: dropped by loses at b:e0'
is 'a text that is lost again: no deadline is waited for' "$((ms < 30000))" 1
run_step text 1000 '--timeout 600' 'pass = tcp a b:80 hello'
is 'a text that is lost again, where a pass is expected' "$step" 'not ok: dropped by loses at b:e0'

# The handshake it sends again after a second: within that, a drop is known at once. The machine may
# have other things to do: once of three times is enough.
for _ in 1 2 3; do
	run_step syn 1 '' 'drop = tcp a b:80 hello'
	is 'a handshake' "$step" 'ok: dropped by loses at b:e0'
	[ "$ms" -ge 900 ] || break
done
is 'a handshake: nothing is waited for' "$((ms < 900))" 1
run_step syn 1 '--timeout 30000' 'drop = tcp a b:80 hello'
is 'a handshake that is sent again' "$step" 'not ok: arrived whole, where a drop was expected'
run_step syn 1000 '--timeout 60000' 'drop = tcp a b:80 hello'
is 'a handshake that is lost again' "$step" 'ok: dropped by loses at b:e0'
is 'a handshake that is lost again: no deadline is waited for' "$((ms < 30000))" 1

done_testing
