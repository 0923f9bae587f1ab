#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What becomes of a lab when others interfere: with its files, its mounts, its place, or by commands
# that run beside its own. Whatever it is, `down` gets rid of the lab, and of nothing else.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"
# shellcheck source=tests/cli/state
. "$(dirname "$0")/state"

# Commands that hold no lock, beside one that takes the lab down.
until [ -e "$dir/stop" ]; do "$XLAB" exec lb -- true; "$XLAB" filter lb-mac list; done >/dev/null 2>&1 &
beside=$!
for i in {1..25}; do "$XLAB" up $lb && "$XLAB" down || break; done >"$dir/out" 2>&1
is 'exec and filter list beside down' "$i $(grep -c xlab: "$dir/out")" '25 0'
touch "$dir/stop"
wait $beside
works 'exec beside down'
for command in 'exec lb -- true' 'filter udp-8888 list' 'watch' 'chain host:veth0' 'explain host:veth0 hello'; do
	xlab up $lb
	# shellcheck disable=SC2086 # words
	halt access 2 $command # it has just read that the lab is up
	xlab down
	resume
	is "$command, whose lab went down: told in one line" "$status $err" '3 xlab: lab lb went down'
done
xlab up $lb
halt access 2 exec h3 -- true
xlab down
xlab up $pair --as lb # which has no h3
resume
is 'exec, whose lab went down and came up' "$status $err" '3 xlab: lab lb went down, and is up anew: try again'
xlab down
xlab up $lb
halt statfs 2 exec lb -- true
umount -l "$home/lb"
resume
is 'exec whose lab goes meanwhile makes nothing' "$(find "$home/lb" -mindepth 1)" ''
xlab exec lb -- true
ended 'exec in a lab without its tmpfs' 3 'xlab down lb'
is 'exec in a lab without its tmpfs makes nothing' "$(find "$home/lb" -mindepth 1)" ''
xlab status
like 'status of a lab without its tmpfs' "$out" 'are gone from here'
xlab up $lb
ended 'up of a lab without its tmpfs' 3 'xlab down lb'
xlab down
is 'down of a lab without its tmpfs' "$status $out" '0 lb is down'
works 'a lab without its tmpfs'

# What a killed command left is undone first; where that cannot be, nothing is begun.
strace -f -qq -o "$dir/trace" -e trace=setns -e inject=setns:signal=KILL:when=3 \
	-E "$unleaked" "$XLAB" up $lb >"$dir/out" 2>&1
is 'up, killed: it is known' "$("$XLAB" status --json | jq -r '.labs[] | .name + " " + .phase')" 'lb building'
mount -t tmpfs theirs "$home/lb"
xlab up $lb
ended 'up over what cannot be undone' 3 "cannot undo what a killed command left: *umount $home/lb"
umount "$home/lb"
works 'up over what a killed command left'

# The journal knows the tmpfs by its number: somebody else's over it is not taken for it.
xlab up $lb
strace -qq -o "$dir/trace" -e trace=umount2 -e inject=umount2:error=EIO:signal=KILL \
	-E "$unleaked" "$XLAB" down lb >"$dir/out" 2>&1
is 'down, killed: it is known' "$("$XLAB" status --json | jq -r '.labs[] | .name + " " + .phase')" 'lb leaving'
mount -t tmpfs theirs "$home/lb"
xlab down
ended "down below somebody else's mount" 3 "umount $home/lb"
is "down below somebody else's mount: that stays" "$(grep -c ' theirs ' /proc/self/mountinfo)" 1
umount "$home/lb"
xlab down
is "down without somebody else's mount" "$status $out" '0 lb is down'
works "down below somebody else's mount"

# Of labs whose names went with the mount that they were on, `up` clears away the files.
dead=${home%-*}-1 # the same file system, mounted anew
for left in "$dead" /run/xlab/other; do
	prepare_home
	mkdir -m 700 "$left"
	: >"$left/lost.journal"
	mkdir "$left/lost"
	xlab up $lb
	is "up beside ${left##*/}: exit status" "$status" 0
	is "up beside ${left##*/}: dead labs' files go, and no others" "$(ls -d "$left" 2>/dev/null)" \
		"$([ "$left" = "$dead" ] || echo "$left")"
	xlab down
	rm -rf "$left"
done

# Somebody else's mount at the lab's place.
prepare_home
mkdir "$home/lb"
mount -t tmpfs theirs "$home/lb"
xlab up $lb
ended 'a mount at the place' 3 'a mount (tmpfs, "theirs")'
is 'a mount at the place: told in one line' "$(wc -l <"$dir/err")" 1
is 'a mount at the place: it stays' "$(mounted "$home/lb")" 1
umount "$home/lb"
works 'a mount at the place'
xlab up $lb
mount -t tmpfs theirs "$home/lb"
xlab down
ended 'a mount over the lab' 3 "umount $home/lb"
is 'a mount over the lab: both stay' "$(mounted "$home/lb")" 2
umount "$home/lb"
xlab exec lb -- true
is 'a mount over the lab: below it all is as it was' "$status" 0
xlab down
works 'a mount over the lab'

