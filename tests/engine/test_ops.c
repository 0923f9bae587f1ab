// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations one by one, beside what others have put in their way: a lab's tmpfs, names, settings,
 * and who has a name already.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/name_conflicts.h"
#include "lab/op_self.h"
#include "lab/ops.h"
#include "lab/state.h"
#include "lab/state_dir.h"
#include "lab/sysctl.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "tests/engine/shell.h"

static struct node nodes[] = { { .name = (char[]){ "x" } }, { .name = (char[]){ "self" } } };
static struct iface ifaces[] = { { .node = 1, .name = "v0" } };
static const struct topology topo = {
	.nodes = nodes, .n_nodes = 2, .ifaces = ifaces, .n_ifaces = 1
};
static char as[8], self[8];
static struct op ops[] = {
	{ .kind = OP_NAME, .netns = "x", .node = 0, .iface = NONE },
	{ .kind = OP_LINK, .netns = "self", .node = 1, .iface = 0 },
};
static const struct plan plan = { .topo = &topo, .as = as, .self = self, .ops = ops, .n_ops = 2 };
static struct build b = { .plan = &plan };

static int set_up(void **state)
{
	const struct journal in = { .lab = (char *)"a" };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	*as = *self = '\0';
	b.names = b.start_netns = -1;
	if (state_begin(&in, "up", &b.st, &e))
		return -1;
	(void)snprintf(shell_head, sizeof(shell_head), "D=%s;", state_lab_dir(b.st));
	return 0;
}

static int tear_down(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* nobody closed what is not his */
	cleanup_fd(&b.names);
	shell("while umount $D 2>/dev/null; do :; done; rm -rf $D; rm -rf /run/netns/*");
	if (state_forget(b.st, &e))
		return -1;
	state_close(b.st);
	return 0;
}

static void fails(int err, int wanted, struct error *e, const char *words)
{
	char *FREE_AUTO all = text_format(words, state_lab_dir(b.st));

	assert_int_equal(err, wanted);
	if (strcmp(e->text, all) != 0)
		fail_msg("not \"%s\" but \"%s\"", all, e->text);
	error_clear(e);
}

