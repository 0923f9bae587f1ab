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

report_command() # KIND COMMAND
{
	local tried survived unreached failed planned

	planned=$(grep -c "^$1 $2 " "$SCRATCH/points")
	[ "$planned" -gt 0 ] || return 0 # a down sends no netlink messages
	survived=$(counted survived "$1" "$2")
	unreached=$(counted unreached "$1" "$2")
	failed=$(counted failed "$1" "$2")
	tried=$((survived + failed))
	if [ "$failed" = 0 ] && [ "$survived" -gt 0 ] && [ $((tried + unreached)) = "$planned" ]; then
		ok "$1 $2: $tried points tried, $survived survived ($unreached not reached)"
	else
		not_ok "$1 $2: $tried points tried, $survived survived, $planned planned"
	fi
}

# BPF objects are the machine's: whatever was made since and is still there must go away.
report_bpf() # MARK
{
	local left

	left=$("$SNAPSHOT" --since "$1" --same /dev/null --within "${BPF_GRACE_MS:-20000}")
	check $? "no BPF object is left" "$left"
}

# The functions that list points make runs of their own, each in a sandbox of its own.
find_points() # FUNCTION COMMAND
{
	"$SANDBOX" bash -c ". $TORTURE/lib.sh; . $TORTURE/commands.sh; $(declare -f "$1")
		ERRORS='${ERRORS:-}'; $1 $2" >>"$SCRATCH/points" ||
		not_ok "$1 $2: it does not work when nothing is done to it" "$(cat "$SCRATCH/err")"
}

sweep() # POINTS-FUNCTIONS [sample|all] [COMMAND…]
{
	local makers=$1 maker command n mark kind

	MODE=${2:-sample}
	TORTURE=$(dirname "$0")
	shift $(($# > 1 ? 2 : 1))
	scratch
	mark=$("$SNAPSHOT" --mark)
	export MODE SCRATCH ERR=$SCRATCH/err
	: >"$SCRATCH/points"
	for command in ${*:-$COMMANDS}; do
		for maker in $makers; do
			find_points "$maker" "$command"
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
	for kind in $(cut -d' ' -f1 "$SCRATCH/points" | sort -u); do
		for command in ${*:-$COMMANDS}; do
			report_command "$kind" "$command"
		done
	done
	report_bpf "$mark"
	exit $((FAILED > 0))
}
