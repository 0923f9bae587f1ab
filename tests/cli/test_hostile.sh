#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2016,SC2012 # cases are called by names that are put together; $ is meant; fds are numbers
#
# What somebody may do to xlab on purpose: names, files, a state folder that was prepared, no privileges,
# several commands at once. Nothing may change but what was asked for, nothing may hang, and each refusal says
# what is wrong. Runs in a sandbox (tests/torture/sandbox).
. "$(dirname "$0")/../torture/lib.sh"

scratch
cd "$SCRATCH" || exit 2
OUT=$SCRATCH/out
ERR=$SCRATCH/err
VICTIM=$SCRATCH/victim
NOBODY="setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all"
LIMIT=10 # seconds, and a refusal takes far less

# Run it; its status is "expected", one of them, and it says something that matches.
expect() # STATUSES TEXT WHAT CMD…
{
	local statuses=$1 text=$2 what=$3 status

	shift 3
	timeout -s KILL "$LIMIT" "$@" >"$OUT" 2>"$ERR" </dev/null
	status=$?
	case ",$statuses," in
	*,$status,*) ;;
	*)
		not_ok "$what" "status $status instead of $statuses: $(cat "$ERR")"
		return
		;;
	esac
	if grep -qiE -- "$text" "$OUT" "$ERR"; then
		ok "$what"
	else
		not_ok "$what" "nothing that matches '$text' in: $(cat "$ERR")"
	fi
}

victim()
{
	rm -rf "$VICTIM"
	mkdir -p "$VICTIM/below"
	echo "mine" >"$VICTIM/file"
	echo "mine too" >"$VICTIM/below/file"
	chmod 640 "$VICTIM/file"
}

