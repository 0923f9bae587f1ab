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

# Stop xlab behind the Nth of a system call, for something to happen there.
halt() # CALL N ARGS…
{
	local call=$1 n=$2

	shift 2
	: >"$dir/trace"
	strace -o "$dir/trace" -e "trace=$call" -e "inject=$call:signal=STOP:when=$n" "$XLAB" "$@" \
		>"$dir/out" 2>"$dir/err" &
	halted=$!
	until grep -q 'stopped by SIGSTOP' "$dir/trace"; do kill -0 $halted || break; done 2>/dev/null
}
resume()
{
	kill -CONT "$(cat /proc/$halted/task/$halted/children)"
	wait $halted
	status=$? out=$(<"$dir/out") err=$(<"$dir/err")
}

works() # NAME: a lab can be had again
{
	xlab up $lb
	is "$1: the next up" "$status" 0
	xlab down
	is "$1: its down" "$status" 0
	nothing_left "$1"
}

# Where others have names of their own, they have labs of their own; what is left of them when they
# are gone, the next command removes.
unshare --mount --propagation private sh -c "mount -t tmpfs names /run/netns && $XLAB up $lb" >/dev/null
is "another's labs are not ours" "$("$XLAB" status)" 'no lab is up'
works "another's labs"

# Locks that anybody could take.
mkfifo "$dir/fifo" && exec 8<>"$dir/fifo"
setpriv --reuid=65534 --regid=65534 --clear-groups flock /run sh -c 'echo locked; exec sleep 60' >&8 &
locker=$!
read -r _ <&8
works "a stranger's lock on /run"
kill $locker
wait $locker 2>/dev/null

# Folders that somebody removes as soon as they are made.
halt mkdir 1 up $lb
rmdir /run/xlab
resume
is 'up, when /run/xlab goes as soon as it is made' "$status $out" '0 lb is up: host h2 h3 lb'
xlab down
nothing_left 'up, when /run/xlab goes as soon as it is made'

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

# For everybody, whatever the caller's umask.
umount /run/netns 2>/dev/null && was_mount=yes
rmdir /run/netns
(umask 077 && "$XLAB" up $lb >/dev/null)
is '/run/netns is for everybody' "$(stat -c %a /run/netns)" 755
xlab down
[ -d /run/netns ] || mkdir /run/netns
[ -z "${was_mount-}" ] || mount -t tmpfs -o mode=755 netns /run/netns

nothing_left 'all this'
done_testing
