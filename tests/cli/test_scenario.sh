#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      host (veth0: the chain) ---- br0 ---- lb, h2, h3        topologies/lb.ini
#
# Scenarios on a live lab: they pass when they should, fail honestly when they should, wait for
# nothing, and leave nothing behind, whatever ends them.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

nc=$(readlink -f "$(command -v nc)")
ping=$(readlink -f "$(command -v ping)")
cp "$nc" "$dir/real-nc"

# Put a script of that text in nc's place.
fake_nc()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$dir/nc"
	chmod 755 "$dir/nc"
	mount --bind "$dir/nc" "$nc"
}

# FILE, then the keys of a scenario: lb.ini's lab with that scenario alone, up
lab_with()
{
	sed '/^\[scenario hello\]/,$d' topologies/lb.ini >"$dir/lb.ini"
	printf '%s\n' '[filter h2-8888]' 'program = port' 'proto = udp' 'dst = 8888' '[filter back-8888]' \
		'program = port' 'proto = udp' 'dst = 8888' 'action = tx' '[filter on-8888]' \
		'program = port' 'proto = udp' 'dst = 8888' 'continue = pass drop' \
		'[filter udp-8889]' 'program = port' 'proto = udp' 'dst = 8889' '[scenario s]' \
		"$@" >>"$dir/lb.ini"
	xlab up "$dir/lb.ini"
	[ "$status" -eq 0 ] || echo "Bail out! up: $err"
}

# NAME STATUS PATTERN KEYS…: run that scenario; its report has the pattern
honest()
{
	local name=$1 wanted=$2 pattern=$3
	shift 3
	lab_with "$@"
	xlab scenario s --timeout "${timeout:-5000}"
	is "$name: exit status" "$status" "$wanted"
	like "$name: says so" "$out" "$pattern"
	"$XLAB" down >"$dir/down" || cat "$dir/down"
}

no_children() { no_child "$1" "$nc|$ping|$dir/nc"; }

# All of lb.ini.
xlab up topologies/lb.ini
xlab scenario --all --timeout 10000
is 'all scenarios of lb.ini: exit status' "$status" 0
like 'all scenarios of lb.ini: a summary' "$out" '13 scenarios: 13 ok'
xlab scenario udp-8888-drop --format json
is 'json: outcomes' "$(jq -r '[.scenarios[].steps[].outcome] | join(",")' <<<"$out")" 'ok,ok,ok'
is 'json: the proof' "$(jq -r '.scenarios[0].steps[1].why' <<<"$out")" \
	'dropped by udp-8888 at host:veth0'
best=$(for _ in 1 2 3 4 5 6 7 8; do
	"$XLAB" scenario udp-8888-drop --format json | jq .scenarios[0].us
done | sort -n | head -1)
echo "# udp-8888-drop: $best us at best of 8"
SECONDS=0
xlab scenario udp-8888-drop --timeout 600000
is 'no deadline is waited for' "$((SECONDS < 300))" 1

# What stood there before stands there again.
xlab chain host:veth0 hello
xlab scenario three
is 'a chain stood before: exit status' "$status" 0
xlab chain host:veth0
like 'a chain stood before: it is back' "$out" 'hello'
xlab down

# Honest failures.
honest 'the chain lets all through' 1 '*not ok*drop*arrived whole, where a drop was expected*' \
	'chain = host:veth0 headers' 'drop = udp lb host:8888 coucou'
honest 'the filter is on another port' 1 '*not ok*udp-8889 next, on to the stack*' \
	'chain = host:veth0 headers udp-8889' 'drop = udp lb host:8888 coucou'
honest 'the filter is on another interface' 1 '*not ok*where a drop was expected*h2:veth2: saw none*' \
	'chain = h2:veth2 h2-8888' 'drop = udp lb host:8888 coucou'
honest 'another filter drops it' 1 '*dropped by h2-8888 at host:veth0; expected by udp-8888*' \
	'chain = host:veth0 h2-8888 udp-8888' 'drop = udp lb host:8888 coucou by udp-8888'
honest 'dropped elsewhere' 1 '*dropped by udp-8888 at host:veth0; expected at h2:veth2*' \
	'chain = host:veth0 udp-8888' 'chain = h2:veth2 headers' \
	'drop = udp lb host:8888 coucou at h2:veth2'
honest 'a pass is dropped' 1 '*not ok*pass*dropped by udp-8888 at host:veth0*' \
	'chain = host:veth0 headers udp-8888' 'pass = udp lb host:8888 coucou'
