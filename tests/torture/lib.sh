# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the torture tests: where things are, TAP lines, and the canary.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
XLAB=${XLAB:-$BUILD/xlab}
SNAPSHOT=${SNAPSHOT:-$BUILD/tests/snapshot/snapshot}
SANDBOX=$ROOT/tests/torture/sandbox
LB=$ROOT/topologies/lb.ini
CANARY_OBJECT=$BUILD/tests/torture/canary.bpf.o
[ "$(id -u)" = 0 ] || exec sudo --preserve-env=BUILD,XLAB,SNAPSHOT,WORKERS "$0" "$@"

FAILED=0
ok() { echo "ok $*"; }
not_ok() # NAME [DETAILS]: details become diagnostic lines
{
	FAILED=$((FAILED + 1))
	echo "not ok $1"
	[ -z "${2:-}" ] || head -n "${DETAIL_LINES:-40}" <<<"$2" | sed 's/^/# /'
}
check() { if [ "$1" = 0 ]; then ok "$2"; else not_ok "$2" "${3:-}"; fi; }

# A folder for this run's files, off /run and /tmp, which are in the picture.
scratch()
{
	mkdir -p "$BUILD/tests/torture"
	SCRATCH=$(mktemp -d "$BUILD/tests/torture/${0##*/}.XXXXXX")
	trap 'rm -rf "$SCRATCH"' EXIT
}

# Somebody else's things, with names like ours. They must be in every picture.
canary()
{
	local other

	sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=2
	# own names here, for with --self the lab's links come to stand beside them
	canary_links veth10 veth11 br10 10.9.0.1/24
	ip link set dev veth10 alias xlab group 4242
	if [ -d /run/netns ]; then
		for other in lb-host host2; do
			ip netns add "$other"
			canary_links veth0 veth1 br0 10.0.0.1/24 ip netns exec "$other"
		done
		echo "not a namespace" >/run/netns/h2-old
	fi
	mkdir -p /run/canary /sys/fs/bpf/xlab/lb
	echo "mine" >/run/xlab-notes
	cp "$(command -v sleep)" /run/canary/nc
	cp /run/canary/nc /run/canary/ping
	canary_process ping 1000000
	canary_process nc 1000000
	canary_xdp
	canary_firewall
}

# PREFIX… enters the namespace that is meant; none: this one. Without IPv6, whose multicast
# groups come and go by themselves.
canary_links() # VETH PEER BRIDGE CIDR [PREFIX…]
{
	local veth=$1 peer=$2 bridge=$3 cidr=$4 link

	shift 4
	"$@" ip link add "$veth" type veth peer "$peer"
	"$@" ip link add "$bridge" type bridge
	"$@" ip link set "$peer" master "$bridge"
	for link in "$veth" "$peer" "$bridge"; do
		"$@" sysctl -qw "net.ipv6.conf.$link.disable_ipv6=1"
	done
	"$@" ip address add "$cidr" dev "$veth"
	for link in "$veth" "$peer" "$bridge"; do
		"$@" ip link set "$link" up
	done
	until "$@" ip -brief link show up dev "$bridge" | grep -q ' UP '; do
		sleep 0.01
	done
	"$@" ip neighbour add 10.9.0.77 lladdr de:ad:be:ef:00:77 dev "$veth"
	"$@" bridge fdb add de:ad:be:ef:00:79 dev "$peer" master static
}

canary_process() # NAME ARG
{
	if [ -e /run/netns/host2 ]; then
		setsid ip netns exec host2 "/run/canary/$1" "$2" </dev/null >/dev/null 2>&1 3>&- &
	else
		setsid "/run/canary/$1" "$2" </dev/null >/dev/null 2>&1 3>&- &
	fi
	until [ "$(cat "/proc/$!/comm")" = "$1" ] || ! kill -0 $!; do :; done 2>/dev/null
}

canary_xdp()
{
	bpftool prog load "$CANARY_OBJECT" /sys/fs/bpf/xlab/lb/canary type xdp \
		pinmaps /sys/fs/bpf/xlab/lb
	bpftool map update pinned /sys/fs/bpf/xlab/lb/counters key 1 0 0 0 value 7 0 0 0 0 0 0 0
	bpftool net attach xdp pinned /sys/fs/bpf/xlab/lb/canary dev veth11
}

# Kernels are built without the older tables by now.
canary_firewall()
{
	nft 'add table inet xlab; add chain inet xlab input { type filter hook input priority 0; }'
	iptables-legacy -A INPUT -p tcp --dport 8888 -j ACCEPT 2>/dev/null ||
		echo "# this kernel has no tables of iptables-legacy"
}

# What is not in the picture cannot be missed. Names are in hex there.
canary_shown() # FILE
{
	local pattern

	while read -r pattern; do
		grep -q "^$pattern" "$1" || not_ok "canary: the picture does not show: $pattern"
	done <<-END
		own link veth10 .*=xlab$
		own link veth11 .*=canary/
		own address veth10 family 2
		own neighbour veth10 .*=deadbeef0077
		own fdb veth11 .*=deadbeef0079
		own nft table .*=786c616200
		own nft chain .*=786c616200
		$([ ! -s /proc/net/ip_tables_names ] || echo "own iptables family 2 table filter .*22b8")
		file /run/xlab-notes
		pin /sys/fs/bpf/xlab/lb/counters map
		process nc
		process ping
	END
}

# The picture from before, once what the canary started has settled.
picture_before() # FILE
{
	local i

	"$SNAPSHOT" >"$1"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$SNAPSHOT" --same "$1" >"$1.moving" && break
		"$SNAPSHOT" >"$1"
	done
	canary_shown "$1"
	[ ! -s "$1.moving" ] || { echo "# the picture moves by itself:"; sed 's/^/# /' "$1.moving"; }
}