victim_whole() # WHAT
{
	local now

	now=$(find "$VICTIM" -printf '%P %y %m %s %T@\n' | sort)
	[ "$(cat "$VICTIM/file" "$VICTIM/below/file")" = "mine
mine too" ] && [ "$now" = "$VICTIM_BEFORE" ]
	check $? "$1: what the link points to is untouched" "$now"
}

victim_prepare()
{
	victim
	VICTIM_BEFORE=$(find "$VICTIM" -printf '%P %y %m %s %T@\n' | sort)
}

# [node NAME] and what stands on it, in a file that is otherwise right.
lab_with() # NODE IFACE
{
	printf '[node %s]\n[node b]\n[iface %s:%s]\npeer = b:eth0\n[iface b:eth0]\npeer = %s:%s\n' \
		"$1" "$1" "$2" "$1" "$2" >hostile.ini
}

case_names()
{
	local name

	for name in ../x .. . a/b -v x%d 'a b' a@b 'a;b' '$(reboot)' $'a\tb' $'a\e[31m' lo all default self \
		"$(printf 'n%.0s' {1..300})"; do
		lab_with "$name" eth0
		expect 2 'hostile.ini:1' "a node called $(printf %q "${name:0:20}")" "$XLAB" check hostile.ini
	done
	for name in ../x a/b -v x%d 'a b' a@b a:b lo all default sixteen-letters-; do
		lab_with a "$name"
		expect 2 'hostile.ini:[34]' "an interface called $(printf %q "$name")" "$XLAB" check hostile.ini
	done
	for name in ../../x a/b -x x%d $'a\nb' '' ' ' "$(printf 'n%.0s' {1..300})"; do
		expect 2 . "--as $(printf %q "${name:0:20}")" "$XLAB" up "$LB" --as "$name"
	done
	for name in ../../x ../lb /etc . .. $'a\nb' '' -x x%n; do
		expect 2,3 . "down $(printf %q "$name")" "$XLAB" down "$name"
		expect 2,3 . "status $(printf %q "$name")" "$XLAB" status "$name"
		expect 2,3 . "exec $(printf %q "$name")/lb" "$XLAB" exec "$name/lb" -- true
		expect 2,3 . "chain $(printf %q "$name")" "$XLAB" chain "$name:veth0"
	done
	[ ! -e /run/xlab ]
	check $? "none of these names made anything" "$(find /run/xlab)"
}

# What a terminal would obey is not written to it raw, neither ESC nor its like in UTF-8, but as U+FFFD.
raw() # WHAT CMD…: it shows such a text
{
	local what=$1

	shift
	"$@" >"$OUT" 2>"$ERR"
	cat "$ERR" >>"$OUT"
	grep -q $'\xef\xbf\xbd' "$OUT" && ! LC_ALL=C grep -qaP '[\x07\x1b\x9b]' "$OUT"
	check $? "no control characters reach the terminal: $what" "$(cat -v "$OUT")"
}

case_escapes()
{
	local format file=$'\e]0;owned\a.ini'

	printf '[lab]\nname = lb\n[node \e]0;owned\a]\nfoo\e[2J = 1\n' >escape.ini
	"$XLAB" check escape.ini >"$OUT" 2>"$ERR"
	! grep -q $'[\e\a]' "$OUT" "$ERR"
	check $? "control characters of a lab file do not reach the terminal" "$(cat -v "$ERR")"
	raw "a file's name" "$XLAB" check $'nowhere\e[2J'
	printf '[lab]\nname = lb\nabout = \xc2\x9b2J\n[node n]\n[node m]\n' >"$file"
	printf '[iface n:a]\npeer = m:b\naddress = 10.0.0.1/24\n[iface m:b]\npeer = n:a\naddress = 10.0.0.2/24\n' >>"$file"
	printf '[scenario s]\nabout = \xc2\x9b2J\npass = udp n m:9 \xc2\x9b2J\n' >>"$file"
	raw "a lab file that is right" "$XLAB" check "$file"
	expect 0 . "up" "$XLAB" up "$file"
	echo >>"$file"
	raw "status" "$XLAB" status
	raw "status --json" "$XLAB" status --json
	raw "scenario --list" "$XLAB" scenario --list
	for format in text tap junit json; do
		raw "a report as $format" "$XLAB" scenario s --format $format
	done
	expect 0 . "down" "$XLAB" down
}

case_files()
{
	mkfifo pipe.ini
	ln -s loop.ini loop.ini
	expect 2 'pipe.ini' "a lab file that is a fifo" "$XLAB" check pipe.ini
	expect 2 . "a lab file that is a folder" "$XLAB" check /
	expect 2 . "a lab file that is a device without an end" "$XLAB" check /dev/zero
	expect 2 . "a lab file that is a loop of links" "$XLAB" check loop.ini
	expect 2 . "a lab file that is not there" "$XLAB" check nowhere.ini
	truncate -s 100M large.ini
	expect 2 'large.ini' "a lab file of 100 MB, sparse" "$XLAB" check large.ini
	yes '# nothing' | head -c 100000000 >large.ini
	expect 2 'large.ini' "a lab file of 100 MB" "$XLAB" check large.ini
	yes '[node n]' | head -c 4000000 >sections.ini
	expect 2 . "a lab file of sections and nothing else" "$XLAB" check sections.ini
	seq -f '[node n%.0f]' 250000 | head -c 4000000 >sections.ini
	expect 2 '10000' "a lab file of more nodes than there can be" "$XLAB" check sections.ini
	printf '[node a]\n%0100000d = 1\n' 0 >line.ini
	expect 2 'line.ini:2' "a line of 100,000 bytes" "$XLAB" check line.ini
	printf '[node a]\nroute\0 = 1\n' >nul.ini
	expect 2 'nul.ini:2' "a NUL byte" "$XLAB" check nul.ini
	head -c 1000000 /dev/urandom >noise.ini
	expect 2 . "noise" "$XLAB" check noise.ini
	rm -f large.ini
}

case_ten_thousand_nodes()
{
	seq -f '[node n%.0f]' 10001 >many.ini
	expect 2 'at most 10000 nodes' "10,001 nodes" "$XLAB" up many.ini
	[ ! -e /run/xlab ]
	check $? "10,001 nodes: nothing was built"
	awk 'BEGIN {
		print "[bridge br]"
		for (i = 1; i <= 1200; i++)
			printf "[node n%d]\n[iface n%d:eth0]\nbridge = br\nport = p%d\n", i, i, i
	}' >many.ini
	expect 2 '1023' "1200 ports on a bridge" "$XLAB" up many.ini
}