# Somebody else's file at the place: nothing is begun.
for make in 'mkdir -p $home/lb/x' 'ln -s /tmp $home/lb' 'mkfifo $home/lb' 'touch $home/lb'; do
	prepare_home
	eval "$make"
	for i in 1 2; do
		xlab up $lb
		ended "${make%% *} at the place" 3 "$home/lb"
		is "${make%% *} at the place: told in one line" "$(wc -l <"$dir/err")" 1
		xlab down
		ended "${make%% *} at the place: no lab is begun" 3 'no lab'
	done
	rm -r "$home/lb"
	works "${make%% *} at the place"
done

# A journal that is lost or damaged, with a copy of it and without.
for harm in 'rm $home/lb.journal' 'echo junk >$home/lb.journal' ': >$home/lb.journal' 'rm $home/lb.lock' \
	'rm $home/lb.journal; mkdir $home/lb.journal' 'sed -i s/lab.2:lb/lab\ 2:xx/ $home/lb.journal'; do
	xlab up $lb --self host
	eval "$harm"
	xlab exec lb -- ping -c1 -W1 10.0.0.1
	is "$harm: the lab works" "$status" 0
	xlab up $lb
	ended "$harm: it is up" 3 'is up already'
	xlab down
	is "$harm: down" "$status $out $err" '0 lb is down '
	is "$harm: down removes the links here" "$(ip -o link | grep -c veth0)" 0
	nothing_left "$harm"
done
for harm in 'rm -rf /run/xlab' 'rm $home/lb.journal $home/lb/journal' \
	'echo junk | tee $home/lb.journal >$home/lb/journal'; do
	xlab up $lb
	eval "$harm" 2>/dev/null
	xlab status
	like "$harm: status" "$out" 'xlab down lb'
	xlab status --json
	is "$harm: status --json" "$(jq -r '.labs[] | .name + " " + .phase' <<<"$out")" 'lb corrupt'
	xlab up $lb
	case $harm in
	rm*) words='lab lb is up already, though its journal is lost*xlab down lb' ;;
	*) words='not a journal of this version of xlab*xlab down lb' ;;
	esac
	ended "$harm: up" 3 "$words"
	xlab exec lb -- true
	ended "$harm: exec" 3 'xlab down lb'
	xlab down
	is "$harm: down" "$status $out" '0 lb is down'
	like "$harm: down says what it cannot know" "$err" 'ip link'
	works "$harm"
done
xlab up $lb
rm "$home/lb.journal" "$home/lb/journal"
xlab down --all
is 'down --all of a lost lab' "$status $out" '0 lb is down'
nothing_left 'down --all of a lost lab'

# Inside a node: the same labs, from a mount namespace that comes and goes.
xlab up $lb
xlab exec host -- "$XLAB" status
like 'status inside a node' "$out" 'lb:veth6 *up'
xlab exec host -- "$XLAB" chain host:veth0 headers
is 'chain inside a node' "$status" 0
xlab exec h2 -- ping -c1 -W1 10.0.0.1
xlab chain host:veth0
like 'chain inside a node: it counts outside' "$(awk '$2 == "headers" { print ($3 > 0) }' <<<"$out")" 1
run ip netns exec h2 "$XLAB" exec host -- ip -br addr show dev veth0
like 'exec inside ip netns exec' "$out" 10.0.0.1/24
xlab exec host -- "$XLAB" up $lb
ended 'up inside a node' 3 'is up already'
xlab exec host -- "$XLAB" down
is 'down inside a node' "$status $out" '0 lb is down'
works 'down inside a node'
xlab up $lb
xlab exec host -- "$XLAB" up $pair
is 'up of another lab inside a node' "$status" 0
xlab status pair
like 'it ends with the mount namespace' "$out" 'are gone from here'
xlab up $pair
ended 'its name is taken until it is cleared' 3 'xlab down pair'
xlab down --all
is 'down --all clears it' "$status $out" $'0 lb is down\npair is down'
works 'up inside a node'
xlab up $lb
xlab exec host -- "$XLAB" up $pair
xlab down lb
rm -rf /run/xlab
xlab up $pair
ended 'only its names are left' 3 'xlab down pair'
xlab down pair
is 'down knows it by them' "$status $out" '0 pair is down'
nothing_left 'only its names are left'

