// SPDX-License-Identifier: GPL-2.0-or-later
/* The settings of namespaces and of links, as tables, and writing what differs. */
#include "lab/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"

/* Both what is there already and what an interface gets when it is made. */
#define BOTH(name, value)                                              \
	{ "net.ipv4.conf.all." name, value, TRAIT_ANY, false },        \
	{                                                              \
		"net.ipv4.conf.default." name, value, TRAIT_ANY, false \
	}

/*
 * In the order they are written: switching forwarding sets others. IPv4's conf is inherited
 * from the machine's first namespace, so each of its settings that decides which packets live
 * is named here, though most stand at the kernel's own default.
 */
const struct sysctl_default sysctl_defaults[SYSCTL_DEFAULTS] = {
	{ "net.ipv4.ip_forward", "0", TRAIT_STAYS, false },
	{ "net.ipv4.ip_forward", "1", TRAIT_FORWARDS, true },
	/* The lab file alone says which way a packet takes. */
	{ "net.ipv4.conf.all.send_redirects", "0", TRAIT_FORWARDS, false },
	{ "net.ipv4.conf.default.send_redirects", "0", TRAIT_FORWARDS, false },
	BOTH("rp_filter", "0"),
	BOTH("arp_filter", "0"),
	BOTH("arp_ignore", "0"),
	BOTH("arp_announce", "0"),
	BOTH("proxy_arp", "0"),
	BOTH("accept_local", "0"),
	/* "Port unreachable" would be withheld. */
	{ "net.ipv4.icmp_ratelimit", "0", TRAIT_ANY, true },
	/* A connection that XDP dropped would keep a removed namespace for 107 s. */
	{ "net.ipv4.tcp_orphan_retries", "1", TRAIT_ANY, true },
	{ "net.ipv6.icmp.ratelimit", "0", TRAIT_IPV6, true },
	{ "net.ipv6.conf.all.forwarding", "0", TRAIT_STAYS6, false },
	{ "net.ipv6.conf.all.forwarding", "1", TRAIT_FORWARDS6, true },
	/* An address is usable at once, and nothing is sent but what is asked for: who takes no
	 * router's word asks no router for one.
	 */
	{ "net.ipv6.conf.all.accept_dad", "0", TRAIT_IPV6, false },
	{ "net.ipv6.conf.default.accept_dad", "0", TRAIT_IPV6, true },
	{ "net.ipv6.conf.default.accept_ra", "0", TRAIT_IPV6, true },
	{ "net.ipv6.conf.default.disable_ipv6", "1", TRAIT_PORTS, true },
	{ "net.ipv6.conf.all.disable_ipv6", "1", TRAIT_NO_IPV6, true },
};

const struct sysctl_link_default sysctl_link_defaults[SYSCTL_LINK_DEFAULTS] = {
	{ "disable_ipv6", "1", TRAIT_NO_IPV6 },
	{ "accept_dad", "0", TRAIT_IPV6 },
	{ "accept_ra", "0", TRAIT_IPV6 },
};

