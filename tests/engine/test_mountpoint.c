// SPDX-License-Identifier: GPL-2.0-or-later
/* What is mounted or lies where a lab's files would be, and which names lead there. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/unmount.h"
#include "tests/engine/shell.h"
#include "tests/unit/wrap.h"

#define PLACE "/run/place" /* where all of this is */
#define DIR   PLACE "/lab"

#define OURS   "mount -t tmpfs xlab lab;"
#define THEIRS "mount -t tmpfs theirs lab;"

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(shell_head, sizeof(shell_head), "cd " PLACE ";");
	return system("mkdir " PLACE);
}

static int tear_down(void **state)
{
	(void)state;
	return system(
		"cd " PLACE
		" && while umount lab; do :; done 2>/dev/null; umount labs 2>/dev/null; cd / &&"
		"rm -r " PLACE " && rm -f /run/netns/*");
}

static const struct {
	const char *there;
	enum mountpoint look, mounted;
	const char *what;
} rows[] = {
	{ "", MOUNTPOINT_FREE, MOUNTPOINT_FREE, NULL },
	{ "mkdir lab", MOUNTPOINT_FREE, MOUNTPOINT_FREE, NULL },
	{ "mkdir -p lab/x", MOUNTPOINT_FOREIGN, MOUNTPOINT_FREE, "a folder with something in it" },
	{ "mkdir lab; touch lab/.x", MOUNTPOINT_FOREIGN, MOUNTPOINT_FREE,
	  "a folder with something in it" },
	{ "touch lab", MOUNTPOINT_FOREIGN, MOUNTPOINT_FREE, "a file" },
	{ "ln -s . lab", MOUNTPOINT_FOREIGN, MOUNTPOINT_FREE, "a symlink" },
	{ "mkfifo lab", MOUNTPOINT_FOREIGN, MOUNTPOINT_FREE, "a fifo" },
	{ "mkdir lab;" OURS, MOUNTPOINT_OURS, MOUNTPOINT_OURS, NULL },
	{ "mkdir lab;" OURS "touch lab/x", MOUNTPOINT_OURS, MOUNTPOINT_OURS, NULL },
	{ "mkdir lab;" THEIRS, MOUNTPOINT_FOREIGN, MOUNTPOINT_FOREIGN,
	  "a mount (tmpfs, \"theirs\")" },
	{ "mkdir lab; mount -t ramfs xlab lab", MOUNTPOINT_FOREIGN, MOUNTPOINT_FOREIGN,
	  "a mount (ramfs, \"xlab\")" },
	/* whichever is uppermost */
	{ "mkdir lab;" OURS THEIRS, MOUNTPOINT_COVERED, MOUNTPOINT_COVERED,
	  "a mount (tmpfs, \"theirs\")" },
	{ "mkdir lab;" THEIRS OURS, MOUNTPOINT_OURS, MOUNTPOINT_OURS, NULL },
	{ "mkdir lab;" OURS OURS, MOUNTPOINT_OURS, MOUNTPOINT_OURS, NULL },
	/* one whose path has this one in it is another */
	{ "mkdir lab labs; mount -t tmpfs xlab labs;" THEIRS, MOUNTPOINT_FOREIGN,
	  MOUNTPOINT_FOREIGN, "a mount (tmpfs, \"theirs\")" },
};

