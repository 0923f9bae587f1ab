# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests/vm/suite told, as unnumbered TAP lines: awk -v kernel=6.1 -v list=LIST -f count.awk
#
# An item that speaks TAP is counted again: what its plan or the list promised and it did not run
# is not ok, nor is an exit status that its lines do not explain. What the list promises is a number
# of scenarios.

function say(good, name) {
	printf "%sok - %s %s\n", good ? "" : "not ", kernel, name
	return !good
}

function details(  i) {
	for (i = 1; i <= lines; i++)
		if (line[i] !~ /^(ok|1\.\.)/)
			print "#   " line[i]
}

# cmocka tells a skipped test as "not ok 1 # SKIP name", and the reason in the line before.
function settle_skip(label, name, before,  reason) {
	reason = name
	sub(/ *# *[Ss][Kk][Ii][Pp].*/, "", name)
	sub(/.*# *[Ss][Kk][Ii][Pp][^ ]* */, "", reason)
	if (name == "") {
		name = reason
		reason = before
		sub(/^[# ]+/, "", reason)
	}
	if (reason == "")
		return say(0, label ": " name ": skipped without a reason")
	return say(1, label ": " name " # SKIP " reason)
}

function settle_one(label, text, before,  good) {
	good = text ~ /^ok/
	sub(/^(not )?ok *[0-9]* *(- *)?/, "", text)
	if (text ~ /# *[Ss][Kk][Ii][Pp]/)
		return settle_skip(label, text, before)
	return say(good, label ": " text)
}

# How many are told of: by a line for each step ("ok 1 - NAME: step"), or by one for a whole
# scenario.
function scenarios(  i, name, seen, n) {
	for (i = 1; i <= tests; i++) {
		name = test[i]
		sub(/^(not )?ok *[0-9]* *(- *)?/, "", name)
		sub(/:.*/, "", name)
		n += !seen[name]++
	}
	return n + 0
}

function settle_tap(label, status,  i, bad) {
	for (i = 1; i <= tests; i++)
		bad += settle_one(label, test[i], above[i])
	if (want != "-" && want != scenarios())
		bad += say(0, label ": told of " scenarios() " of " want " scenarios")
	if (plan < 0)
		bad += say(0, label ": ended without a plan")
	else if (plan != tests)
		bad += say(0, label ": ran " tests " of the " plan " it planned")
	else if (status && !bad)
		bad += say(0, label ": exit status " status)
	return bad
}

function settle_plain(label, status) {
	return say(!status, label (status ? ": exit status " status : ""))
}

BEGIN {
	FS = "\t"
	while ((getline <list) > 0) {
		labels[++items] = $1
		wants[items] = $2
	}
	FS = " "
}

/^@begin / {
	current = $2
	lines = tests = 0
	line[0] = ""
	plan = -1
	want = wants[current]
	next
}

/^\| / {
	text = line[++lines] = substr($0, 3)
	if (text ~ /^(not )?ok( |$)/) {
		test[++tests] = text
		above[tests] = line[lines - 1]
	}
	if (text ~ /^1\.\.[0-9]+/)
		plan = (plan < 0 ? 0 : plan) + substr(text, 4)
	next
}

/^@end / {
	ended[$2] = 1
	if ($4 >= 10)
		print "# " kernel " " labels[$2] " took " $4 " s"
	if (want != "-" || tests ? settle_tap(labels[$2], $3) : settle_plain(labels[$2], $3))
		details()
	next
}

{ print "#   " $0 }

END {
	for (i = 1; i <= items; i++)
		if (!ended[i])
			say(0, labels[i] (i == current ? ": the guest ended in it" : ": did not run"))
}