/* The fd belongs to the namespace in which it was opened, so each needs its own. */
static int open_net(int proc, struct error *e)
{
	const char *path = proc < 0 ? "/proc/sys/net" : "sys/net";
	int fd = openat(proc, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? error_sys(e, -errno, "cannot open /proc/sys/net") : fd;
}

/* A procfs that is mounted nowhere; -1 where that is not allowed. */
static int open_proc(void)
{
	int FD_AUTO fd = fsopen("proc", FSOPEN_CLOEXEC);

	if (fd < 0 || fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	return fsmount(fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

/* As it is in many a container. */
static bool proc_is_read_only(void)
{
	struct statfs fs;

	return statfs("/proc/sys/net", &fs) == 0 && (fs.f_flags & ST_RDONLY);
}

/*
 * In one procfs the settings of all namespaces hang in the same chain of the kernel's cache of
 * names, which is gone through each time a new namespace is first looked at: with a
 * thousand of them that would cost more than making them. So the first few dozen are looked at
 * in /proc, and each few dozen more get a procfs of their own. Not so the first, for one costs more
 * than it saves: when it is closed the kernel waits for all its processors, and clears it away.
 */
#define VISITORS_MAX 32

static int open_fresh_net(struct sysctl_fresh *fresh, struct error *e)
{
	unsigned int before = fresh->visitors++;

	if (before % VISITORS_MAX == 0 && (before || proc_is_read_only())) {
		cleanup_fd(&fresh->proc);
		fresh->proc = open_proc();
	}
	return open_net(fresh->proc, e);
}

#define SYSCTL_PATH_SIZE 256

bool sysctl_is_name(const char *s)
{
	return strncmp(s, "net.", 4) == 0 && !strstr(s, "..") && s[strlen(s) - 1] != '.' &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")];
}

/* The path below /proc/sys/net of such a name. Dots are the only separators, so that it can only go
 * down.
 */
static int make_path(const char *name, char path[static SYSCTL_PATH_SIZE])
{
	size_t len;

	if (!sysctl_is_name(name))
		return -EINVAL;
	len = strlen(name + 4);
	if (len >= SYSCTL_PATH_SIZE)
		return -ENAMETOOLONG;
	for (size_t i = 0; i <= len; i++)
		path[i] = name[4 + i] == '.' ? '/' : name[4 + i];
	return 0;
}

static int open_setting(int net, const char *name, int flags)
{
	char path[SYSCTL_PATH_SIZE];
	int err = make_path(name, path);
	int fd;

	if (err)
		return err;
	fd = openat(net, path, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_at(int net, const char *name, const char *value, struct error *e)
{
	int FD_AUTO fd = open_setting(net, name, O_WRONLY);
	ssize_t len = (ssize_t)strlen(value);

	if (fd == -ENOENT)
		return error_state(e, fd, "cannot set %s = %s: this kernel has no such setting",
				   name, value);
	if (fd < 0)
		return error_sys(e, fd, "cannot set %s = %s", name, value);
	if (write(fd, value, (size_t)len) != len)
		return error_sys(e, -errno, "cannot set %s = %s", name, value);
	return 0;
}

/* "" for a setting that this kernel does not have. */
static int read_at(int net, const char *name, char *value, size_t size, struct error *e)
{
	int FD_AUTO fd = open_setting(net, name, O_RDONLY);
	ssize_t got;

	value[0] = '\0';
	if (fd == -ENOENT)
		return 0;
	got = fd < 0 ? fd : read(fd, value, size - 1);
	if (got < 0)
		return error_sys(e, fd < 0 ? fd : -errno, "cannot read %s", name);
	value[got] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

/* Nothing that stands before it in the table may have set it in this namespace. */
static int read_fresh(struct sysctl_fresh *fresh, int net, size_t i, struct error *e)
{
	int err = fresh->read[i] ? 0
				 : read_at(net, sysctl_defaults[i].name, fresh->value[i],
					   sizeof(fresh->value[i]), e);

	fresh->read[i] = !err;
	return err;
}

static int write_there(int net, const struct sysctl_default *setting, struct error *e)
{
	int err = write_at(net, setting->name, setting->value, e);

	if (err != -ENOENT)
		return err;
	error_clear(e);
	return 0;
}

int sysctl_apply(struct sysctl_fresh *fresh, unsigned int traits, struct error *e)
{
	int FD_AUTO net = open_fresh_net(fresh, e);
	int err = net < 0 ? net : 0;

	for (size_t i = 0; i < SYSCTL_DEFAULTS && !err; i++) {
		const struct sysctl_default *setting = &sysctl_defaults[i];
		bool differs = setting->differs;

		if (!(setting->traits & traits))
			continue;
		if (!differs) {
			err = read_fresh(fresh, net, i, e);
			differs =
				fresh->value[i][0] && strcmp(fresh->value[i], setting->value) != 0;
		}
		if (!err && differs)
			err = write_there(net, setting, e);
	}
	return err;
}

int sysctl_write(const char *name, const char *value, struct error *e)
{
	int FD_AUTO net = open_net(-1, e);

	return net < 0 ? net : write_at(net, name, value, e);
}

int sysctl_apply_link(const char *iface, unsigned int traits, struct error *e)
{
	char name[128];
	int err = 0;

	for (size_t i = 0; i < SYSCTL_LINK_DEFAULTS && !err; i++) {
		if (!(sysctl_link_defaults[i].traits & traits))
			continue;
		(void)snprintf(name, sizeof(name), "net.ipv6.conf.%s.%s", iface,
			       sysctl_link_defaults[i].name);
		err = sysctl_write(name, sysctl_link_defaults[i].value, e);
		if (err == -ENOENT && !(traits & TRAIT_IPV6)) {
			error_clear(e);
			return 0;
		}
	}
	return err;
}
