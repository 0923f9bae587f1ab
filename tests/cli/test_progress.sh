#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What takes longer than a second shows how far it is, on a terminal, and takes the line back. What
# is slow here is a system call that strace holds up. Runs in a sandbox.
. "$(dirname "$0")/../torture/lib.sh"

scratch
cat >"$SCRATCH/slow.ini" <<'INI'
[node a]
[node b]
[node c]
[iface a:e0]
peer = b:e0
address = 10.0.0.1/24
[iface b:e0]
peer = a:e0
address = 10.0.0.2/24
[scenario one]
control = none
pass = exec a sleep 0.6
[scenario two]
control = none
pass = exec a sleep 0.6
[scenario three]
control = none
pass = exec a true
[scenario long]
control = none
pass = exec a sleep 0.6
pass = exec a sleep 0.6
pass = exec a sleep 0.6
[scenario broken]
control = none
pass = exec a /nonexistent/program
pass = exec a true
[scenario tried]
pass = exec a sleep 0.6
pass = exec a sleep 0.7
INI

# What a terminal would have got, in OUT; carriage returns as lines.
on_terminal() # COMMAND
{
	TERM=${TERMINAL:-vt100} script -qec "$1" "$SCRATCH/typescript" </dev/null >/dev/null 2>&1
	tr '\r' '\n' <"$SCRATCH/typescript" >"$SCRATCH/lines"
}

slowly() # CALL MICROSECONDS COMMAND…
{
	local call=$1 us=$2

	shift 2
	echo "strace -f -o /dev/null -e trace=$call -e inject=$call:delay_enter=$us $*"
}

drawn() { grep -c "^$1: [0-9]* of [0-9]* \[#* *\]" "$SCRATCH/lines"; }

# The line is drawn over with blanks, as the last that is done to it.
taken_back() # WORD
{
	grep "^$1: [0-9]* of\|^ *$" "$SCRATCH/lines" | awk -v bar="^$1:" '
		$0 ~ bar { width = length; open = 1 }
		/^ +$/ && open && length >= width { open = 0 }
		END { exit !width || open }'
}

on_terminal "$(slowly unshare 600000 "$XLAB" up "$SCRATCH/slow.ini")"
[ "$(drawn up)" -ge 1 ]
check $? "up shows how far it is" "$(cat "$SCRATCH/lines")"
taken_back up
check $? "up takes the line back" "$(cat "$SCRATCH/lines")"
grep -q '^slow is up: a b c$' "$SCRATCH/lines"
check $? "what up says stands alone" "$(cat "$SCRATCH/lines")"

on_terminal "$XLAB scenario one two three"
[ "$(drawn steps)" -ge 1 ]
check $? "scenario shows how far it is" "$(cat "$SCRATCH/lines")"
taken_back steps
check $? "scenario takes the line back" "$(cat "$SCRATCH/lines")"

on_terminal "$XLAB scenario long"
grep -q '^steps: 2 of 3 \[####* *\]' "$SCRATCH/lines" && grep -q '^steps: 3 of 3 \[#*\]' "$SCRATCH/lines"
check $? "inside a long scenario it moves by steps" "$(cat "$SCRATCH/lines")"
on_terminal "$XLAB scenario tried"
grep -q '^steps: 2 of 4 \[' "$SCRATCH/lines" && grep -q '^steps: 3 of 4 \[' "$SCRATCH/lines"
check $? "and while the control run goes" "$(cat "$SCRATCH/lines")"

on_terminal "$XLAB scenario broken tried"
[ "$(grep -o '^steps: . of 6' "$SCRATCH/lines" | uniq)" = $'steps: 4 of 6\nsteps: 5 of 6\nsteps: 6 of 6' ]
check $? "of a scenario that the lab kept from going on no step is to come" "$(cat "$SCRATCH/lines")"

on_terminal "$(slowly umount2 1200000 "$XLAB" down --wait)"
[ "$(drawn down)" -ge 1 ]
check $? "down --wait shows how far it is" "$(cat "$SCRATCH/lines")"
taken_back down
check $? "down --wait takes the line back" "$(cat "$SCRATCH/lines")"

"$XLAB" up "$SCRATCH/slow.ini" >/dev/null
"$XLAB" scenario one two three >"$SCRATCH/lines" 2>&1
! grep -q ' of 3 \[' "$SCRATCH/lines" && ! grep -q $'\r' "$SCRATCH/lines"
check $? "nothing where nobody watches"
TERMINAL=dumb on_terminal "$XLAB scenario one two three"
[ "$(drawn steps)" = 0 ]
check $? "nothing on a terminal that cannot take a line back"
on_terminal "$XLAB down"
[ "$(drawn down)" = 0 ] && grep -q '^slow is down$' "$SCRATCH/lines"
check $? "nothing of what takes no second"
exit $((FAILED > 0))
