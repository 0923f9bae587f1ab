/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SYSCTL_H
#define XLAB_SYSCTL_H

/* The settings of a lab's namespaces, and writing them. */

#include <stdbool.h>

struct error;

/* What a namespace is; a default is for those that have one of its traits. */
enum sysctl_trait {
	TRAIT_ANY = 1,
	TRAIT_FORWARDS = 2, /* routes between its interfaces */
	TRAIT_STAYS = 4,    /* does not */
	TRAIT_IPV6 = 8,	    /* it has an IPv6 address */
	TRAIT_NO_IPV6 = 16, /* it has none */
	TRAIT_FORWARDS6 = 32,
	TRAIT_STAYS6 = 64,
	TRAIT_PORTS = 128, /* a bridge's own, with an IPv6 address: its ports have none */
};

struct sysctl_default {
	const char *name; /* net.ipv4.… */
	const char *value;
	unsigned int traits;
	bool differs; /* from what the kernel gives every new namespace: written without a look */
};

#define SYSCTL_DEFAULTS 26
extern const struct sysctl_default sysctl_defaults[SYSCTL_DEFAULTS];

/* Those of an interface that xlab adds to a namespace whose own settings it leaves alone:
 * `name` stands behind "net.ipv6.conf.IFACE.".
 */
struct sysctl_link_default {
	const char *name;
	const char *value;
	unsigned int traits; /* of the namespace */
};

#define SYSCTL_LINK_DEFAULTS 3
extern const struct sysctl_link_default sysctl_link_defaults[SYSCTL_LINK_DEFAULTS];

/*
 * All new namespaces start alike: what may stand as it shall already is read once, in the first
 * one, and in each one only what differs is written. A setting that this kernel does not have is
 * none. Begin with `proc` = -1, close it at the end.
 */
struct sysctl_fresh {
	bool read[SYSCTL_DEFAULTS];
	char value[SYSCTL_DEFAULTS][16]; /* "" if this kernel has no such setting */
	int proc;			 /* a procfs of our own, or -1 */
	unsigned int visitors;		 /* namespaces that have used it */
};

/* net.ipv4.conf.veth0.rp_filter: words of [A-Za-z0-9_-] between single dots. A '/' would be a dot
 * to sysctl(8), and a way out to whoever makes a path of it.
 */
bool sysctl_is_name(const char *s);

/* In the namespace this process is in. */
int sysctl_apply(struct sysctl_fresh *fresh, unsigned int traits, struct error *e);

/* Nothing outside /proc/sys/net can be reached. */
int sysctl_write(const char *name, const char *value, struct error *e);

int sysctl_apply_link(const char *iface, unsigned int traits, struct error *e);

#endif