static void what_is_there(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		enum mountpoint look, mounted;
		char *what = (char *)"whatever was there before";
		uint64_t files;

		shell("%s", rows[i].there);
		assert_int_equal(mountpoint_look(DIR, &look, &what, &e), 0);
		assert_int_equal(mountpoint_mounted(DIR, 0, &mounted, &e), 0);
		if (look != rows[i].look || mounted != rows[i].mounted)
			fail_msg("%s: %d, %d", rows[i].there, look, mounted);
		if (rows[i].what && (!what || strcmp(what, rows[i].what) != 0))
			fail_msg("%s: not \"%s\" but \"%s\"", rows[i].there, rows[i].what, what);
		if (look == MOUNTPOINT_FREE)
			assert_null(what);
		free(what);
		if (look != MOUNTPOINT_COVERED) {
			assert_int_equal(mountpoint_uncovered(DIR, &e), 0);
		} else {
			assert_int_equal(mountpoint_uncovered(DIR, &e), -EBUSY);
			assert_string_equal(e.text, "a mount (tmpfs, \"theirs\") covers the lab's "
						    "files at " DIR ": `umount " DIR "` first");
		}
		/* by its number it is known without a look at the table; another's tells nothing */
		if (mounted == MOUNTPOINT_OURS || mounted == MOUNTPOINT_FOREIGN) {
			uint64_t id = mountpoint_id(DIR, &files);
			enum mountpoint numbered;

			assert_int_equal(mountpoint_mounted(DIR, id, &numbered, &e), 0);
			assert_int_equal(numbered, id ? MOUNTPOINT_OURS : mounted);
			assert_int_equal(mountpoint_mounted(DIR, id + 1, &numbered, &e), 0);
			assert_int_equal(numbered, mounted);
		}
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

/* Each tmpfs has a number of its own, and other file systems have none. */
static void numbers(void **state)
{
	uint64_t id, files, more;

	(void)state;
	shell("mkdir lab;" OURS);
	id = mountpoint_id(DIR, &files);
	assert_int_not_equal(id, 0);
	shell("touch lab/a lab/b");
	assert_int_equal(mountpoint_id(DIR, &more), id);
	assert_int_equal(more, files + 2);
	shell(THEIRS);
	assert_int_not_equal(mountpoint_id(DIR, &files), id);
	shell("umount lab; umount lab; mount -t ramfs xlab lab");
	assert_int_equal(mountpoint_id(DIR, &files), 0);
	assert_int_equal(files, 0);
	assert_int_equal(mountpoint_id(PLACE "/none", &files), 0);
}

/* Only those that lead below the folder: not to it, and not into one whose name begins so. */
static void names_that_lead_there(void **state)
{
	static const struct {
		const char *target;
		bool leads;
	} targets[] = {
		{ DIR "/ns/a", true },	 { DIR "/", true }, { DIR, false },
		{ DIR "s/ns/a", false }, { PLACE, false },  { "/run/other/place/lab/ns/a", false },
	};
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_false(netns_names_lead_into(DIR));
	assert_int_equal(close(open("/run/netns/"
				    "plain",
				    O_CREAT | O_WRONLY, 0600)),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		assert_int_equal(symlink(targets[i].target, "/run/netns/a"), 0);
		if (netns_names_lead_into(DIR) != targets[i].leads)
			fail_msg("%s", targets[i].target);
		assert_int_equal(netns_names_remove(DIR, &e), 0);
		if ((unlink("/run/netns/a") != 0) != targets[i].leads)
			fail_msg("%s, to be removed", targets[i].target);
	}
	assert_int_equal(symlink(DIR "/ns/a", "/run/netns/a"), 0);
	assert_int_equal(symlink(DIR "s", "/run/netns/b"), 0);
	assert_int_equal(symlink(DIR "/ns/c", "/run/netns/c"), 0);
	assert_int_equal(netns_names_remove(DIR, &e), 0);
	assert_int_equal(system("[ \"$(ls /run/netns | xargs)\" = 'b plain' ]"), 0);
}

/* Without a folder of names there are none. */
static void nowhere_to_lead_from(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(system("mount --bind " PLACE " /run && ! ls /run/netns 2>/dev/null"), 0);
	for (int file = 0; file < 2; file++) { /* or with a file in its place */
		int names = 0;

		assert_false(netns_names_lead_into(DIR));
		assert_int_equal(netns_names_remove(DIR, &e), 0);
		assert_int_equal(netns_names_open(&names, &e), 0);
		assert_int_equal(names, -1);
		assert_int_equal(system("touch /run/netns"), 0);
	}
	assert_int_equal(system("umount /run"), 0);
}

/* What cannot be looked into may be anything: the folder is not taken for free. */
static void what_cannot_be_opened(void **state)
{
	struct rlimit none;
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO what = NULL;
	enum mountpoint look;
	struct rlimit before;
	int names = 0;

	(void)state;
	shell("mkdir lab");
	assert_int_equal(symlink(DIR "/ns/a", "/run/netns/a"), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = STDERR_FILENO + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(mountpoint_look(DIR, &look, &what, &e), 0);
	assert_false(netns_names_lead_into(DIR));
	assert_int_equal(netns_names_remove(DIR, &e), -EMFILE);
	assert_string_equal(e.text, "cannot open /run/netns: Too many open files");
	error_clear(&e);
	assert_int_equal(netns_names_open(&names, &e), -EMFILE);
	assert_int_equal(names, -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(look, MOUNTPOINT_FOREIGN);
	assert_string_equal(e.text, "cannot open /run/netns: Too many open files");
	assert_true(netns_names_lead_into(DIR));
	/* nor is it known whose mount it is */
	error_clear(&e);
	shell("mount -t tmpfs xlab lab");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(mountpoint_look(DIR, &look, NULL, &e), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(e.text, "cannot read /proc/self/mountinfo: Too many open files");
}

/* --- Unmounting it ------------------------------------------------------------------------------
 */

static bool stays;     /* it cannot be unmounted */
static pid_t unmounts; /* who does, as soon as somebody waits for it */

/* In the child, which holds nothing that others wait to be closed. */
int __real_umount2(const char *dir, int flags);
WRAP(int, umount2, const char *dir, int flags)
{
	sigset_t go;
	int got;

	(void)sigemptyset(&go);
	(void)sigaddset(&go, SIGUSR1);
	(void)sigwait(&go, &got);
	if (fcntl(STDERR_FILENO, F_GETFD) >= 0 || flags != (MNT_DETACH | UMOUNT_NOFOLLOW) || stays)
		return -1;
	return __real_umount2(dir, flags);
}

int __real_poll(struct pollfd *polled, nfds_t n, int timeout);
WRAP(int, poll, struct pollfd *polled, nfds_t n, int timeout)
{
	assert_int_equal(timeout, -1);
	assert_int_equal(kill(unmounts, SIGUSR1), 0);
	return __real_poll(polled, n, timeout);
}

/* A process of its own does so where there is much, and is waited for as long as it is there. */
static void what_holds_much_goes_behind(void **state)
{
	static const struct {
		unsigned int files;	   /* besides the folder itself */
		int id;			   /* 0: none; else how far from its own, and one */
		bool stays, behind, blind; /* the table of mounts cannot be opened */
	} masses[] = {
		{ 63, 1, false, true, false },	{ 62, 1, false, false, false },
		{ 80, 0, false, false, false }, { 80, 2, false, false, false },
		{ 80, 1, true, true, false },	{ 80, 1, false, false, true },
	};
	struct rlimit limit, none;
	sigset_t go, before;

	(void)state;
	(void)sigemptyset(&go);
	(void)sigaddset(&go, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &go, &before), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	for (size_t i = 0; i < ARRAY_SIZE(masses); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		enum mountpoint mounted;
		struct unmount u;
		uint64_t files, id;
		int status;

		shell("mkdir lab;" OURS "cd lab; touch $(seq %u)", masses[i].files);
		id = mountpoint_id(DIR, &files);
		assert_int_equal(files, masses[i].files + 1);
		stays = masses[i].stays;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, masses[i].blind ? &none : &limit), 0);
		unmount_begin(&u, DIR, masses[i].id ? id + (uint64_t)masses[i].id - 1 : 0);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(u.child > 0, masses[i].behind);
		assert_int_equal(u.table >= 0 && u.ended >= 0, masses[i].behind);
		unmounts = u.child;
		unmount_end(&u, DIR);
		assert_int_equal(u.table, -1);
		assert_int_equal(u.ended, -1);
		assert_int_equal(mountpoint_mounted(DIR, id, &mounted, &e), 0);
		assert_int_equal(mounted,
				 masses[i].behind && !stays ? MOUNTPOINT_FREE : MOUNTPOINT_OURS);
		/* who could not is waited for here, who could may still be at it */
		if (masses[i].behind && !stays)
			assert_int_equal(waitpid(unmounts, &status, 0), unmounts);
		assert_int_equal(waitpid(-1, &status, 0), -1);
		if (mounted == MOUNTPOINT_OURS)
			shell("umount lab");
		shell("rmdir lab");
	}
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_that_lead_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nowhere_to_lead_from, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_holds_much_goes_behind, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
