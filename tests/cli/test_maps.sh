#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#      a (e0) ---- (e0: the chain) b
#
# What the lab file puts into an object's maps, and what it expects to be there.
# shellcheck source=tests/cli/tap
. "$(dirname "$0")/tap"

object=${BUILD:-$PWD/build}/tests/cli/holds.bpf.o
presets='map.entries = 0 -> packets=5 mac=de:ad:be:ef:00:10 addr=10.0.0.1 port=8080 mode=MODE_COUNT name=abc low=5 high=9 inner=77 nested.deep=3
map.nets = 10.9.0.0/28 -> 1
map.mode = 0 -> MODE_DROP
map.ports = 8080 -> -3
map.hits = 0 -> 100
map.debts = 0 -> -7
map.nearest = 0 -> length=3'

write_lab() # PRESETS STEPS
{
	cat >"$dir/lab.ini" <<-END
		[node a]
		[node b]
		[iface a:e0]
		peer = b:e0
		address = 10.9.0.1/24
		mac = de:ad:be:ef:00:01
		[iface b:e0]
		peer = a:e0
		address = 10.9.0.2/24
		mac = de:ad:be:ef:00:02
		[filter f]
		program = $object
		$1
		[scenario s]
		chain = b:e0 f
		$2
	END
}

# Of one step more each: what the report says of it. One lab for all.
steps=''
expect() # STEP
{
	steps+="map = $1"$'\n'
}

cpus=$(tr ',' '\n' </sys/devices/system/cpu/possible | awk -F- '{ n += $2 == "" ? 1 : $2 - $1 + 1 } END { print n }')
drop='drop = ping a b by f'
expect 'f.hits[0] > 0'
expect "f.hits[0] == $((100 * cpus + 1))"
expect 'f.hits[1] == 0'
expect 'f.entries[0].packets == 6'
expect 'f.entries[0].balance == -5'
expect 'f.entries[0].balance < 0'
expect 'f.entries[0].mac == de:ad:be:ef:00:10'
expect 'f.entries[0].addr == 10.0.0.1'
expect 'f.entries[0].port == 8080'
expect 'f.entries[0].port < 8081'
expect 'f.entries[0].mode = MODE_COUNT'
expect 'f.entries[0].mode <= 1'
expect 'f.entries[0].name == abc'
expect 'f.entries[0].low == 5'
expect 'f.entries[0].high == 9'
expect 'f.entries[0].inner == 0x4d'
expect 'f.entries[0].nested.deep == 3'
expect 'f.entries[0] != packets=6'
expect 'f.nets[10.9.0.0/28] == 1'
expect 'f.nets[length=28 addr=10.9.0.0] >= 1'
expect 'f.ports[8080] == -4'
expect 'f.plain[36895] == de:ad:be:ef:00:02'
expect 'f.mode[0] != MODE_OFF'
expect 'f..bss[0].seen == 1'
expect "f.debts[0] == $((-7 * cpus))"
expect 'f.debts[0] < 0'
expect "f.nearest[0].length == $((3 * cpus))"
write_lab "$presets" "$drop"$'\n'"$steps"
xlab run "$dir/lab.ini" --format json
is 'all of it is there' "$(came_to | grep -v '^ok: ')" ''
is 'every step was run' "$(jq '.scenarios[0].steps | length' <<<"$out")" 28

# STEP WHY: of a map that does not hold that
is_not()
{
	write_lab "$presets" "$drop"$'\n'"map = $1"
	xlab run "$dir/lab.ini" --format json
	is "$1" "$(came_to | sed -n 2p)" "not ok: $2"
}
is_not 'f.ports[8080] >= 0' 'f.ports[8080] is -4, and not >= 0'
is_not 'f.ports[80] == 0' 'f.ports[80]: the map has no such element'
is_not 'f.entries[0].mode == MODE_DROP' 'f.entries[0].mode is MODE_COUNT, and not == MODE_DROP'
is_not 'f.entries[0].addr != 10.0.0.1' 'f.entries[0].addr is 10.0.0.1, and not != 10.0.0.1'
is_not 'f.entries[0].name == ab' 'f.entries[0].name is "abc", and not == ab'
is_not 'f.debts[0] > 0' "f.debts[0] is $((-7 * cpus)), and not > 0"
is_not 'f.entries[0].packets < 6' 'f.entries[0].packets is 6, and not < 6'
is_not 'f.entries[0].packets > 6' 'f.entries[0].packets is 6, and not > 6'
is_not 'f.entries[0].packets >= 7' 'f.entries[0].packets is 6, and not >= 7'
is_not 'f.entries[0].packets <= 5' 'f.entries[0].packets is 6, and not <= 5'
is_not 'f.hits[0] < 1' "f.hits[0] is $((100 * cpus + 1)), and not < 1"