# Where others have names of their own, they have labs of their own; what is left of them when they
# are gone, the next command removes.
unshare --mount --propagation private sh -c "mount -t tmpfs names /run/netns && $XLAB up $lb" >/dev/null
# They are known by the device of their names' tmpfs, which others on this machine may get as soon as it is
# free, and would stay as long as one has it: so they get one here that nobody can have.
theirs=$(basename /run/xlab/*)
mv "/run/xlab/$theirs" "/run/xlab/fff00-${theirs#*-}"
is "another's labs: their files are there" "$(ls /run/xlab/*)" $'lb\nlb.journal\nlb.lock'
is "another's labs are not ours" "$("$XLAB" status)" 'no lab is up'
works "another's labs"

# Locks that anybody could take.
mkfifo "$dir/fifo" && exec 8<>"$dir/fifo"
setpriv --reuid=65534 --regid=65534 --clear-groups flock --no-fork /run \
	sh -c 'echo locked; exec sleep 60' >&8 &
locker=$!
read -r -t 10 _ <&8
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

# What was locked is locked under its name still, or it locks nothing.
halt flock 1 up $lb
rmdir /run/xlab
mkdir -m 700 /run/xlab
resume
is 'up, when /run/xlab is another as soon as it is locked' "$status $err" '0 '
xlab down
halt flock 2 up $lb
is "up has the lab's lock" "$(find "$home/lb.lock")" "$home/lb.lock"
rm "$home/lb.lock"
resume
is "up, when its lock goes as soon as it has it" "$status $err" '0 '
is "up, when its lock goes as soon as it has it: it has another" "$(find "$home/lb.lock")" "$home/lb.lock"
xlab down
nothing_left 'locks that go'

# What stands at the place of ours looks like it, and is not.
xlab up $lb
like 'a name of a lab' "$(readlink /run/netns/lb)" "$home/lb/ns/lb"
ln -sfn "${home%?}x/lb/ns/lb" /run/netns/lb
xlab down
is "somebody's symlink as long as ours: down" "$status" 0
is "somebody's symlink as long as ours: it stays" "$(readlink /run/netns/lb)" "${home%?}x/lb/ns/lb"
rm /run/netns/lb
nothing_left "somebody's symlink as long as ours"
xlab up $lb
mount -t tmpfs xlab "$home/lb"
mount -t tmpfs xlab "$home/lb"
xlab down
is 'several tmpfs of ours on one place: down' "$status" 0
is 'several tmpfs of ours on one place: none stays' "$(mounted "$home/lb")" 0
works 'several tmpfs of ours on one place'

# Several at once, none of which is the one that fails.
for i in {1..8}; do
	for lab in a b c; do "$XLAB" up $pair --as $lab || echo "up $lab"; done >/dev/null 2>>"$dir/all"
	for _ in 1 2 3; do "$XLAB" down --all >/dev/null 2>>"$dir/all" & done
	wait
done
is 'down --all beside down --all' "$(<"$dir/all")" ''

# Signals: what became of it is told, and those that were ignored stay so.
for signal in TERM HUP INT; do
	run strace -f -qq -o "$dir/trace" -e trace=mount -e inject=mount:signal=$signal:when=1 \
		-E "$unleaked" env --default-signal=$signal "$XLAB" up $lb
	is "up ended by SIG$signal: exit status" "$status" $((128 + $(kill -l $signal)))
	like "up ended by SIG$signal: what became of it" "$err" 'xlab: interrupted; all that was made is removed'
	nothing_left "up ended by SIG$signal"
done
for signal in TERM HUP INT; do
	xlab up $lb
	watch_begin --ignore-signal=$signal --count 1
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

# The hint's commands work as they stand.
hint() # ARGS…: sets $out to the hint of an up on a terminal
{
	run env -u SUDO_USER NO_COLOR=1 script -qec "$XLAB up $*" /dev/null
	out=$(tr -d '\r' <<<"$out" | sed -n 's/^now: //p')
}
try() # NAME
{
	local command

	while read -r command; do
		[[ $command == *shell* ]] && continue
		# shellcheck disable=SC2086 # words of a command
		run "$XLAB" ${command#xlab }
		is "$1: $command" "$status" 0
	done < <(tr , '\n' <<<"$out" | sed 's/^ //')
}
sed '/^\[scenario/,$d' $pair >"$dir/plain.ini"
hint "$dir/plain.ini"
is 'a lab without scenarios: the hint' "$out" "xlab status, xlab shell left, xlab down"
hint $pair --as two
like 'a second lab: the hint' "$out" 'xlab shell two/left'
try 'a second lab'
xlab down
hint $pair
like 'one lab: the hint' "$out" 'xlab scenario --all, '
try 'one lab'

# Where the file is, from wherever it is asked.
(cd topologies && "$XLAB" up pair.ini >/dev/null)
xlab status --json
is "the file's path is absolute" "$(jq -r '.labs[].file' <<<"$out")" "$PWD/$pair"
xlab down
nothing_left 'all this'
done_testing
