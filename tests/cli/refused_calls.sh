#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      br0 ---- a ==== b (e1: a chain)        -- a veth to a bridge, == one between two nodes
#
# Call by call, what is said when the kernel refuses it, and what stands then: before a lab is up,
# nothing; later, the lab as it was. Which call of its kind it is, is looked up in a record of the
# same command.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"
# shellcheck source=tests/cli/state
. "$(dirname "$0")/state"

cp tests/cli/full.ini "$dir"

# What the command calls when nothing is refused. Messages stand there with their bytes, as strace knows
# nothing of sockets in other namespaces.
record() # ARGS…
{
	strace -qq -y -s 300 -o "$dir/calls" -E "$unleaked" "$XLAB" "$@" >"$dir/out" 2>"$dir/err"
}

# Which of its kind the call is, for inject=CALL:when=, by its line's regular expression: the first that has
# it, or the Nth, or the last.
nth() # CALL REGEX [N|last]
{
	call="$1(" regex=$2 number=${3:-1} awk '
		index($0, ENVIRON["call"]) == 1 && ++n && $0 ~ ENVIRON["regex"] {
			last = n
			if (++found == ENVIRON["number"]) exit
		}
		END { if (found == ENVIRON["number"] || ENVIRON["number"] == "last") print last }' "$dir/calls"
}

