# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: find the points of each command, strike at each of them by several workers,
# each in a sandbox of its own, and say in TAP what came of it.

WORKERS=${WORKERS:-2}

# Every second worker has no /run/netns, and so other canaries.
worker_sandbox() # NUMBER CMD…
{
	local bare=

	[ $(($1 % 2)) = 0 ] || bare=1
	shift
	SANDBOX_BARE=$bare "$SANDBOX" "$@"
}

# A point that failed ends its worker: the rest gets a new sandbox.
worker() # NUMBER
{
	local folder=$SCRATCH/$1

	mkdir "$folder"
	awk -v n="$1" -v of="$WORKERS" 'NR % of == n' "$SCRATCH/points" >"$folder/points"
	exec 3<"$folder/points"
	while ! worker_sandbox "$1" "$TORTURE/strike" "$(done_by "$1")" "$folder"; do
		[ "$(done_by "$1")" -gt "${last:--1}" ] || break # it cannot even start
		last=$(done_by "$1")
	done
}

done_by() # NUMBER
{
	grep -cE '^(survived|unreached|failed) ' "$SCRATCH/$1.log" || true
}

counted() # WORD KIND COMMAND
{
	cat "$SCRATCH"/[0-9]*.log | grep -c "^$1 $2 $3 " || true
}

# How often a command waits differs from run to run, so a call that was planned for may not come, nor the
# last one in its place: of ten points, one at most, and one of a few. Of netlink messages, with which
# a step asks again and again whether somebody listens already, a third.
report_command() # KIND COMMAND
{
	local survived unreached failed planned may_be

	planned=$(grep -c "^$1 $2 " "$SCRATCH/points")
	[ "$1 $2 $planned" != "refuse down 0" ] || return 0 # a down sends no netlink messages
	survived=$(counted survived "$1" "$2")
	unreached=$(counted unreached "$1" "$2")
	failed=$(counted failed "$1" "$2")
	may_be=$((planned / 10 + 1))
	[ "$1" != refuse ] || may_be=$((planned / 3 + 1))
	[ "$failed" = 0 ] && [ "$survived" -gt 0 ] && [ $((survived + unreached)) = "$planned" ] &&
		[ "$unreached" -le "$may_be" ]
	check $? "$1 $2: $planned points, $survived survived, $failed failed, $unreached not reached ($may_be may be)"
}

# The promise is a second. Now and then the machine has something else to do.
report_downs()
{
	local n usual most

	cat "$SCRATCH"/[0-9]*/downs >"$SCRATCH/downs" 2>/dev/null || return 0 # run needs none
	read -r n usual most < <(sort -n "$SCRATCH/downs" |
		awk '{ took[NR] = $1 } END { print NR, took[NR - int(NR / 20)], took[NR] }')
	[ "$usual" -lt 1000 ]
	check $? "of $n downs 19 in 20 took at most $usual ms, all at most $most ms"
}

# BPF objects are the machine's: whatever was made since and is still there must go away.
report_bpf() # MARK
{
	local left

	left=$("$SNAPSHOT" --since "$1" --same /dev/null --within "${BPF_GRACE_MS:-20000}")
	check $? "no BPF object is left" "$left"
}

# The functions that list points make runs of their own, each in a sandbox of its own: a bare one, where
# a command has most to do.
find_points() # KIND COMMAND
{
	SANDBOX_BARE=1 "$SANDBOX" bash -o pipefail -c ". $TORTURE/lib.sh; . $TORTURE/commands.sh
		$(declare -f "$1_points"); ERRORS='${ERRORS:-}'; $1_points $2" >>"$SCRATCH/points" ||
		not_ok "$1 $2: it does not work when nothing is done to it" "$(cat "$SCRATCH/err")"
}

sweep() # KINDS [sample|all] [COMMAND…]
{
	local kinds=$1 kind command n mark

	MODE=${2:-sample}
	TORTURE=$(dirname "$0")
	shift $(($# > 1 ? 2 : 1))
	scratch
	mark=$("$SNAPSHOT" --mark)
	export MODE SCRATCH ERR=$SCRATCH/err
	: >"$SCRATCH/points"
	for command in ${*:-$COMMANDS}; do
		for kind in $kinds; do
			find_points "$kind" "$command"
		done
	done
	# workers do not outlive this script
	trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$SCRATCH"' EXIT
	trap 'exit 143' TERM INT
	for ((n = 0; n < WORKERS; n++)); do
		: >"$SCRATCH/$n.log"
		worker "$n" >"$SCRATCH/$n.log" 2>&1 3<&- &
	done
	wait
	grep -hv -e '^survived' -e '^unreached' "$SCRATCH"/[0-9]*.log | sed 's/^failed/not ok/'
	[ -z "${KEEP:-}" ] || cat "$SCRATCH"/[0-9]*.log >"$KEEP"
	for kind in $kinds; do
		for command in ${*:-$COMMANDS}; do
			report_command "$kind" "$command"
		done
	done
	report_downs
	report_bpf "$mark"
	exit $((FAILED > 0))
}