# What may stand where xlab keeps its state, planted by somebody: refused or passed by, never followed.
state_id() # where the labs of this sandbox are: lab/state_dir.h
{
	"$XLAB" up "$LB" >/dev/null && basename /run/xlab/* && "$XLAB" down >/dev/null
}

planted() # WHAT: everything that looks at the state, with a deadline
{
	local word

	for word in "up $LB" status "down lb" "down --all" down "scenario --list" "exec lb -- true" "run $LB hello"; do
		# shellcheck disable=SC2086 # words of a command
		timeout -s KILL "$LIMIT" "$XLAB" $word >"$OUT" 2>"$ERR" </dev/null
		case $? in
		0 | 1 | 2 | 3) ;;
		*) not_ok "$1: xlab $word ended with status $?" "$(cat "$ERR")" ;;
		esac
	done
	victim_whole "$1"
	ip -all netns delete 2>/dev/null
	rm -rf /run/xlab /run/netns/*
}

case_state_folder()
{
	local id

	id=$(state_id)
	victim_prepare

	install -d -m 700 -o 1000 /run/xlab
	expect 3 '/run/xlab' "/run/xlab of another user" "$XLAB" up "$LB"
	planted "/run/xlab of another user"

	install -d -m 777 /run/xlab
	chmod 777 /run/xlab
	expect 3 '/run/xlab' "/run/xlab that all may write to" "$XLAB" up "$LB"
	planted "/run/xlab that all may write to"

	ln -s "$VICTIM" /run/xlab
	expect 3 '/run/xlab' "/run/xlab that is a link" "$XLAB" up "$LB"
	planted "/run/xlab that is a link"

	echo mine >/run/xlab
	expect 3 '/run/xlab' "/run/xlab that is a file" "$XLAB" up "$LB"
	rm /run/xlab

	install -d -m 700 /run/xlab
	ln -s "$VICTIM" "/run/xlab/$id"
	expect 3 '/run/xlab' "the folder below that is a link" "$XLAB" up "$LB"
	planted "the folder below that is a link"

	for name in lb lb.lock lb.journal lb.journal.new netns.made; do
		install -d -m 700 /run/xlab "/run/xlab/$id"
		ln -s "$VICTIM/file" "/run/xlab/$id/$name"
		planted "$name that is a link to a file"
		install -d -m 700 /run/xlab "/run/xlab/$id"
		ln -s "$VICTIM" "/run/xlab/$id/$name"
		planted "$name that is a link to a folder"
		install -d -m 700 /run/xlab "/run/xlab/$id"
		mkfifo "/run/xlab/$id/$name"
		planted "$name that is a fifo"
		install -d -m 700 /run/xlab "/run/xlab/$id"
		head -c 100000 /dev/urandom >"/run/xlab/$id/$name"
		planted "$name that is noise"
		install -d -m 700 /run/xlab "/run/xlab/$id" "/run/xlab/$id/$name"
		planted "$name that is a folder"
	done

	# links inside a lab's folder, which is not a tmpfs of ours then
	install -d -m 700 /run/xlab "/run/xlab/$id" "/run/xlab/$id/lb"
	ln -s "$VICTIM" "/run/xlab/$id/lb/ns"
	ln -s "$VICTIM/file" "/run/xlab/$id/lb/chains"
	planted "links in a lab's folder"
}

# A lab that is up, and then somebody puts other things in the place of its files.
case_state_changed_while_up()
{
	local id

	id=$(state_id)
	victim_prepare
	expect 0 . "up" "$XLAB" up "$LB"
	[ "$(stat -c '%a %u' /run/xlab "/run/xlab/$id" | sort -u)" = "700 0" ]
	check $? "the state is root's alone" "$(stat -c '%a %u %n' /run/xlab /run/xlab/*)"
	rm /run/netns/lb
	ln -s "$VICTIM" /run/netns/lb
	expect 0 . "down, when a name is another's link" "$XLAB" down
	[ "$(readlink /run/netns/lb)" = "$VICTIM" ]
	check $? "that link is still there"
	rm /run/netns/lb
	victim_whole "a name that is another's link"

	expect 0 . "up" "$XLAB" up "$LB"
	rm "/run/xlab/$id/lb.journal"
	ln -s "$VICTIM/file" "/run/xlab/$id/lb.journal"
	expect 0 . "down, when the journal is a link" "$XLAB" down
	victim_whole "a journal that is a link"
	[ ! -e /run/xlab ]
	check $? "and nothing is left" "$(find /run/xlab)"
}

case_not_root()
{
	local word open

	# Where nobody may read: the tree can be in a home of mode 700.
	open=$(mktemp -d /run/open.XXXXXX)
	install -m 755 "$XLAB" "$open/xlab"
	install -m 644 "$LB" "$open/lb.ini"
	chmod 755 "$open"
	expect 0 . "up" "$XLAB" up "$LB"
	for word in "up $open/lb.ini" down "down --all" status "scenario hello" "run $open/lb.ini" "exec lb -- true" \
		"shell lb" \
		"chain host:veth0" "chain host:veth0 hello" watch "filter udp-8888 list"; do
		# shellcheck disable=SC2086 # words of a command
		expect 3 root "not root: xlab $word" $NOBODY "$open/xlab" $word
	done
	for word in "check $open/lb.ini" "plan $open/lb.ini" help --help --version "help up"; do
		# shellcheck disable=SC2086 # words of a command
		expect 0 . "not root: xlab $word" $NOBODY "$open/xlab" $word
	done
	expect 0 . "down" "$XLAB" down
	rm -r "$open"
}

# --- What children can do --------------------------------------------------------------------

CAP_NET_RAW=$((1 << 13))

# A child that stands still, and has run nothing of its own yet.
child_checked() # PID NAME ALLOWED-CAPABILITIES
{
	local line name value seen="" fds=("/proc/$1/fd/"*)
	local -a status

	mapfile -t status <"/proc/$1/status" || return
	for line in "${status[@]}"; do
		IFS=$': \t' read -r name value <<<"$line"
		case $name in
		Cap*)
			[ $((16#$value & ~$3)) = 0 ] || WRONG+="$2 has $name $value; "
			seen+=+
			;;
		NoNewPrivs) [ "$value" = 1 ] || WRONG+="$2 may gain privileges; " ;;
		esac
	done
	[ "$seen" = +++++ ] || WRONG+="$2 has capabilities that are not told; "
	[ "${fds[*]##*/}" = "0 1 2" ] || WRONG+="$2 has the files ${fds[*]##*/}; "
	SEEN+=" $2"
}

