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
scratch=$(mktemp -d)
tidy() {
	umount -l "$scratch/floor" 2>/dev/null || true
	rm -rf "$scratch"
}
trap tidy EXIT

# spent WHAT COMMAND…: runs it, and notes under WHAT how many microseconds it took.
spent() {
	local what=$1 begin=$EPOCHREALTIME end
	shift
	"$@" >"$scratch/said" 2>&1 || { cat "$scratch/said" >&2; return 1; }
	end=$EPOCHREALTIME
	echo $((${end/./} - ${begin/./})) >>"$scratch/spent.$what"
}

# The median of what was noted, in microseconds.
median() {
	sort -n "$scratch/spent.$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# compare TITLE WHAT AGAINST: a row of medians in ms and their ratio.
compare() {
	awk -v title="$1" -v a="$(median "$2")" -v b="$(median "$3")" \
		'BEGIN { printf "%-34s %9.2f ms  %7.2f\n", title, a / 1000, a / b }'
}
