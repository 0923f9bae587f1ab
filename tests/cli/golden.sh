#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is printed without a lab, and never differs: plans, lab files as they were understood, help and
# completion. Each is compared with the file in tests/cli/golden as a whole, so that nothing gets lost
# unnoticed. Where a change is meant, `GOLDEN=write tests/run golden` writes them anew, and the commit
# shows it.

# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

golden=tests/cli/golden

same() # NAME WORDS…
{
	local file=$1

	shift
	xlab "$@"
	is "$*: exit status" "$status" 0
	golden "$*" "$file" "$out"
}

for lab in topologies/*.ini $golden/whole.ini; do
	grep -q '^\[node .*{' "$lab" && [ "$lab" != $golden/whole.ini ] && continue # test_large.sh
	name=$(basename "$lab" .ini)
	same "plan-$name" plan "$lab"
	same "print-$name" check --print "$lab"
done
same plan-lb-as plan --as copy topologies/lb.ini
same plan-lb-self plan --self host topologies/lb.ini
same help help
same help-file help file
same help-fields help fields
same completion completion bash
for command in $("$XLAB" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	same "help-$command" help "$command"
done

done_testing