# $then is run after each of the lines "CALL ERRNO [N|last][+]; REGEX of the call's line; what is said", $told before. With
# a + all that follow are refused, too, as libbpf tries in two ways.
told=ended
each_refused() # ARGS…
{
	local call errno number regex words n name

	while IFS=';' read -r call regex words; do
		read -r call errno number <<<"$call"
		regex=${regex# } words=${words# }
		name="${*/#"$dir/"}: $call $regex: $errno"
		n=$(nth "$call" "$regex" "${number%+}")
		[ -n "$n" ] || { result 1 "$name: there is such a call"; continue; }
		[[ $number != *+ ]] || n+=+1
		refused "$call:error=$errno:when=$n" "$@"
		$told "$name" 3 "$words"
		$then "$name"
	done
}

# Before a lab is up.
goes_away() # NAME
{
	nothing_left "$1"
	[ "$status" -ne 0 ] || "$XLAB" down --all
}
record up "$dir/full.ini"
"$XLAB" down >/dev/null
then=goes_away
# Newer libraries have the kernel's random bytes without a call.
if grep -q '^getrandom(.*, 4, 0' "$dir/calls"; then
	each_refused up "$dir/full.ini" <<<'getrandom EIO; , 4, 0; random bytes'
fi
each_refused up "$dir/full.ini" <<-'END'
	openat EMFILE; full.ini", ; cannot be read
	read EIO; ^read.[0-9]*<[^>]*full.ini>; cannot be read
	getsockopt EIO; SO_NETNS_COOKIE; the cookie of this network namespace
	statfs EIO; "/run/netns"; cannot look at /run/netns
	mkdir EACCES; "/run/xlab"; cannot make the folder /run/xlab
	flock EIO; /run/xlab>; /run/xlab: cannot lock it
	mkdirat EACCES; xlab>; cannot make the folder /run/xlab/
	flock EIO; full.lock; lab full: cannot lock it
	write ENOSPC; journal.new; write the state file
	openat EMFILE; "/proc/self/ns/net"; cannot open /proc/self/ns/net
	mkdir ENOSPC; full"; cannot make the folder
	mount ENOMEM; "tmpfs"; cannot mount a tmpfs
	openat EMFILE; full", O_RDONLY; full: Too many
	unshare ENOSPC; CLONE_NEWNET; cannot make a network namespace
	openat EMFILE; ns/br0"; namespace of br0: cannot make
	mount EPERM; "/proc/self/ns/net"; cannot keep the namespace at
	socket EMFILE; NETLINK_ROUTE; cannot open a netlink socket
	bind ENOMEM; AF_NETLINK; cannot open a netlink socket
	openat EACCES; "ipv4/ip_forward", O_RDONLY; cannot read net.ipv4.ip_forward
	read EIO; ipv4/ip_forward; cannot read net.ipv4.ip_forward
	openat EACCES; "ipv4/icmp_ratelimit", O_WRONLY; cannot set net.ipv4.icmp_ratelimit = 0
	write EIO; ipv4/icmp_ratelimit; cannot set net.ipv4.icmp_ratelimit = 0
	sendto ENOBUFS; NLM_F_ACK; raise lo: cannot send a netlink request
	recvmsg ENOBUFS; NLM_F_ACK; raise lo: cannot receive a netlink answer
	openat EMFILE 2; "/run/netns", O_RDONLY; cannot open /run/netns
	symlinkat EACCES; "br0"; cannot name the namespace of br0
	sendto ENOBUFS; veth|x76.x65.x74.x68; cannot make the veth pair of
	ioctl EIO; (SIOCETHTOOL|0x8946); cannot switch its offloads off: cannot ask how many there are
	ioctl EIO 2; (SIOCETHTOOL|0x8946); cannot switch its offloads off: cannot ask for their names
	ioctl ENODEV 3; (SIOCETHTOOL|0x8946); br0:pa: cannot switch its offloads off: the kernel refuses
	sendto ENOBUFS; nlmsg_len=40, nlmsg_type=(0x14|RTM_NEWADDR); cannot add address 10.9.0.254/24 to br0:br0
	sendto ENOBUFS; nlmsg_len=44, nlmsg_type=(0x18|RTM_NEWROUTE).*(x08.x02.x00|10\.8\.2\.0); full.ini:10: node a: cannot add the route to 10.8.2.0/24
	sendto ENOBUFS; nlmsg_len=40, nlmsg_type=(0x12|RTM_GETLINK); interface a:e0 is not ready
	sendto ENOBUFS; nlmsg_len=28, nlmsg_type=(0x1a|RTM_GETROUTE); the IPv6 addresses of node a: cannot ask for them: cannot send
	sendto ENOBUFS; nlmsg_len=48, nlmsg_type=(0x10|RTM_NEWLINK); interface a:e0: cannot raise it: cannot send
	mount EPERM; "bpf"; cannot mount a bpffs on
	mount ENOENT; "bpf"; lab full is going down
	mkdir ENOSPC; bpf/iface"; for BPF maps
	bpf ENOMEM; map_name="counters"; counters
	bpf ENOMEM; map_name="event_ring"; event_rings
	bpf EPERM; BPF_OBJ_PIN.*/counters"; counters
	bpf ENOMEM; BPF_BTF_LOAD; the verifier refuses the chain
	bpf ENOMEM 1+; map_name="filter.bss"; filter web: its maps cannot be made: 
	mkdir ENOSPC; filter/web~; cannot make the folder
	bpf EPERM; BPF_OBJ_PIN.*filter/web~; cannot pin map
	rename ENOSPC; filter/web~; cannot name the folder
	mmap ENOMEM; MAP_SHARED, [0-9]*<anon_inode:bpf-map>; b:e1: filter web: the map of the rules cannot be mapped
	bpf EPERM; prog_name="xlab_pass"; cannot load a pass program
	renameat EIO; chains; write the state file
END

# Bridges that are joined, in a ring: their spanning tree is waited for.
record up topologies/ring.ini
"$XLAB" down >/dev/null
each_refused up topologies/ring.ini <<-'END'
	setsockopt ENOBUFS; NETLINK_ADD_MEMBERSHIP; cannot join netlink group
	sendto ENOBUFS; nlmsg_len=152, nlmsg_type=(0x10|RTM_NEWLINK); cannot join the bridges s1 and s2
	sendto ENOBUFS; nlmsg_len=40, nlmsg_type=(0x10|RTM_NEWLINK); cannot join the bridges s1 and s2
	ppoll ENOMEM; ; interface east:eth0 is not ready: cannot wait for the kernel
END

# What stands when the lab is up, and is to stand after each.
standing()
{
	"$XLAB" status --json | jq -c '.labs[] | .name, .phase, .differences,
		(.nodes[].interfaces[] | [.name, .state, .addresses, (.chain.filters // [] | map(.filter))])'
}
xlab up "$dir/full.ini"
stood=$(standing)
stands() { is "$1: the lab is as it was" "$(standing)" "$stood"; }
then=stands

# Each has run before it is recorded: what only the first makes is there.
"$XLAB" chain b:e1 dns >/dev/null
"$XLAB" chain b:e1 web back >/dev/null
record chain b:e1 dns
"$XLAB" chain b:e1 web back >/dev/null
each_refused chain b:e1 dns <<-'END'
	flock EIO; full.lock; lab full: cannot lock it
	read EIO; full.journal>; cannot read the state file
	openat2 EMFILE; chains/b:e1"; cannot open the state file
	openat EMFILE; "/proc/self/ns/net"; cannot open /proc/self/ns/net
	setns EPERM; ns/b>; cannot enter
	fstatfs EIO; ns/b>; cannot look at the namespace of b
	sendto ENOBUFS; nlmsg_len=48, nlmsg_type=(0x12|RTM_GETLINK); cannot look for the interface e1
	bpf EPERM; BPF_OBJ_GET,.*/counters"; counters
	mmap ENOMEM; MAP_SHARED, [0-9]*<anon_inode:bpf-map>; map
	bpf EPERM; BPF_OBJ_GET,.*/filter/dns/; cannot open map :bss of the filter
	bpf ENOMEM 1+; map_name="filter.rodata"; filter dns: libbpf cannot load the object: 
	bpf ENOMEM; map_name="xlab.rodata"; cannot merge the constants
	bpf ENOMEM; BPF_MAP_LOOKUP_ELEM; cannot merge the constants
	bpf ENOMEM last+; BPF_BTF_LOAD; the kernel refuses the chain's BTF
	bpf EPERM 1+; prog_name="xlab_chain"; does not let this process load XDP programs
	renameat EIO; "b:e1.new"; write the state file
	sendto EBUSY; nlmsg_type=(0x13|RTM_SETLINK); its XDP program was changed by another tool just now
	sendto EOPNOTSUPP; nlmsg_type=(0x13|RTM_SETLINK); native XDP is not supported on it
	bpf EIO last; BPF_OBJ_GET_INFO_BY_FD; cannot ask for a program's id
	sendto ERANGE; nlmsg_type=(0x13|RTM_SETLINK); the MTU of its other end is too large
	sendto ENOMEM; nlmsg_type=(0x13|RTM_SETLINK); cannot attach XDP in native mode
	bpf EPERM; BPF_PROG_GET_FD_BY_ID; cannot open XDP program
	bpf ENOENT; BPF_PROG_GET_FD_BY_ID; its XDP program was changed by another tool just now
END

# What was put at the other end for a chain that sends back goes with it when it is not attached.
"$XLAB" chain b:e1 dns >/dev/null
record chain b:e1 back
"$XLAB" chain b:e1 dns >/dev/null
refused "sendto:error=ENOMEM:when=$(nth sendto 'nlmsg_type=(0x13|RTM_SETLINK)' 2)" chain b:e1 back
ended 'a chain that sends back is not attached' 3 'cannot attach XDP in native mode'
is 'a chain that sends back is not attached: nothing is left at the other end' \
	"$(ip -n a -j link show e1 | jq '.[0].xdp')" null
"$XLAB" chain b:e1 web back >/dev/null
record explain b:e1 odd
each_refused explain b:e1 odd <<-'END'
	bpf EPERM; BPF_OBJ_GET,.*/counters"; cannot make map */counters: 
	read EIO; cpu/possible; cannot ask how many CPUs there can be
	openat EMFILE; full/bpf", .*O_PATH; cannot open */full/bpf: 
	unshare EPERM; CLONE_NEWNS; cannot mount a bpffs of its own on
	mount EPERM; MS_SLAVE; cannot mount a bpffs of its own on
	mount EPERM; full/bpf", "bpf"; cannot mount a bpffs of its own on
	openat EMFILE; filter/web", .*O_DIRECTORY; filter web: cannot read the folder
	getdents64 EIO; filter/web>; filter web: cannot read the folder
	bpf EPERM; BPF_OBJ_GET,.*self/fd/.*/web/; filter web: cannot open map /proc/self/fd/
	bpf EPERM; BPF_OBJ_GET,.*full/bpf/filter/web/; filter web: cannot open map /run/
	bpf EPERM 2; BPF_OBJ_GET,.*full/bpf/filter/web/; cannot open map :bss of the filter: 
	access EACCES; full/bpf/filter/web"; cannot look at */filter/web: 
	bpf EPERM; BPF_MAP_GET_NEXT_KEY; filter web: cannot read a map's keys
	bpf EPERM; BPF_MAP_LOOKUP_ELEM; filter web: cannot read map filter.bss
	bpf EPERM 3; BPF_MAP_UPDATE_ELEM; filter web: cannot write a copy of map filter.bss
END

# Where it cannot leave a namespace it does nothing more, for it would do that in there.
refused "setns:error=EPERM:when=$(nth setns '' 2)+1" chain b:e1 dns
ended 'no way back from a namespace' 3 'cannot go back to its own network namespace'
is 'no way back from a namespace: what was done is known' "$("$XLAB" status --json | jq -c '.labs[].differences')" '[]'
"$XLAB" chain b:e1 web back >/dev/null

record chain b:e1 --off
"$XLAB" chain b:e1 web back >/dev/null
each_refused chain b:e1 --off <<-'END'
	sendto ENOMEM; nlmsg_type=(0x13|RTM_SETLINK); cannot
	bpf EPERM; BPF_PROG_GET_FD_BY_ID; cannot open XDP program
END
record filter web list
each_refused filter web list <<-'END'
	read EIO; cpu/possible; filter web: cannot ask how many CPUs there can be
	bpf EPERM; BPF_OBJ_GET,; cannot open map
	bpf EPERM; BPF_OBJ_GET_INFO_BY_FD; the map of the rules cannot be asked for its size
	mmap ENOMEM; MAP_SHARED, [0-9]*<anon_inode:bpf-map>; the map of the rules cannot be mapped
END
record filter web add dst=81
"$XLAB" filter web del dst=81 >/dev/null
each_refused filter web add dst=81 <<-'END'
	flock EIO; full.lock; lab full: cannot lock it
	mmap ENOMEM; MAP_SHARED, [0-9]*<anon_inode:bpf-map>; the map of the rules cannot be mapped
END
record exec a -- true
each_refused exec b -- true <<-'END'
	mount EPERM; "bpf"; cannot mount a bpffs on
	open_tree EMFILE; xdp/a; cannot open
	move_mount EPERM last; /sys/fs/bpf"; xdp/b on /sys/fs/bpf
END
record exec a -- true
each_refused exec a -- true <<-'END'
	unshare EPERM; CLONE_NEWNS; cannot make a mount namespace for the node
	mount EPERM; "sysfs"; cannot mount the node's own /sys
	setns EPERM; CLONE_NEWNET; namespace
END

record exec --user nobody a -- true
each_refused exec --user nobody a -- true <<-'END'
	prctl EPERM; PR_CAPBSET_DROP; cannot give up privileges
	setgroups EPERM; ; cannot become user nobody
	prctl EPERM; PR_SET_NO_NEW_PRIVS; cannot give up privileges
END
# A scenario's report tells it, as a fault of the lab.
reported() # NAME STATUS WORDS
{
	is "$1: exit status" "$status" "${reported_status-$2}"
	like "$1: told" "$out$err" "$3"
}
told=reported
# Each begins as the recorded one did: behind one that went well.
stands_anew()
{
	stands "$1"
	"$XLAB" scenario s >/dev/null
}
then=stands_anew
"$XLAB" scenario s >/dev/null
record scenario s
each_refused scenario s <<-'END'
	flock EIO; full.lock; lab full: cannot lock it
	signalfd4 EMFILE; ; cannot wait for signals
	clone EAGAIN; ; cannot start /usr/bin/ping
	pipe2 EMFILE; ; cannot make a pipe
	ppoll ENOMEM; ; cannot wait for the step's children
END
# Nothing has been waited for before these, which would take another number of calls each time.
stands_anew()
{
	stands "$1"
	"$XLAB" scenario text >/dev/null
}
"$XLAB" scenario text >/dev/null
record scenario text
each_refused scenario text <<-'END'
	sendto ENOENT; nlmsg_len=72, nlmsg_type=0x14; this kernel cannot list udp sockets: module udp_diag
	sendto EPERM; nlmsg_len=72, nlmsg_type=0x14; cannot ask sock_diag
	write EPIPE; "hello; cannot give nc its text
END
stands_anew()
{
	stands "$1"
	"$XLAB" scenario frames >/dev/null
}
"$XLAB" scenario frames >/dev/null
record scenario frames
each_refused scenario frames <<-'END'
	socket EMFILE; AF_PACKET; b: cannot open a packet socket at e1: Too many
	socket EMFILE 2; AF_PACKET; a: cannot open a packet socket at e1: Too many
	setsockopt ENOMEM; PACKET_AUXDATA; cannot open a packet socket at e1: Cannot allocate
	bind ENODEV; AF_PACKET; cannot open a packet socket at e1: No such device
	recvmsg EIO; MSG_TRUNC.|"?", 15|, 0. = 15; cannot read from a packet socket
	bpf EPERM; BPF_PROG_TEST_RUN; BPF_PROG_TEST_RUN of the chain at b:e1: Operation not permitted
	bpf EINVAL; BPF_PROG_TEST_RUN; BPF_PROG_TEST_RUN of the chain at b:e1: Invalid
END
# Without any chain it does not go out either.
reported_status=1
each_refused scenario frames <<-'END'
	sendto ENETDOWN; , 15, 0, NULL; error of the lab: *a:e1 cannot send it: Network is down
	sendto EMSGSIZE; , 15, 0, NULL; a:e1 cannot send its 15 bytes: its MTU is 1500
END
unset reported_status
# Nor are any of these, which come before the first step.
stands_anew()
{
	stands "$1"
	"$XLAB" scenario s >/dev/null
}
"$XLAB" scenario s >/dev/null
record scenario s
each_refused scenario s <<-'END'
	sendto EPERM; nlmsg_type=(0x1d|RTM_DELNEIGH); forget its neighbours: cannot send a netlink request
END
# What the kernel itself says of drops is done without.
reported_status=0
each_refused scenario s <<-'END'
	openat ENOENT; btf/vmlinux; 1 ok
	mmap ENOMEM; btf/vmlinux; 1 ok
	bpf ENOMEM; map_name="drops"; 1 ok
	bpf EPERM; BPF_RAW_TRACEPOINT_OPEN; 1 ok
END
unset reported_status
btf=/sys/kernel/btf/vmlinux
for size in 10 24 100000 $(($(stat -c %s $btf) - 1)); do
	head -c "$size" $btf >"$dir/btf"
	mount --bind "$dir/btf" $btf
	refused "mmap:error=ENOMEM:when=$(nth mmap btf/vmlinux)" scenario s # it is read, and a sanitizer looks on
	umount $btf
	reported "scenario s: of the kernel's BTF the first $size bytes" 0 '1 ok'
done
then=stands
record scenario programs
each_refused scenario programs <<-'END'
	clone3 EAGAIN; ; cannot start a process in a PID namespace
END
# A node's program is entered by its first process.
run strace -f -qq -o "$dir/trace" -e trace=mount -e inject=mount:error=EPERM -E "$unleaked" "$XLAB" scenario programs
grep -q INJECTED "$dir/trace"
result $? "scenario programs: mount: it came to that" "$(<"$dir/trace")"
reported 'scenario programs: mount' 1 'it died before it was ready: cannot '
stands 'scenario programs: mount'
then=stands_anew
# Later it depends on how long its steps take how often it has called: there the path tells which is meant.
while IFS=';' read -r call path words; do
	run strace -qq -o "$dir/trace" -P "$home/full/$path" -e "inject=$call" -E "$unleaked" "$XLAB" scenario s
	grep -q INJECTED "$dir/trace"
	result $? "scenario s: $call of $path: it came to that" "$(<"$dir/trace")"
	reported "scenario s: $call of $path" 3 "$words"
	stands "scenario s: $call of $path"
done <<-'END'
	openat:error=EMFILE;listeners/0;cannot open
	pwrite64:error=EIO;listeners/0;cannot write a listener's lock
	fsync:error=EIO;chains;write the state file
END
told=ended
then=stands

# What a child cannot do before its exec, it says itself. (AddressSanitizer has a word on its stack to say then,
# and that is the last.)
case ${BUILD-} in */san) last_words='says: ' ;; *) last_words= ;; esac
strace -f -qq -o "$dir/calls" -e trace=prctl -E "$unleaked" "$XLAB" scenario s >/dev/null
# Which prctl() of a child's own that is.
prctl() { echo "prctl:error=EPERM:when=$(awk -v what="$1" '{ n[$1]++ } index($0, what) { print n[$1]; exit }' "$dir/calls")"; }
while IFS=';' read -r call words; do
	# shellcheck disable=SC2086 # it may be of one path alone
	run strace -f -qq -o "$dir/trace" -e inject=$call -E "$unleaked" "$XLAB" scenario s
	is "a child whose $call fails: exit status" "$status" 1
	said="/usr/bin/ping: cannot $words"
	# without its files it says it where xlab does
	[ "$words" = 'set up its files' ] || said=${last_words:-$said}
	like "a child whose $call fails: told" "$out$err" "$said"
	stands "a child whose $call fails"
done <<-END
	openat:error=EMFILE -P /dev/null;set up its files
	chdir:error=EPERM;change to /
	$(prctl PR_CAP_AMBIENT);give up privileges
	capget:error=EPERM;give up privileges
	capset:error=EPERM;give up privileges
	$(prctl PR_SET_NO_NEW_PRIVS);give up privileges
	close_range:error=EPERM;close its files
	$(prctl PR_SET_PDEATHSIG);tie its life to xlab's
	execve:error=EACCES;run it
END

# A status tells what it could not look at.
record status
each_refused status <<-'END'
	openat EMFILE; xlab/[^/>]*>, "\."; cannot list the labs
END
told=reported
reported_status=0
each_refused status <<-'END'
	socket EMFILE; NETLINK_ROUTE; cannot be looked at: cannot open a netlink socket: Too many
	recvmsg EIO; nlmsg_type=(0x10|RTM_NEWLINK).*MSG_PEEK; cannot be looked at: cannot read the links
	recvmsg EIO; nlmsg_type=(0x14|RTM_NEWADDR).*MSG_PEEK; cannot be looked at: cannot read the addresses
END
told=ended
unset reported_status

# A watch that cannot begin, or go on.
rm "$dir/err"
record watch --count 1 b:e1 &
await "$dir/err" watching
"$XLAB" exec a -- ping -c1 -W1 10.8.0.2 >/dev/null
wait $!
is 'watch --count 1: nothing refused' $? 0
each_refused watch b:e1 <<-'END'
	openat EMFILE; listeners/0; cannot open
	pwrite64 EIO; listeners/0; cannot write a listener's lock
	bpf EPERM; BPF_OBJ_GET,.*event_rings; event_rings
	mmap ENOMEM; MAP_SHARED, [0-9]*<anon_inode:bpf-map>; cannot map a listener's ring buffer
	signalfd4 EMFILE; ; cannot wait for signals
	poll ENOMEM; ; cannot wait for events
END
# One that was killed is still subscribed; the next one looks for that before anything else.
n=$(nth mmap 'MAP_SHARED, [0-9]*<anon_inode:bpf-map>')
printf '!' >"$home/full/listeners/0"
refused "mmap:error=ENOMEM:when=$n" watch b:e1
ended 'watch, behind one that was killed' 3 "cannot map an interface's counters"
: >"$home/full/listeners/0"

# A signal ends a scenario's step, and what stood there before comes back.
halt ppoll 1 scenario s
kill -TERM "$(cat /proc/$halted/task/$halted/children)"
resume
is 'a scenario that is stopped: exit status' "$status" $((128 + $(kill -l TERM)))
like 'a scenario that is stopped: its step' "$out" 'stopped by a signal'
like 'a scenario that is stopped: the rest' "$err" 'xlab: stopped by a signal after 1 of 1 scenarios'
stands 'a scenario that is stopped'

# A lab of which not all has gone is known, and the next `down` takes the rest.
goes()
{
	xlab down full
	is "$1: the next down" "$status $out" '0 full is down'
	nothing_left "$1: the next down"
	"$XLAB" up "$dir/full.ini" >/dev/null
}
then=goes
record down full
"$XLAB" up "$dir/full.ini" >/dev/null
each_refused down full <<-'END'
	openat EMFILE; "/run/netns", O_RDONLY; cannot open /run/netns
	getdents64 EIO; run/netns>; cannot read /run/netns
	unlinkat EACCES; run/netns>, "b"; cannot remove /run/netns/b
	umount2 EBUSY; ; cannot unmount
	rmdir EACCES; /full"; cannot remove the folder
	unlinkat EIO; "full.journal", 0; full.journal
END
# A folder that cannot be read is none without labs in it.
record status
each_refused status <<-'END'
	getdents64 EIO; xlab/; cannot list the labs
END
# The journal knows the tmpfs by its number: without that it is looked for in the table of mounts.
numberless() { sed -i 's/^tmpfs .*/tmpfs 1:0/' "$home/full.journal"; }
numberless
record down full
"$XLAB" up "$dir/full.ini" >/dev/null
numberless
refused "openat:error=EMFILE:when=$(nth openat mountinfo)" down full
ended 'down full: the table of mounts' 3 'cannot read /proc/self/mountinfo'
goes 'down full: the table of mounts'

gone()
{
	nothing_left "$1"
	"$XLAB" up "$dir/full.ini" >/dev/null
}
then=gone
record down full --wait
"$XLAB" up "$dir/full.ini" >/dev/null
each_refused down full --wait <<-'END'
	unshare ENOSPC; CLONE_NEWNET; the lab is down, but its end cannot be waited for: cannot watch the namespaces: cannot make a namespace
	unshare ENOSPC 2; CLONE_NEWNET; the lab is down, but its end cannot be waited for: cannot watch the namespaces: cannot make a namespace
	setsockopt ENOBUFS; NETLINK_ADD_MEMBERSHIP; the lab is down, but its end cannot be waited for: cannot watch the namespaces: cannot join netlink group
	ppoll ENOMEM; ; cannot wait for the kernel
END
"$XLAB" down >/dev/null

# In namespaces of its own, there is nothing that could be left.
then=nothing_left
told=reported
record run "$dir/full.ini" s
each_refused run "$dir/full.ini" s <<-'END'
	unshare EPERM; CLONE_NEWNS; cannot make a mount namespace of its own
	mount EPERM; MS_SLAVE; cannot part from the machine's mounts
	mount ENOMEM; "tmpfs"; cannot mount a tmpfs
END
told=ended

# /proc/sys as it is in many a container: settings are written in a procfs of its own.
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
run strace -qq -o "$dir/calls" -e trace=fsopen -E "$unleaked" "$XLAB" up $pair
is 'up where /proc/sys is read-only' "$status $out" '0 pair is up: left right'
is 'up where /proc/sys is read-only: settings stand' \
	"$("$XLAB" exec left cat /proc/sys/net/ipv4/icmp_ratelimit)" 0
is 'up where /proc/sys is read-only: with one procfs' "$(grep -c fsopen "$dir/calls")" 1
umount /proc/sys
xlab down

# More namespaces than this process may have files: as many as it takes, if that is allowed.
run prlimit --nofile=12:4096 "$XLAB" up $pair
is 'up with few files' "$status $out" '0 pair is up: left right'
xlab down

# A file and a socket each, and a socket of a bridge with STP, and 64 in all: told before anything is built.
limited() # MOST
{
	run strace -qq -o "$dir/calls" -e trace=unshare -E "$unleaked" \
		prlimit --nofile=12:"$1" setpriv --bounding-set -sys_resource "$XLAB" up "$dir/many.ini"
}
printf '%s\n' '[lab]' 'name = many' '[node n{1..198}]' '[bridge plain]' '[bridge tree]' 'stp = yes' >"$dir/many.ini"
limited 464
ended 'up with one file too few' 3 '200 namespaces take 465 open files at once, more than the 464 that this process may have'
nothing_left 'up with one file too few'
is 'up with one file too few: nothing was built' "$(grep -c unshare "$dir/calls")" 0
limited 465
is 'up with just the files that it takes' "$status" 0
xlab down
nothing_left 'up with just the files that it takes'

# What is not needed is done without: a procfs of its own for each few dozen namespaces of a large lab.
run strace -qq -o "$dir/calls" -e trace=fsopen -E "$unleaked" "$XLAB" up "$dir/many.ini"
is 'a large lab: its procfs' "$status $(grep -c fsopen "$dir/calls")" '0 6'
xlab down
refused fsopen:error=EPERM up "$dir/many.ini"
is 'up without a procfs of its own' "$status" 0
xlab down
nothing_left 'up without a procfs of its own'

# A kernel that has no features, or leaves the names of those that it has empty: what is asked stays unanswered.
record up $pair
"$XLAB" down >/dev/null
unanswered() # NTH MESSAGE
{
	run strace -f -qq -o /dev/null -E "$unleaked" -e trace=ioctl \
		-e inject=ioctl:retval=0:when="$(nth ioctl '(SIOCETHTOOL|0x8946)' "$1")" "$XLAB" up $pair
	ended "up: $2" 3 "$2"
	nothing_left "up: $2"
}
unanswered 1 'the kernel has 0, and 1 to 256 can be'
unanswered 2 'the kernel has no tx-checksum-ip-generic'

# Who carries a chain is what the kernel says of EXT programs: here others speak for it. (One that says so
# itself has libxdp carry it in the end.)
exec 9<>/dev/null
"$XLAB" up $pair >/dev/null
"$XLAB" chain right:eth0 web >/dev/null
"$XLAB" chain right:eth0 --off >/dev/null
record chain right:eth0 web
ext=$(nth bpf 'prog_type=(BPF_PROG_TYPE_EXT|0x1c)')
while IFS=';' read -r injection why; do
	"$XLAB" chain right:eth0 --off >/dev/null
	run strace -qq -o "$dir/trace" -e "inject=bpf:$injection" -E "$unleaked" "$XLAB" chain right:eth0 web
	is "chain, EXT programs $injection: exit status" "$status" 0
	like "chain, EXT programs $injection" "$out" "why inline: $why"
done <<-END
	error=EINVAL:when=$ext;this kernel has no EXT programs (EINVAL)
	error=EPERM:when=$ext;this kernel refuses EXT programs (EPERM)
	error=EOPNOTSUPP:when=$ext;this kernel does not support EXT programs (EOPNOTSUPP)
	error=ENOMEM:when=$ext;this kernel does not load EXT programs
	retval=9:when=$ext;this kernel has no EXT programs (EINVAL)
	$(grep -q 'prog_type=BPF_PROG_TYPE_EXT.* = -1' "$dir/calls" &&
		echo "retval=9:when=$ext..$((ext + 1));libxdp cannot carry it: libxdp: ")
END
record status
run strace -qq -o "$dir/trace" -e "inject=bpf:retval=9:when=$(nth bpf 'prog_type=(BPF_PROG_TYPE_EXT|0x1c)')+" \
	-E "$unleaked" "$XLAB" status --json
is 'status: the kernel takes EXT programs' "$(jq -r '.labs[].engine | .used + ": " + .why' <<<"$out")" \
	'libxdp: this kernel loads EXT programs'
"$XLAB" down >/dev/null
exec 9<&-

# As on a machine that never had a named namespace.
umount /run/netns
rmdir /run/netns
record up "$dir/full.ini"
"$XLAB" down >/dev/null
never_was() { is "$1: nothing is left" "$(find /run/xlab /run/netns 2>/dev/null)" ''; }
then=never_was
each_refused up "$dir/full.ini" <<-'END'
	mkdir EACCES; "/run/netns"; cannot make /run/netns
	openat ENOSPC; "netns.made"; cannot note that /run/netns is made
END
mkdir /run/netns
mount -t tmpfs -o mode=755 netns /run/netns
done_testing
