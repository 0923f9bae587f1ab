// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one thing asked of ethtool: offloads off. By ioctl, for that goes through any socket of a
 * namespace; generic netlink would take another one in each, and three times as long.
 */
#include "lab/ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"

/*
 * With these a veth hands over packets that are not what would be on a wire: only the
 * pseudo-header's sum where the checksum belongs, and VLAN tags beside the packet. XDP
 * programs read and rewrite bytes, so the bytes must be all there is.
 */
static const char *const offloads[] = {
	"tx-checksum-ip-generic", "tx-checksum-sctp",	    "tx-vlan-hw-insert",
	"rx-vlan-hw-parse",	  "tx-vlan-stag-hw-insert", "rx-vlan-stag-hw-parse",
};

#define WORDS_MAX    ARRAY_SIZE(((struct ethtool_bits *)0)->bits)
#define FEATURES_MAX (WORDS_MAX * 32)

static int ask(struct netlink *nl, const char *iface, void *question)
{
	struct ifreq request = { .ifr_data = question };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", iface);
	return ioctl(netlink_fd(nl), SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

/* Its place among @n features; @n: it is not there. */
static uint32_t place_of(const char *name, const struct ethtool_gstrings *names, uint32_t n)
{
	uint32_t i = 0;

	while (i < n &&
	       strncmp((const char *)names->data + i * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN) != 0)
		i++;
	return i;
}

static int count_features(struct netlink *nl, const char *iface, uint32_t *n, struct error *e)
{
	struct ethtool_sset_info *FREE_AUTO info = xcalloc(1, sizeof(*info) + sizeof(*info->data));
	int err;

	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1ULL << ETH_SS_FEATURES;
	err = ask(nl, iface, info);
	*n = info->data[0];
	if (err)
		return error_sys(e, err, "cannot ask how many there are");
	if (!info->sset_mask || !*n || *n > FEATURES_MAX)
		return error_state(e, -EPROTO, "the kernel has %u, and 1 to %zu can be", *n,
				   FEATURES_MAX);
	return 0;
}

/* A feature's place among the names is that of its bit. */
static int find_bits(struct netlink *nl, const char *iface, struct ethtool_bits *bits,
		     struct error *e)
{
	struct ethtool_gstrings *FREE_AUTO names = NULL;
	uint32_t n;
	int err = count_features(nl, iface, &n, e);

	if (err)
		return err;
	names = xcalloc(1, sizeof(*names) + n * ETH_GSTRING_LEN);
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = n;
	err = ask(nl, iface, names);
	if (err)
		return error_sys(e, err, "cannot ask for their names");
	for (size_t i = 0; i < ARRAY_SIZE(offloads); i++) {
		uint32_t place = place_of(offloads[i], names, n);

		if (place == n)
			return error_state(e, -EPROTO, "the kernel has no %s", offloads[i]);
		bits->bits[place / 32] |= 1U << place % 32;
	}
	bits->words = (n + 31) / 32;
	return 0;
}

int ethtool_offloads_off(struct netlink *nl, const char *iface, struct ethtool_bits *bits,
			 struct error *e)
{
	struct ethtool_sfeatures *FREE_AUTO wanted = NULL;
	int err = bits->words ? 0 : find_bits(nl, iface, bits, e);

	if (err)
		return err;
	wanted = xcalloc(1, sizeof(*wanted) + bits->words * sizeof(*wanted->features));
	wanted->cmd = ETHTOOL_SFEATURES;
	wanted->size = bits->words;
	for (uint32_t i = 0; i < bits->words; i++)
		wanted->features[i].valid = bits->bits[i];
	err = ask(nl, iface, wanted);
	return err ? error_sys(e, err, "the kernel refuses") : 0;
}