# slowed CALL:HOW COMMAND…: a system call of it takes its time. Under strace no leak can be looked
# for, as both would trace.
slowed()
{
	local how=$1
	shift
	strace -f -qq -o /dev/null -e trace="${how%%:*}" -e inject="$how" \
		-E "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" "$@"
}

# What is executed stops before its first instruction, and goes on when it was looked at: SIGCONT is sent
# until it has ended, as the first may come before the stop.
case_children()
{
	local pid comm job WRONG="" SEEN=""
	local -A looked=()

	expect 0 . "up" "$XLAB" up "$LB"
	# What xlab was given open it does not give on, nor what lies far behind it.
	slowed execve:signal=STOP "$XLAB" scenario udp-8888-drop --timeout 20000 >"$OUT" 2>"$ERR" 3</dev/null 99<&3 &
	job=$!
	while kill -0 "$job"; do
		[ ${#looked[@]} = 0 ] || kill -CONT "${!looked[@]}"
		for pid in /proc/[0-9]*; do
			pid=${pid#/proc/}
			read -r comm <"/proc/$pid/comm" && [ -z "${looked[$pid]-}" ] || continue
			case $comm in
			nc*) child_checked "$pid" nc 0 ;;
			ping) child_checked "$pid" ping "$CAP_NET_RAW" ;;
			*) continue ;;
			esac
			looked[$pid]=yes
		done
	done 2>/dev/null
	wait "$job"
	check $? "a scenario whose children start one by one" "$(cat "$OUT" "$ERR")"
	[[ $SEEN == *nc* && $SEEN == *ping* ]]
	check $? "nc and ping were seen at work" "$SEEN"
	[ -z "$WRONG" ]
	check $? "nc and ping have only what they need, and files 0-2" "$WRONG"

	expect 0 '^0$' "exec --user: no capability" "$XLAB" exec --user nobody lb -- sh -c \
		'grep ^Cap /proc/self/status | grep -vc "0000000000000000"; true'
	expect 0 '^0 1 2 3 $' "exec: files 0-2 (and its own)" "$XLAB" exec lb -- sh -c \
		'ls /proc/self/fd | sort -n | tr "\n" " "'
	expect 0 '^0 1 2 3 $' "exec --user: files 0-2 (and its own)" "$XLAB" exec --user nobody lb -- sh -c \
		'ls /proc/self/fd | sort -n | tr "\n" " "'
	expect 0 . "down" "$XLAB" down
}

