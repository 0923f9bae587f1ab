# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: the commands under torture, what each needs first, and the points at which they
# can be struck.

COMMANDS="up self down scenario run chain changes explain"

# lb.ini's lab with equal chains at two nodes, and at a third one that sends back; with nodes that a
# range makes, at a bridge that is joined to the other, and an address on lo. Sets CHAINS.
chains_file()
{
	CHAINS=$SCRATCH/chains.ini
	awk '{ print }
		/^\[iface (host|h2):/ { print "chain = headers udp-8888" }
		/^\[iface h3:/ { print "chain = headers back" }
		END { print "[filter back]\nprogram = tx" }' "$LB" >"$CHAINS"
	printf '%s\n' '[bridge br1]' 'uplink = br0' '[node r{1..3}]' '[iface r{1..3}:eth0]' 'bridge = br1' \
		'address = 10.0.0.10{n}/24' '[iface r1:lo]' 'address = 10.99.0.1/32' >>"$CHAINS"
}

# Sets ARGS.
command_args() # COMMAND
{
	case $1 in
	up | self)
		chains_file
		ARGS=(up "$CHAINS")
		[ "$1" = up ] || ARGS+=(--self host)
		;;
	down) ARGS=(down) ;;
	scenario) ARGS=(scenario udp-8888-drop) ;;
	run) ARGS=(run "$LB" udp-8888-drop) ;;
	chain) ARGS=(chain host:veth0 headers udp-8888) ;;
	changes) ARGS=(scenario changes --timeout 300) ;;
	explain) ARGS=(explain host:veth0 ping lb host) ;;
	esac
}

# lb.ini's lab with a scenario that starts programs, and changes rules and a chain. Sets CHANGES.
changes_file()
{
	CHANGES=$SCRATCH/changes.ini
	{
		cat "$LB"
		printf '%s\n' '[scenario changes]' 'chain = host:veth0 udp-8888' \
			'serve = h2 nc -lk 8000 until tcp:8000' \
			'do = filter udp-8888 add dst=8889' 'do = filter udp-8888 del dst=8888' \
			'do = chain host:veth0 headers udp-8888' \
			'pass = exec lb nc -z -w 2 10.0.0.2 8000'
	} >"$CHANGES"
}

command_prepare() # COMMAND
{
	case $1 in
	down)
		chains_file
		"$XLAB" up "$CHAINS" >/dev/null 2>"$ERR" 3<&-
		;;
	scenario | chain | changes) # a chain of its own stands there
		changes_file
		"$XLAB" up "$CHANGES" >/dev/null 2>"$ERR" 3<&- &&
			"$XLAB" chain host:veth0 hello >/dev/null 2>"$ERR" 3<&-
		;;
	explain)
		"$XLAB" up "$LB" >/dev/null 2>"$ERR" 3<&- &&
			"$XLAB" chain host:veth0 lb-mac >/dev/null 2>"$ERR" 3<&-
		;;
	esac
}

# Calls that change something, tell something, or wait. A `?` lets strace pass over those
# that this machine does not have.
KILL_SET="openat,openat2,mkdir,mkdirat,mount,umount2,unshare,setns,clone,clone3,fork,vfork,execve,sendto\
,sendmsg,recvfrom,recvmsg,bpf,ioctl,write,pwrite64,ftruncate,rename,renameat,renameat2,symlink\
,symlinkat,unlink,unlinkat,rmdir,fsync,flock,fsopen,fsconfig,fsmount,move_mount,open_tree,poll\
,ppoll,epoll_wait,epoll_pwait,pselect6,wait4,waitid,pidfd_open,pidfd_send_signal,prctl,close\
,exit_group"

# How often each call stands in a trace: "SYSCALL MAIN MOST" a line. MAIN: by the command itself; MOST:
# by whichever process of it makes most. The execve it begins with is strace's own.
calls_of() # TRACE
{
	awk '
		!match($2, /^[a-z0-9_]+\(/) { next }
		{ call = substr($2, 1, RLENGTH - 1) }
		main == "" { main = $1; if (call == "execve") next }
		{ n[call, $1]++; if (n[call, $1] > most[call]) most[call] = n[call, $1] }
		END { for (call in most) print call, n[call, main] + 0, most[call] }' "$1" | LC_ALL=C sort
}

# "SYSCALL MAIN MOST BOOT" a line. BOOT: before main(), by the dynamic linker. Runs in a sandbox, with
# the output where it goes when it is struck: stdio asks about terminals.
command_count() # COMMAND SET
{
	local set="?${2//,/,?}"

	command_args "$1"
	command_prepare "$1" || return 1
	strace -f -qq -o "$SCRATCH/boot" -e "trace=?execve,?openat,?close,?mmap" "$XLAB" --version \
		>"$SCRATCH/counted" 2>"$ERR" &&
		strace -f -qq -o "$SCRATCH/count" -e "trace=$set" "$XLAB" "${ARGS[@]}" \
			>"$SCRATCH/counted" 2>"$ERR" || return 1
	LC_ALL=C join -a 1 -e 0 -o 0,1.2,1.3,2.2 <(calls_of "$SCRATCH/count") <(calls_of "$SCRATCH/boot")
}

# The ways back from a command that was killed, the plain one first.
ways_of() # COMMAND
{
	case $1 in
	up | down) echo down all again ;;
	self | scenario | changes) echo down all again other ;;
	chain | explain) echo down again ;;
	run) echo nothing ;; # none may be needed
	esac
}

# Which counts of a call to strike at.
points_of() # MODE MAIN MOST BOOT
{
	local mode=$1 main=$2 most=$3 first=$(($4 + 1))

	if [ "$mode" = all ]; then
		seq "$first" "$most"
	else
		[ "$main" -lt "$first" ] || printf '%s\n' "$first" $(((first + main) / 2)) "$main"
		[ "$main" -ge "$first" ] || [ "$most" -lt "$first" ] || echo "$first"
	fi | sort -nu
}