timeout=500 honest 'sent back is no drop' 1 '*inconclusive*no filter says*sent back (tx) by back-8888*' \
	'chain = host:veth0 back-8888' 'drop = udp lb host:8888 coucou'
honest 'a drop after which the chain goes on' 1 '*where a drop*on-8888 drop, on to the stack*' \
	'chain = host:veth0 on-8888' 'drop = udp lb host:8888 coucou'
honest 'the reply is dropped' 0 '*reply dropped by lb-ip at h2:veth2*' \
	'chain = h2:veth2 lb-ip' 'drop = ping h2 lb by lb-ip'
honest 'a line that is not shown' 1 '*none of the * lines shown*shown: UdpHdr*' \
	'chain = host:veth0 headers' 'pass = udp lb host:8000 coucou' 'see = host:veth0 TcpHdr*'
honest 'a program that loads is not refused' 1 '*the verifier took udp-8888*' \
	'reject = udp-8888 invalid access'
honest 'several packets' 0 '*5 of 5 replies*dropped by lb-ip at host:veth0*' \
	'chain = host:veth0 lb-ip' 'pass = ping h2 host count=5' 'drop = ping lb host count=5' \
	'drop = ping lb host size=3000' 'pass = tcp h2 [fd00::1]:80 "several words"'
honest 'TCP is dropped' 0 '*dropped by lb-ip at host:veth0*' \
	'chain = host:veth0 lb-ip' 'drop = tcp lb host:8000 coucou'

# A chain whose object does not load any more: what stands is held, and comes back as it is.
sed '/^\[scenario hello\]/,$d' topologies/lb.ini >"$dir/lb.ini"
cp "${BUILD:-$PWD/build}/tests/cli/loses.bpf.o" "$dir/guest.bpf.o"
sed -i '/^mac *= de:ad:be:ef:00:01/s/$/\nchain = guest/' "$dir/lb.ini"
printf '%s\n' '[filter guest]' 'program = guest.bpf.o:text' 'set.losses = 0' '[scenario others]' \
	'chain = host:veth0 udp-8888' 'drop = udp lb host:8888' '[scenario own]' 'pass = ping lb host' \
	'[scenario again]' 'chain = h2:veth2 udp-8888' 'chain = host:veth0 headers guest' \
	'pass = ping lb host' >>"$dir/lb.ini"
xlab up "$dir/lb.ini"
is 'a guest stands: exit status' "$status" 0
attached() { xlab exec host -- ip -j link show veth0; jq '.[0].xdp.prog.id' <<<"$out"; }
counted() { xlab chain host:veth0; awk '$2 == "guest" { print $4 }' <<<"$out"; }
stood=$(attached)
xlab exec lb -- ping -q -c 3 10.0.0.1
before=$(counted)
for broken in rewritten gone; do
	[ "$broken" = rewritten ] && echo nonsense >"$dir/guest.bpf.o"
	[ "$broken" = gone ] && rm "$dir/guest.bpf.o"
	xlab scenario others own
	is "the object is $broken: exit status" "$status" 0
	is "the object is $broken: its program is back" "$(attached)" "$stood"
	xlab scenario again
	is "the object is $broken: a chain of it: exit status" "$((status > 1))" 1
	like "the object is $broken: a chain of it: no step was run" "$out" '0 of 1 step'
	is "the object is $broken: nothing was taken off" "$(attached)" "$stood"
done
is 'what it counted is still there' "$(($(counted) >= before && before >= 3))" 1
before=$(counted)
xlab exec lb -- ping -q -c 3 10.0.0.1
is 'it goes on counting' "$(($(counted) >= before + 3))" 1
"$XLAB" down >/dev/null

# What is kept from one scenario to the next is not kept where files are few.
xlab up topologies/lb.ini
run prlimit --nofile=64 "$XLAB" scenario --all --timeout 5000
is 'few files: exit status' "$status" 0
"$XLAB" down >/dev/null

# The kernel names the port that nc comes from: it keeps those of ended connections for a minute.
sed '/^\[scenario hello\]/,$d' topologies/lb.ini | sed '/^\[node lb\]/a sysctl = net.ipv4.ip_local_port_range = 40000 40009' \
	>"$dir/lb.ini"
