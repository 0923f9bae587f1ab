# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the benches that run commands share. Each runs in namespaces of its own (bench.mk).
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
: "${BUILD:=build}"
xlab=$BUILD/xlab
floor=$BUILD/tests/bench/floor
# In memory: what a command says would cost more to write to a disk than some commands cost.
scratch=$(mktemp -d -p /run)
tidy() {
	umount -l "$scratch/floor" 2>/dev/null || true
	rm -rf "$scratch"
}
trap tidy EXIT

# spent WHAT COMMAND…: runs it, and notes under WHAT what took.c says of it; of a function, how
# many microseconds it took. What it said is in $said then.
spent() {
	local what=$1 begin=$EPOCHREALTIME end
	said=$scratch/spent.$what.said
	shift
	if [ "$(type -t "$1")" != function ]; then
		"$BUILD/tests/bench/took" "$scratch/spent.$what" "$@" || { cat "$said" >&2; return 1; }
		return
	fi
	"$@" >"$said" 2>&1 || { cat "$said" >&2; return 1; }
	end=$EPOCHREALTIME
	echo $((${end/./} - ${begin/./})) >>"$scratch/spent.$what"
}

# quartile WHAT N [COLUMN]: the Nth of what was noted; 2 is the median.
quartile() {
	sort -n -k"${3:-1},${3:-1}" "$scratch/spent.$1" |
		awk -v c="${3:-1}" -v q="$2" '{ v[NR] = $c } END { print v[int((NR - 1) * q / 4) + 1] }'
}

# The median of what was noted, in microseconds.
median() {
	quartile "$1" 2 "${2:-1}"
}

# compare TITLE WHAT AGAINST: a row: the median in ms, the quartiles, the ratio of the medians, and
# that of CPU time where both are processes.
compare() {
	awk -v title="$1" -v a="$(median "$2")" -v b="$(median "$3")" -v low="$(quartile "$2" 1)" \
		-v high="$(quartile "$2" 3)" -v ac="$(median "$2" 2)" -v bc="$(median "$3" 2)" '
		BEGIN { printf "%-34s %9.2f ms  %9.2f %9.2f  %7.2f", title, a / 1000, low / 1000,
				high / 1000, a / b
			if (ac && bc) printf "  %7.2f", ac / bc
			print "" }'
}

# heading TITLE AGAINST: what the columns of compare are.
heading() {
	printf '%-34s %12s  %9s %9s  %7s  %7s\n' "$1" median "quarter" "3/4" "/ $2" "CPU"
}

has_mininet() { command -v mn >/dev/null; }

# mininet_took NODES: notes mininet.NODES and mininet-down.NODES.
mininet_took() {
	local up down
	read -r up down < <(tests/bench/mininet_star "$1" 2>/dev/null)
	echo $((10#${up/./})) >>"$scratch/spent.mininet.$1"
	echo $((10#${down/./})) >>"$scratch/spent.mininet-down.$1"
}
