#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Any one call fails while scenarios run; not where other commands come to as well.
# shellcheck source=tests/cli/failing
. "$(dirname "$0")/failing"

export FAIL_DEPTH=2 # a scenario takes its time
others_fail up tests/cli/full.ini
others_fail status
others_fail explain b:e1 udp a 10.8.0.2:99 hello
others_fail exec a true
others_fail chain b:e1 dns
others_fail chain b:e1 web back
others_fail down
before=full_up after=stays
each_fails scenario text
each_fails scenario frames
each_fails scenario programs
full_down 'the lab that all of this was done to'
done_testing