printf '%s\n' '[scenario s]' 'chain = host:veth0 headers' 'pass = tcp lb host:80 one' \
	'see = host:veth0 TcpHdr: src: 4000* => dst: 80 [SYN]' 'pass = tcp lb host:80 two' \
	'pass = udp lb host:80 three' 'see = host:veth0 UdpHdr: src: 4000* => dst: 80' >>"$dir/lb.ini"
xlab run "$dir/lb.ini"
is 'ports that the kernel has free: exit status' "$status" 0

# Errors of the lab.
lab_with 'chain = host:veth0 udp-8888' 'pass = ping lb host' 'pass = udp lb host:8000' \
	'[scenario late]' 'chain = host:veth0 udp-8888' 'pass = ping lb host' \
	'[scenario late-nc]' 'chain = host:veth0 udp-8888' 'pass = udp lb host:8000'
ip -n br0 link set veth1 down
xlab scenario s --timeout 500
is 'a bridge port is down: exit status' "$status" 1
like 'a bridge port is down: told by the control run' "$out" \
	'error of the lab: without any chain it fails too: no reply came: down: br0:veth1'
like 'a bridge port is down: the rest is not run, and why' "$out" 'skipped*not run, after an error of the lab'
ip -n br0 link set veth1 up
xlab exec host -- true
"$dir/real-nc" -h 2>/dev/null
ip netns exec host "$dir/real-nc" -n -d -u -l 10.0.0.1 8000 &
taker=$!
for _ in $(seq 100); do
	ip netns exec host ss -Hlun | grep -q 8000 && break
	sleep 0.05
done
xlab scenario s
like 'the port is taken' "$out" 'somebody else has bound port 8000 in host'
kill "$taker"
wait "$taker" 2>/dev/null

# Tools that are missing, or others.
mount --bind /dev/null "$ping"
xlab scenario s
is 'no ping: exit status' "$status" 3
like 'no ping: its package' "$out" 'iputils-ping'
umount "$ping"
# The first one, of the control run, is in time.
cp "$ping" "$dir/real-ping"
cat >"$dir/ping" <<-END
	#!/bin/sh
	mkdir "$dir/controlled" 2>/dev/null && exec "$dir/real-ping" "\$@"
	trap 'kill \$!; echo "0 packets transmitted, 0 received"; exit 1' INT
	sleep 10 &
	wait
END
chmod 755 "$dir/ping"
mount --bind "$dir/ping" "$ping"
xlab scenario late --timeout 1000
is 'a ping that has no time to send: exit status' "$status" 1
like 'a ping that has no time to send: what did not come was not lost' "$out" \
	'inconclusive  pass  ping lb host*ping in lb had sent 0 of 1 packets after 1000 ms*'
umount "$ping"
mount --bind /dev/null "$nc"
xlab scenario s
is 'no nc: exit status' "$status" 3
like 'no nc: its package' "$out" 'netcat-openbsd'
umount "$nc"
fake_nc 'echo "nc: unknown option" >&2; exit 1'
xlab scenario s
is 'another nc: exit status' "$status" 3
like 'another nc: the right package' "$out" "is not OpenBSD's netcat*netcat-openbsd"
umount "$nc"

fake_nc 'case " $* " in *" -l "*) ;; *) mkdir '"$dir"'/sent 2>/dev/null || exec sleep 10 ;; esac
	exec '"$dir"'/real-nc "$@"'
xlab scenario late-nc --timeout 1000
is 'an nc that has no time to send: exit status' "$status" 1
like 'an nc that has no time to send: what did not come was not lost' "$out" \
	'inconclusive  pass  udp lb host:8000*nc in lb had not read its text after 1000 ms*'
umount "$nc"

# What a child may do: nothing.
# shellcheck disable=SC2016 # for the script
fake_nc '{ grep -E "^(Cap(Eff|Bnd|Prm)|NoNewPrivs|Sig(Blk|Ign))" /proc/self/status; ls -1 /proc/self/fd; pwd; env; } \
	>'"$dir"'/child.$$ 2>&1; exec '"$dir"'/real-nc "$@"'
xlab scenario s
is 'children: exit status' "$status" 0
# Two signals are the C library's own, which some programs start others with ignored.
child=$(cat "$dir"/child.* | sort -u | sed '/^PWD=/d; s/^\(SigIgn:.*\)180000000$/\1000000000/')
is 'children: no privileges, no files, a clean environment, no signal withheld' "$child" \
	"$(printf '%s\n' / 0 1 2 3 $'CapBnd:\t0000000000000000' $'CapEff:\t0000000000000000' \
		$'CapPrm:\t0000000000000000' $'SigBlk:\t0000000000000000' \
		$'SigIgn:\t0000000000000000' LC_ALL=C $'NoNewPrivs:\t1' \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin | sort -u)"
