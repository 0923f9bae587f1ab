#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      br0 ---- a ==== b (e1: a chain)        -- a veth to a bridge, == one between two nodes
#
# Any one call fails while a lab comes, goes, is looked at, and changes.
# shellcheck source=tests/cli/failing
. "$(dirname "$0")/failing"

full=tests/cli/full.ini

# Where it ended as if nothing had been, it can be removed.
goes() # NAME
{
	[ "$status" -ne 0 ] || "$XLAB" down >/dev/null || result 1 "$1: down"
	nothing_left "$1"
}
before=: after=goes
each_fails up $full

# A down that could not end is ended by the next.
is_gone() # NAME
{
	"$XLAB" down --all >/dev/null || result 1 "$1: the next down"
	nothing_left "$1"
	up=
}
before=full_up after=is_gone
each_fails down

after=stays
each_fails filter dns add dst=54
each_fails status --json
each_fails exec a true
each_fails explain b:e1 udp a 10.8.0.2:99 hello
each_fails chain b:e1 dns back
full_down 'the lab that all of this was done to'
done_testing