# --- Several at once -------------------------------------------------------------------------

case_lock()
{
	local job began took

	slowed fsync:delay_exit=6000000:when=1 "$XLAB" up "$LB" >/dev/null 2>&1 &
	job=$!
	# who has the lock writes so into it
	until grep -qs up /run/xlab/*/lb.lock || ! kill -0 "$job"; do
		sleep 0.01
	done
	began=$EPOCHREALTIME
	expect 3 "[0-9]+.*up|up.*[0-9]+" "the second of two commands says who holds the lab" "$XLAB" up "$LB"
	took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
	[ "$took" -ge 500 ] && [ "$took" -lt 4000 ]
	check $? "it waited briefly ($took ms)"
	wait "$job"
	check $? "the first goes on undisturbed"
	expect 0 . "down" "$XLAB" down
}

case_crowd()
{
	local i up=0 job jobs=()

	for i in {1..10}; do
		timeout -s KILL 30 "$XLAB" up "$LB" >/dev/null 2>"$ERR.$i" &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do
		wait "$job" && up=$((up + 1))
	done
	[ "$up" = 1 ]
	check $? "of ten ups at once one does it" "$up; $(cat "$ERR".*)"
	expect 0 . "its lab works" "$XLAB" scenario udp-8888-drop
	for i in {1..10}; do
		timeout -s KILL 30 "$XLAB" down lb >/dev/null 2>"$ERR.$i" &
	done
	for i in {1..4}; do
		timeout -s KILL 30 "$XLAB" up "$LB" --as "copy$i" >/dev/null 2>"$ERR.$i" &
	done
	wait
	expect 0 . "down --all" "$XLAB" down --all
	expect 2,3 'no lab' "and then nothing is up" "$XLAB" down
	[ ! -e /run/xlab ]
	check $? "of ten downs and four ups at once nothing is left" "$(find /run/xlab)"
}

# --- Streams and environment -----------------------------------------------------------------

case_streams()
{
	"$XLAB" plan "$LB" >/dev/full 2>"$ERR"
	[ $? = 3 ] && grep -q 'output' "$ERR"
	check $? "a full disk behind stdout" "$(cat "$ERR")"
	"$XLAB" plan "$LB" 2>"$ERR" | head -n 1 >/dev/null
	[ "${PIPESTATUS[0]}" -lt 124 ]
	check $? "a reader that goes away"
	"$XLAB" up "$LB" <&- >&- 2>&-
	[ $? -lt 124 ]
	check $? "up without stdin, stdout and stderr"
	"$XLAB" scenario udp-8888-drop <&- >&- 2>&-
	[ $? -lt 124 ]
	check $? "scenario without stdin, stdout and stderr"
	"$XLAB" down <&- >&- 2>&-
	[ ! -e /run/xlab ]
	check $? "down without stdin, stdout and stderr"
}

case_environment()
{
	mkdir -p evil
	printf '#!/bin/sh\ntouch %s/evil/done\nexit 1\n' "$SCRATCH" | tee evil/ping evil/nc evil/ip >/dev/null
	chmod +x evil/*
	expect 0 . "up with a PATH of somebody's" env PATH="$SCRATCH/evil:$PATH" LIBXDP_BPFFS="$VICTIM" \
		LIBXDP_SKIP_DISPATCHER=1 LIBXDP_OBJECT_PATH="$VICTIM" TMPDIR="$VICTIM" "$XLAB" up "$LB"
	expect 0 . "scenario with a PATH of somebody's" env PATH="$SCRATCH/evil:$PATH" \
		LIBXDP_BPFFS="$VICTIM" "$XLAB" scenario udp-8888-drop
	[ ! -e evil/done ]
	check $? "only the system's own programs are run"
	expect 0 . "down with nothing in the environment" env -i "$XLAB" down
}

for name in ${1:-$(declare -F | sed -n 's/^declare -f case_//p')}; do
	"case_$name"
done
exit $((FAILED > 0))
