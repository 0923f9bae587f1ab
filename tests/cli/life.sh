#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What becomes of a lab when others interfere: with its files, its mounts, its place, or by commands
# that run beside its own. Whatever it is, `down` gets rid of the lab, and of nothing else.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

lb=topologies/lb.ini pair=topologies/pair.ini
"$XLAB" up $lb >/dev/null
home=$(echo /run/xlab/*) # where the labs are: lab/folder_id.h
"$XLAB" down >/dev/null

mounted() { grep -c " $1 " /proc/self/mountinfo; }
left() { find /run/xlab /run/netns -mindepth 1 2>/dev/null; }
prepare_home() { install -d -m 700 /run/xlab "$home"; }
nothing_left() { is "$1: nothing is left" "$(left; grep -c ' xlab ' /proc/self/mountinfo)" 0; }
works() # NAME: a lab can be had again
{
	xlab up $lb
	is "$1: the next up" "$status" 0
	xlab down
	is "$1: its down" "$status" 0
	nothing_left "$1"
}

# Signals: what became of it is told, and those that were ignored stay so.
for signal in TERM HUP INT; do
	run strace -f -qq -o "$dir/trace" -e trace=mount -e inject=mount:signal=$signal:when=1 \
		env --default-signal=$signal "$XLAB" up $lb
	is "up ended by SIG$signal: exit status" "$status" $((128 + $(kill -l $signal)))
	like "up ended by SIG$signal: what became of it" "$err" 'xlab: interrupted; all that was made is removed'
	nothing_left "up ended by SIG$signal"
done
for signal in TERM HUP INT; do
	xlab up $lb
	: >"$dir/watching"
	(trap '' $signal; exec "$XLAB" watch --count 1 >"$dir/watched" 2>>"$dir/watching") &
	watcher=$!
	until grep -q watching "$dir/watching"; do :; done
	"$XLAB" chain host:veth0 headers >/dev/null
	kill -s $signal $watcher
	"$XLAB" exec lb -- ping -c2 -i 0.1 -W1 10.0.0.1 >/dev/null
	wait $watcher
	like "SIG$signal stays ignored" "$? $(<"$dir/watching")" '0 *1 packet* seen'
	xlab down
done

nothing_left 'all this'
done_testing