# Without what is put there first nothing is dropped.
write_lab '' 'pass = ping a b'
xlab run "$dir/lab.ini"
is 'without presets' "$status" 0

# Of two functions the maps are the same ones, whichever stands first in the chain, and the second time that
# one is named it has its own. Nothing comes to them.
tails=${BUILD:-$PWD/build}/tests/engine/tail.bpf.o
write_lab '' 'pass = ping a b'
cat >>"$dir/lab.ini" <<-END
	[filter one]
	program = $tails:tail_caller
	[filter two]
	program = $tails:tail_target
	map..bss = 0 -> calls=40
	[filter again]
	program = $tails:tail_caller
	map..bss = 0 -> calls=7
	[scenario shared]
	chain = b:e0 drop two one again
	map = one..bss[0].calls == 40
	map = two..bss[0].calls == 40
	map = again..bss[0].calls == 7
END
xlab run "$dir/lab.ini" shared --format json
is 'what is put into maps of two filters' "$(came_to | sed 's/: .*//' | paste -sd ' ')" 'ok ok ok'

# The object is another one when the chain is set again: its maps are those of the lab's first.
made() # NAME TYPE KEY VALUE
{
	clang -target bpf -g -O2 -c -x c - -o "$dir/made.o" <<-END
		struct {
			int (*type)[$2];
			int (*key_size)[$3];
			int (*value_size)[$4];
			int (*max_entries)[1];
		} $1 __attribute__((section(".maps")));
		__attribute__((section("xdp"))) int passes(void *ctx) { return 2; }
	END
}
holds=$object object=$dir/made.o
made map 1 4 4
write_lab '' 'pass = ping a b'
xlab up "$dir/lab.ini"
xlab chain b:e0 f
is 'the object as it was' "$status" 0
while read -r name made words; do
	# shellcheck disable=SC2086
	made ${made//,/ }
	xlab chain b:e0 f
	ended "the object with another $name" 3 "filter f: *$words*take the lab down and up again"
done <<-'END'
	type map,9,4,4 map map of the object is not what it was when the lab came up
	key map,1,8,4 map map of the object is not what it was when the lab came up
	value map,1,4,8 map map of the object is not what it was when the lab came up
	name other,1,4,4 map other is not among those of the filter
END
xlab down
object=$holds

# There is room for four.
write_lab "$(printf 'map.ports = %d -> 1\n' {1..5})" 'pass = ping a b'
xlab run "$dir/lab.ini"
like 'what the map has no room for' "$out$err" 'lab.ini:17: map.ports = 5 -> 1: cannot put it into the map: Argument list too long'
is 'what the map has no room for: exit status' "$status" 3

# What cannot be is told at its line, without root.
refused() # NAME PRESETS STEPS PATTERN
{
	write_lab "$2" "${3:-pass = ping a b}"
	xlab check "$dir/lab.ini"
	ended "$1" 2 "$4"
}
refused 'no such map' 'map.entrys = 0 -> 1' '' 'lab.ini:13: *the object has no map entrys*did you mean "entries"'
refused 'no such field' 'map.entries = 0 -> packet=1' '' 'lab.ini:13: *no field packet*did you mean "packets"'
refused 'a value that does not fit' 'map.entries = 0 -> balance=40000' '' '40000 does not fit: it is a signed integer of 2 bytes'
refused 'a bit field that is too narrow' 'map.entries = 0 -> low=8' '' '8 does not fit: it is an unsigned integer of 3 bits'
refused 'beyond the array' 'map.mode = 1 -> MODE_OFF' '' 'the key 1: the map has 1 entry, from 0 on'
refused 'no such enumerator' 'map.mode = 0 -> MODE_DORP' '' 'did you mean "MODE_DROP"'
refused 'a prefix of the other family' 'map.nets = fd00::/8 -> 1' '' 'fd00::/8 is no address of the 4 bytes'
refused 'no FIELD=VALUE' 'map.entries = 0 -> packets=1 more' '' '"more" is no FIELD=VALUE'
refused 'no prefix' 'map.nets = 10.9.0.0/33 -> 1' '' '"10.9.0.0/33" is no prefix: ADDRESS/LENGTH'
refused 'constants' 'map..rodata = 0 -> step=2' '' '.rodata holds constants, which set.NAME sets'
refused 'a section that it does not have' 'map..data = 0 -> 1' '' 'has no map .data'
refused 'no elements' 'map.told = 0 -> 1' '' 'map told has no keys and values'
refused 'one key of a range' 'map.hits = {i=0..2} -> {i}' '' 'lab.ini:13: \[filter f] map.hits = 2 -> 2: the key 2: the map has 2 entries'
refused 'map of a step: one of a range' '' 'map = f.hits[{i=1..2}] == 0' 'lab.ini:16: \[scenario s] map = f.hits\[2] == 0: the key 2: '
refused 'map of a step: no such map' '' 'map = f.hit[0] == 1' 'lab.ini:16: *the object has no map hit*did you mean "hits"'
refused 'map of a step: no field of a number' '' 'map = f.hits[0].sum == 1' 'it is no struct'
refused 'map of a step: an order of what has none' '' 'map = f.entries[0].mac < de:ad:be:ef:00:10' 'only numbers are less or more'
refused 'map of a step: fields of each CPU' '' 'map = f.nearest[0] == length=3' 'only numbers of them are summed: name a field'
refused 'map of a step: a field that is no number' '' 'map = f.nearest[0].addr.x == 1' 'map nearest: there is no field x: it is no struct'
refused 'map of a step: a struct as a whole' '' 'map = f.entries[0] == 7' '"7" is no FIELD=VALUE, and it is a struct'
refused 'map of a step: of a built-in' '' 'map = hello.hits[0] == 1' 'filter hello is a built-in'
refused 'map of a step: no number' '' 'map = f.hits[0] == many' '"many" is no number'

# NAME PRESETS STEPS MORE WORDS: what is wrong in 600 places is told of 500, each with these words.
gives_up()
{
	write_lab "$2" "${3:-pass = ping a b}"
	printf '%s\n' "$4" >>"$dir/lab.ini"
	xlab check "$dir/lab.ini"
	is "too many $1: as many are told" "$(grep -c "$5" <<<"$err")" 500
	is "too many $1: then that there are more" "$(tail -n 1 <<<"$err" | cut -d ' ' -f 2-)" \
		'these are the first 500 errors, the rest was not read'
}
gives_up settings "$(printf 'set.none%d = 1\n' {1..600})" '' '' 'no read-only global'
gives_up presets "$(printf 'map.none%d = 0 -> 1\n' {1..600})" '' '' 'no map none'
gives_up steps '' "$(printf 'map = f.none%d[0] == 1\n' {1..600})" '' 'no map none'
gives_up objects '' '' "$(printf '[filter o%d]\nprogram = ./none.o\n' {1..600})" 'none.o cannot be read'
gives_up expressions '' '' "$(printf '[filter x%d]\nprogram = pcap\nexpr = )\n' {1..600})" 'libpcap: '
gives_up packets '' '' "$(printf '[packet p%d]\npcap = none.pcap\n' {1..600})" 'none.pcap'

object=${BUILD:-$PWD/build}/tests/cli/sizes.bpf.o
refused 'the largest key: only what it can be is asked' 'map.key_most = 0 -> 1' '' 'the key 0: it has 512 bytes and is no integer'
refused 'a larger key' 'map.key_more = 0 -> 1' '' \
	'map key_more has keys of 513 bytes and values of 4: at most 512 and 16777216 can be told of'
refused 'the largest value' 'map.value_most = 0 -> 1' '' 'the value: it has 16777216 bytes and is no integer'
refused 'a larger value' 'map.value_more = 0 -> 1' '' 'map value_more has keys of 4 bytes and values of 16777217: '
refused 'a trie without addresses' 'map.no_trie = 10.0.0.0/8 -> 1' '' '"10.0.0.0/8" is no number'

done_testing