static void the_labs_tmpfs_is_mounted(void **state)
{
	static const struct {
		const char *there;
		int err;
		const char *words;
	} rows[] = {
		{ "true", 0, NULL },
		{ "mkdir -m 755 $D", 0, NULL },
		{ "mkdir -p $D/x", -ENOTEMPTY, "cannot make the folder %s: Directory not empty" },
		{ "touch $D", -ENOTDIR, "cannot make the folder %s: Not a directory" },
		{ "ln -s /tmp $D", -ENOTDIR, "cannot make the folder %s: Not a directory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		shell("rm -rf $D; %s", rows[i].there);
		if (rows[i].err) {
			fails(op_state_apply(&b, ops, &e), rows[i].err, &e, rows[i].words);
			shell("! grep \" $D \" /proc/self/mountinfo");
			continue;
		}
		assert_int_equal(op_state_apply(&b, ops, &e), 0);
		shell("[ \"$(ls $D | xargs)\" = 'bpf chains listeners ns xdp' ]");
		shell("[ \"$(stat -c %%a $D $D/* | sort -u)\" = 700 ]");
		shell("grep \" $D rw,nosuid,nodev,noexec.* - tmpfs xlab \" /proc/self/mountinfo "
		      ">/dev/null");
		assert_int_not_equal(state_journal(b.st)->tmpfs, 0);
		assert_int_equal(op_state_undo(&b, ops, &e), 0);
		shell("! ls -d $D 2>/dev/null; ! grep \" $D \" /proc/self/mountinfo");
	}
}

static void and_unmounted(void **state)
{
	static const struct {
		const char *there, *stays;
		const char *words;
	} rows[] = {
		{ "true", "! [ -e $D ]", NULL },
		{ "mkdir $D", "! [ -e $D ]", NULL },
		{ "mkdir $D; mount -t tmpfs xlab $D; mount -t tmpfs xlab $D", "! [ -e $D ]", NULL },
		{ "mkdir -p $D/x", "[ -e $D/x ]", NULL },
		{ "touch $D", "[ -e $D ]", NULL },
		{ "mkdir $D; mount -t tmpfs theirs $D; touch $D/x", "[ -e $D/x ]", NULL },
		{ "mkdir $D; mount -t tmpfs xlab $D; mount -t tmpfs theirs $D; touch $D/x",
		  "[ -e $D/x ] && [ $(grep -c \" $D \" /proc/self/mountinfo) = 2 ]",
		  "a mount (tmpfs, \"theirs\") covers the lab's files at %1$s: `umount %1$s` "
		  "first" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		shell("%s", rows[i].there);
		if (rows[i].words)
			fails(op_state_undo(&b, ops, &e), -EBUSY, &e, rows[i].words);
		else
			assert_int_equal(op_state_undo(&b, ops, &e), 0);
		shell("%s", rows[i].stays);
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

/* Ours is what leads to our file, whatever else is as long. */
static void names_are_given_and_taken(void **state)
{
	static const char *const others[] = {
		"ln -s ${D%a}b/ns/x", "ln -s $D/ns/y", "ln -s $D/ns/xx",
		"ln -s $D/ns",	      "touch",	       "mkdir",
	};
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (int copy = 0; copy < 2; copy++) {
		const char *name = copy ? "copy-x" : "x";

		strcpy(as, copy ? "copy" : "");
		assert_int_equal(op_name_undo(&b, ops, &e), 0); /* there is none */
		assert_int_equal(op_name_apply(&b, ops, &e), 0);
		shell("[ \"$(readlink /run/netns/%s)\" = $D/ns/x ]", name);
		assert_int_equal(op_name_apply(&b, ops, &e), -EEXIST);
		error_clear(&e);
		assert_int_equal(op_name_undo(&b, ops, &e), 0);
		shell("[ -z \"$(ls /run/netns)\" ]");
		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			shell("%s /run/netns/%s", others[i], name);
			assert_int_equal(op_name_undo(&b, ops, &e), 0);
			shell("[ -L /run/netns/%s ] || [ -e /run/netns/%s ]", name, name);
			shell("rm -r /run/netns/%s", name);
		}
	}
	strcpy(as, "");
	shell("touch /run/netns/x");
	fails(op_name_apply(&b, ops, &e), -EEXIST, &e,
	      "cannot name the namespace of x (/run/netns/x): File exists");
}

/* Where /run/netns is no folder there is no name of ours. */
static void names_are_nowhere(void **state)
{
	static const char *const prepare[] = {
		"mount --make-rprivate / && mount -t tmpfs none /run",
		"touch /run/netns",
		"rm /run/netns && ln -s /tmp /run/netns",
		"rm /run/netns && ln -s netns /run/netns",
	};
	pid_t child = fork();
	int status;

	(void)state;
	if (!child) {
		struct error ERROR_AUTO e = ERROR_INIT;

		if (unshare(CLONE_NEWNS))
			_exit(100);
		for (size_t i = 0; i < ARRAY_SIZE(prepare); i++)
			if (system(prepare[i]) != 0 || op_name_undo(&b, ops, &e))
				_exit((int)i + 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void names_are_taken_already(void **state)
{
	static const struct {
		const char *there, *words;
	} rows[] = {
		{ "true", NULL },
		{ "ln -s ${D%a}b/ns/x", "the name of namespace x is taken by lab b: `xlab down b` "
					"first, or `--as NAME` for "
					"another name" },
		{ "ln -s ${D%a}b",
		  "the name of namespace x is taken: /run/netns/x is a symlink to "
		  "/run/xlab/ID/b; use `--as NAME`, or remove it if nobody needs it" },
		{ "ln -s /some/where/b/ns/x",
		  "the name of namespace x is taken: /run/netns/x is a symlink to "
		  "/some/where/b/ns/x; use `--as NAME`, or remove it if nobody needs it" },
		{ "touch",
		  "the name of namespace x is taken: /run/netns/x is a plain file, as an `ip "
		  "netns add` that was killed leaves it; `ip netns del x` removes it" },
		{ "mkdir",
		  "the name of namespace x is taken: /run/netns/x is no namespace; use `--as "
		  "NAME` for another name" },
		{ "mkfifo",
		  "the name of namespace x is taken: /run/netns/x is no namespace; use `--as "
		  "NAME` for another name" },
		{ "touch /run/netns/x; mount --bind /proc/self/ns/net",
		  "the name of namespace x is taken: /run/netns/x is a namespace that xlab did not "
		  "make "
		  "(`ip netns pids x` tells who is in it); use `--as NAME` for another name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		shell("%s /run/netns/x", rows[i].there);
		assert_int_equal(name_conflicts_check(&plan, b.st, &e),
				 rows[i].words ? -EEXIST : 0);
		if (rows[i].words) {
			char *id = strstr(e.text, "/run/xlab/");

			if (id) { /* of this machine */
				id += strlen("/run/xlab/");
				memmove(id + 2, strchr(id, '/'), strlen(strchr(id, '/')) + 1);
				memcpy(id, "ID", 2);
			}
			assert_string_equal(e.text, rows[i].words);
		}
		/* a copy has another */
		strcpy(as, "copy");
		error_clear(&e);
		assert_int_equal(name_conflicts_check(&plan, b.st, &e), 0);
		strcpy(as, "");
		shell("umount /run/netns/x 2>/dev/null || true; rm -rf /run/netns/x");
	}
}

/* Of the links only those of xlab's own namespace can meet others. */
static void links_are_there_already(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	shell("ip link add v0 type veth peer name v1; ip link set v0 alias mine");
	assert_int_equal(name_conflicts_check(&plan, b.st, &e), 0);
	strcpy(self, "self");
	fails(name_conflicts_check(&plan, b.st, &e), -EEXIST, &e,
	      "the name of self:v0 is taken: an interface v0 (veth, alias mine) is here already, "
	      "and "
	      "xlab did not make it for this lab");
	shell("ip link set v0 alias ''");
	fails(name_conflicts_check(&plan, b.st, &e), -EEXIST, &e,
	      "the name of self:v0 is taken: an interface v0 (veth) is here already, and xlab did "
	      "not "
	      "make it for this lab");
	shell("ip link del v0");
	assert_int_equal(name_conflicts_check(&plan, b.st, &e), 0);
}

/* What is undone with its namespace lies in one that is the lab's, or on a link that is. */
static void what_goes_with_its_namespace(void **state)
{
	static const struct {
		enum op_kind kind;
		size_t node, iface;
		int err;
	} rows[] = {
		{ OP_SYSCTL, 0, NONE, 0 },    { OP_SYSCTL, 1, NONE, -ENOTSUP },
		{ OP_ADDRESS, 1, 0, 0 },      { OP_ADDRESS, 1, NONE, -ENOTSUP },
		{ OP_NETNS, 1, NONE, 0 },     { OP_ROUTE, 1, NONE, 0 },
		{ OP_BRIDGE, NONE, NONE, 0 },
	};

	(void)state;
	strcpy(self, "self");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct op op = { .kind = rows[i].kind,
				       .netns = "self",
				       .node = rows[i].node,
				       .iface = rows[i].iface };
		struct error ERROR_AUTO e = ERROR_INIT;

		if (rows[i].err)
			fails(goes_with_its_namespace(&b, &op, &e), rows[i].err, &e,
			      "something of node self would be left: it is on no link of the lab");
		else
			assert_int_equal(goes_with_its_namespace(&b, &op, &e), 0);
	}
}

/* --- Settings ------------------------------------------------------------------------------------
 */

static char *value_of(const char *name)
{
	static char value[64];
	char *FREE_AUTO path = text_format("/proc/sys/%s", name);
	ssize_t got;
	int fd;

	for (char *c = path; *c; c++)
		*c = *c == '.' ? '/' : *c;
	fd = open(path, O_RDONLY);
	got = read(fd, value, sizeof(value) - 1);
	assert_true(fd >= 0 && got > 0);
	assert_int_equal(close(fd), 0);
	value[got] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return value;
}

/* All of them otherwise than as they are wanted. */
static void spoil(void)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	for (size_t i = 0; i < SYSCTL_DEFAULTS; i++)
		assert_int_equal(sysctl_write(sysctl_defaults[i].name,
					      *sysctl_defaults[i].value == '0' ? "1" : "0", &e),
				 0);
}

static void settings_are_written(void **state)
{
	static const unsigned int traits[] = {
		TRAIT_ANY | TRAIT_STAYS | TRAIT_NO_IPV6,
		TRAIT_ANY | TRAIT_FORWARDS | TRAIT_NO_IPV6,
		TRAIT_ANY | TRAIT_FORWARDS | TRAIT_IPV6 | TRAIT_FORWARDS6,
		TRAIT_ANY | TRAIT_STAYS | TRAIT_IPV6 | TRAIT_STAYS6 | TRAIT_PORTS,
	};
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(traits); k++) {
		struct sysctl_fresh fresh = { .proc = -1 };

		assert_int_equal(unshare(CLONE_NEWNET), 0);
		spoil();
		assert_int_equal(sysctl_apply(&fresh, traits[k], &e), 0);
		for (size_t i = 0; i < SYSCTL_DEFAULTS; i++) {
			const struct sysctl_default *setting = &sysctl_defaults[i];

			if (!(setting->traits & traits[k]))
				continue;
			if (strcmp(value_of(setting->name), setting->value) != 0)
				fail_msg("%s is %s", setting->name, value_of(setting->name));
			/* what may stand as it shall is read once */
			assert_int_equal(fresh.read[i], !setting->differs);
		}
		/* each new one is as the first was, which is not asked of it */
		for (size_t i = 0; i < SYSCTL_DEFAULTS; i++)
			if (fresh.read[i])
				strcpy(fresh.value[i], sysctl_defaults[i].value);
		assert_int_equal(unshare(CLONE_NEWNET), 0);
		spoil();
		assert_int_equal(sysctl_apply(&fresh, traits[k], &e), 0);
		assert_string_equal(value_of("net.ipv4.conf.all.accept_local"), "1");
		assert_string_equal(value_of("net.ipv4.icmp_ratelimit"), "0");
		assert_int_equal(fresh.proc, -1);
		assert_int_equal(fresh.visitors, 2);
	}
}

/* What is written without a look is what each new namespace has otherwise, but for what it has of
 * the machine's first one.
 */
static void settings_that_differ(void **state)
{
	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	for (size_t i = 0; i < SYSCTL_DEFAULTS; i++) {
		const struct sysctl_default *setting = &sysctl_defaults[i];

		if (!strncmp(setting->name, "net.ipv4.conf.", strlen("net.ipv4.conf.")) ||
		    !strcmp(setting->name, "net.ipv4.ip_forward"))
			continue;
		if (setting->differs == !strcmp(value_of(setting->name), setting->value))
			fail_msg("%s is %s", setting->name, value_of(setting->name));
	}
}

/* A procfs of its own every few dozen namespaces, and where /proc can only be read. */
static void a_procfs_for_some_of_them(void **state)
{
	struct sysctl_fresh fresh = { .proc = -1, .visitors = 31 };
	struct error ERROR_AUTO e = ERROR_INIT;
	int own;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(sysctl_apply(&fresh, TRAIT_STAYS, &e), 0);
	assert_int_equal(fresh.proc, -1);
	assert_int_equal(sysctl_apply(&fresh, TRAIT_STAYS, &e), 0);
	own = fresh.proc;
	assert_true(own >= 0);
	assert_int_equal(sysctl_apply(&fresh, TRAIT_STAYS, &e), 0);
	assert_int_equal(fresh.proc, own);
	assert_int_equal(close(own), 0);

	shell("mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys");
	fresh = (struct sysctl_fresh){ .proc = -1 };
	assert_int_equal(sysctl_apply(&fresh, TRAIT_FORWARDS, &e), 0);
	assert_true(fresh.proc >= 0);
	assert_int_equal(close(fresh.proc), 0);
	assert_string_equal(value_of("net.ipv4.ip_forward"), "1");
	fails(sysctl_write("net.ipv4.ip_forward", "0", &e), -EROFS, &e,
	      "cannot set net.ipv4.ip_forward = 0: Read-only file system");
	shell("umount /proc/sys");
}

/* A setting that this kernel has not got is none, but for who asks for it by name. */
static void settings_are_refused(void **state)
{
	struct sysctl_fresh fresh = { .proc = -1 };
	struct error ERROR_AUTO e = ERROR_INIT;
	char name[300];

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fails(sysctl_write("net.ipv4.nosuch", "7", &e), -ENOENT, &e,
	      "cannot set net.ipv4.nosuch = 7: this kernel has no such setting");
	fails(sysctl_write("net.ipv4.ip_forward", "x", &e), -EINVAL, &e,
	      "cannot set net.ipv4.ip_forward = x: Invalid argument");
	fails(sysctl_write("kernel.panic", "1", &e), -EINVAL, &e,
	      "cannot set kernel.panic = 1: Invalid argument");
	for (size_t len = 255; len <= 256; len++) {
		memset(name, 'n', sizeof(name));
		memcpy(name, "net.", 4);
		name[4 + len] = '\0';
		assert_int_equal(sysctl_write(name, "1", &e), len == 255 ? -ENOENT : -ENAMETOOLONG);
		error_clear(&e);
	}
	shell("mount -t tmpfs none /proc/sys/net");
	assert_int_equal(sysctl_apply(&fresh, TRAIT_ANY | TRAIT_IPV6, &e), 0);
	assert_null(e.text);
	assert_string_equal(fresh.value[4], "");
	shell("mkdir -p /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/icmp_ratelimit");
	fails(sysctl_apply(&fresh, TRAIT_ANY, &e), -EISDIR, &e,
	      "cannot set net.ipv4.icmp_ratelimit = 0: Is a directory");
	fails(sysctl_apply(&fresh, TRAIT_STAYS, &e), -EISDIR, &e,
	      "cannot read net.ipv4.ip_forward: Is a directory");
	assert_false(fresh.read[0]);
	shell("umount /proc/sys/net");
}

static void settings_of_a_link(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	shell("ip link add v0 type veth peer name v1; echo 1 "
	      ">/proc/sys/net/ipv6/conf/v0/accept_dad");
	assert_int_equal(sysctl_apply_link("v0", TRAIT_IPV6, &e), 0);
	assert_string_equal(value_of("net.ipv6.conf.v0.accept_dad"), "0");
	assert_string_equal(value_of("net.ipv6.conf.v0.accept_ra"), "0");
	assert_string_equal(value_of("net.ipv6.conf.v0.disable_ipv6"), "0");
	assert_int_equal(sysctl_apply_link("v1", TRAIT_NO_IPV6, &e), 0);
	assert_string_equal(value_of("net.ipv6.conf.v1.disable_ipv6"), "1");
	/* a kernel without IPv6 has none to switch off */
	assert_int_equal(sysctl_apply_link("v2", TRAIT_NO_IPV6, &e), 0);
	assert_null(e.text);
	fails(sysctl_apply_link("v2", TRAIT_IPV6, &e), -ENOENT, &e,
	      "cannot set net.ipv6.conf.v2.accept_dad = 0: this kernel has no such setting");
}

int main(void)
{
#define OF_A_LAB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		OF_A_LAB(the_labs_tmpfs_is_mounted),	OF_A_LAB(and_unmounted),
		OF_A_LAB(names_are_given_and_taken),	OF_A_LAB(names_are_nowhere),
		OF_A_LAB(names_are_taken_already),	OF_A_LAB(links_are_there_already),
		OF_A_LAB(what_goes_with_its_namespace), OF_A_LAB(settings_are_written),
		OF_A_LAB(settings_that_differ),		OF_A_LAB(a_procfs_for_some_of_them),
		OF_A_LAB(settings_are_refused),		OF_A_LAB(settings_of_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