umount "$nc"

# A server that never comes to listen proves nothing, in the control run and after it.
"$XLAB" down >/dev/null
lab_with 'chain = host:veth0 udp-8888' 'drop = udp lb host:8888 coucou by udp-8888' 'pass = ping lb host'
xlab chain host:veth0 hello
fake_nc "case \$* in *-l*) echo >>$dir/servers; [ \$(wc -l <$dir/servers) -gt 1 ] && exec sleep 60;; esac
exec $dir/real-nc \"\$@\""
xlab scenario s --timeout 2000
is 'the server never listens: exit status' "$status" 1
like 'the server never listens: no drop' "$out" \
	'inconclusive*the server never came to listen, so silence proves nothing'
no_children 'the server never listens'

# Ended from outside, in the first of two: the control runs of both are over.
umount "$nc"
fake_nc "case \$* in *-l*) echo >>$dir/servers; [ \$(wc -l <$dir/servers) -gt 2 ] && exec sleep 60;; esac
exec $dir/real-nc \"\$@\""
for signal in INT TERM KILL; do
	: >"$dir/servers"
	env --default-signal=INT "$XLAB" scenario s s --timeout 60000 >"$dir/stopped" 2>"$dir/why" &
	pid=$!
	for _ in $(seq 200); do
		[ "$(wc -l <"$dir/servers")" -gt 2 ] && break
		sleep 0.05
	done
	kill -s "$signal" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	is "SIG$signal: it ended" "$((status > 2))" 1
	no_children "SIG$signal"
	xlab status
	[ "$signal" = KILL ] && continue
	like "SIG$signal: the chain from before is back" "$out" 'hello'
	like "SIG$signal: said so" "$(<"$dir/stopped")" \
		'stopped  drop  udp lb host:8888 coucou by udp-8888*stopped by a signal*1 of 2 scenarios: 1 stopped'
	like "SIG$signal: the rest is not run, and why" "$(<"$dir/stopped")" 'skipped  pass  ping*not run, after a signal'
	is "SIG$signal: the next scenario is not begun" "$(wc -l <"$dir/servers") $(<"$dir/why")" \
		'3 xlab: stopped by a signal after 1 of 2 scenarios'
done
umount "$nc"
xlab scenario s
is 'after SIGKILL: the next one runs' "$status" 0
xlab chain host:veth0
like 'after SIGKILL: the chain from before is back' "$out" 'hello'
"$XLAB" down >/dev/null

# All steps are ok, but meanwhile another tool has put its program on the interface: the chain from before
# cannot come back, and so the scenario is none that is ok. The server of the step waits for that.
lab_with 'chain = host:veth0 headers' 'pass = udp lb host:8000'
xlab chain host:veth0 hello
rm "$dir/servers"
fake_nc "case \$* in *-l*) echo >>$dir/servers; [ \$(wc -l <$dir/servers) -lt 2 ] ||
	until [ -e $dir/go ]; do sleep 0.02; done;; esac
exec $dir/real-nc \"\$@\""
"$XLAB" scenario s --format json --timeout 60000 >"$dir/report" &
pid=$!
until [ "$(cat "$dir/servers" 2>/dev/null | wc -l)" -ge 2 ] || ! kill -0 $pid; do sleep 0.02; done
"$XLAB" exec host -- ip link set dev veth0 xdpdrv off
"$XLAB" exec host -- ip link set dev veth0 xdpgeneric obj "${BUILD:-build}/tests/engine/bare.bpf.o" sec xdp
touch "$dir/go"
wait $pid
is 'the chain cannot come back: exit status' $? 3
is 'the chain cannot come back: an error of the lab, though the steps are ok' \
	"$(jq -r '.scenarios[0] | .outcome, .steps[].outcome' "$dir/report" | paste -sd ' ')" 'lab error ok'
like 'the chain cannot come back: told' "$(jq -r '.scenarios[0].error' "$dir/report")" \
	'cannot put back the chains from before*host:veth0*xdpgeneric off'
umount "$nc"
"$XLAB" exec host -- ip link set dev veth0 xdpgeneric off
"$XLAB" down >/dev/null
done_testing
