// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's lock, journal and small files, and the folders that labs share: who comes, who waits, and
 * what the last one takes along. By rules.mk nobody waits long for a lock here.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/journal.h"
#include "lab/state.h"
#include "lab/state_dir.h"
#include "lab/state_list.h"
#include "lab/statefile.h"
#include "lab/text.h"
#include "tests/engine/shell.h"

#define ROOT "/run/xlab"

static long patience_ns;

struct timespec __wrap_netlink_time_left(uint64_t deadline_ns);
struct timespec __wrap_netlink_time_left(uint64_t deadline_ns)
{
	(void)deadline_ns;
	return (struct timespec){ patience_ns / 1000000000, patience_ns % 1000000000 };
}

static size_t at_once = SIZE_MAX; /* bytes */

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	return __real_write(fd, bytes, MIN(size, at_once));
}

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	return __real_read(fd, bytes, MIN(size, at_once));
}

static bool unreadable; /* each folder */

struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir)
{
	errno = unreadable ? EIO : errno;
	return unreadable ? NULL : __real_readdir(dir);
}

/* The labs' folder, $H for the shell. */
static char home[128];

static void fails(int err, int wanted, struct error *e, const char *words)
{
	char *FREE_AUTO all = text_format(words, home);

	assert_int_equal(err, wanted);
	if (strcmp(e->text, all) != 0)
		fail_msg("not \"%s\" but \"%s\"", all, e->text);
	error_clear(e);
}

static int set_up(void **state)
{
	STATE_DIR_AUTO dir = STATE_DIR_NONE;
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	patience_ns = 1000000;
	if (state_dir_open(&dir, false, &e))
		return -1;
	(void)snprintf(home, sizeof(home), ROOT "/%s", dir.id);
	(void)snprintf(shell_head, sizeof(shell_head), "H=%s;", home);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* nobody closed what is not his */
	return system("while umount " ROOT "/*/* 2>/dev/null; do :; done; rm -rf " ROOT
		      "; rm -f /run/netns/*");
}

static const struct journal lab_a = {
	.lab = (char *)"a",
	.text = (char *)"[node x]\n",
	.phase = STATE_UP, /* which it is not yet, whoever says so */
};

static struct state *begun(const char *command)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *st;

	if (state_begin(&lab_a, command, &st, &e))
		fail_msg("%s", e.text);
	return st;
}

static struct state *up(void)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *st = begun("up");

	shell("mkdir $H/a; mount -t tmpfs xlab $H/a; mkdir $H/a/ns");
	assert_int_equal(state_journal(st)->tmpfs, 0);
	state_mounted(st);
	assert_int_not_equal(state_journal(st)->tmpfs, 0);
	assert_int_equal(state_set_phase(st, STATE_UP, &e), 0);
	return st;
}

static void opens(const char *name, enum state_phase phase)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *st;

	if (state_open(name, STATE_LOCKED, "down", &st, &e))
		fail_msg("%s", e.text);
	assert_int_equal(state_journal(st)->phase, phase);
	assert_string_equal(state_journal(st)->lab, "a");
	shell("[ \"$(head -n1 $H/a.lock)\" = '%d down' ]", getpid());
	state_close(st);
}

/* --- One lab ------------------------------------------------------------------------------------
 */

static void comes_and_goes(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text = NULL, *FREE_AUTO path = NULL;
	struct state *st = begun("up");

	(void)state;
	path = state_path(st, "ns/%d", 7);
	shell("[ %s = $H/a ] && [ %s = $H/a/ns/7 ]", state_lab_dir(st), path);
	shell("[ \"$(ls $H | xargs)\" = 'a.journal a.lock' ]");
	shell("[ \"$(stat -c %%a " ROOT " $H $H/* | xargs)\" = '700 700 600 600' ]");
	shell("[ \"$(cat $H/a.lock)\" = '%d up' ]", getpid());
	assert_int_equal(state_journal(st)->phase, STATE_BUILDING);
	shell("mkdir $H/a");
	assert_int_equal(state_read(st, "rules", &text, &e), -ENOENT);
	assert_null(text);
	assert_int_equal(state_write(st, "rules", "one\n", &e), 0);
	assert_int_equal(state_write(st, "rules", "two\n", &e), 0);
	assert_int_equal(state_read(st, "rules", &text, &e), 0);
	assert_string_equal(text, "two\n");
	/* what is larger than any is none of ours */
	free(steal_pointer(&text));
	shell("truncate -s 16777216 $H/a/rules");
	assert_int_equal(state_read(st, "rules", &text, &e), 0);
	shell("truncate -s 16777217 $H/a/rules");
	free(steal_pointer(&text));
	assert_int_equal(state_read(st, "rules", &text, &e), -EBADMSG);
	error_clear(&e);
	shell("[ \"$(ls $H/a)\" = rules ] && rm $H/a/rules");
	assert_int_equal(state_forget(st, &e), 0);
	state_close(st);
	shell("! ls -d " ROOT " 2>/dev/null");
}

/* A mode that keeps nobody out is mended; what is another's is not. */
static void folders_are_roots_alone(void **state)
{
	static const struct {
		const char *harm;
		int err;
		const char *words;
	} rows[] = {
		{ "chown 1 $H", -EPERM,
		  "the folder \"%s\" of " ROOT " belongs to user 1 with mode 0700, not to "
		  "root alone: somebody else made it; look at it and remove it" },
		{ "chmod 770 $H", -EPERM,
		  "the folder \"%s\" of " ROOT " belongs to user 0 with mode 0770, not to "
		  "root alone: somebody else made it; look at it and remove it" },
		{ "chmod 702 $H", -EPERM,
		  "the folder \"%s\" of " ROOT " belongs to user 0 with mode 0702, not to "
		  "root alone: somebody else made it; look at it and remove it" },
		{ "rmdir $H; ln -s . $H", -ENOTDIR,
		  "cannot open the folder \"%s\" of " ROOT
		  " (it must be a real folder): Not a directory" },
		{ "rmdir $H; touch $H", -ENOTDIR,
		  "cannot open the folder \"%s\" of " ROOT
		  " (it must be a real folder): Not a directory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		STATE_DIR_AUTO dir = STATE_DIR_NONE;
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO words = text_format(rows[i].words, strrchr(home, '/') + 1);

		shell("mkdir -p -m 755 $H; chmod 755 " ROOT);
		assert_int_equal(state_dir_open(&dir, false, &e), 0);
		assert_true(dir.labs_dir >= 0);
		shell("[ \"$(stat -c %%a " ROOT " $H | xargs)\" = '700 700' ]");
		state_dir_close(&dir);
		assert_int_equal(dir.labs_dir, -1);
		shell("%s", rows[i].harm);
		assert_int_equal(state_dir_open(&dir, false, &e), rows[i].err);
		if (strcmp(e.text, words) != 0)
			fail_msg("not \"%s\" but \"%s\"", words, e.text);
		shell("rm -r " ROOT);
	}
}

static void is_held_by_one(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *st = up(), *other;
	char *FREE_AUTO words = text_format(
		"lab a is held by process %d (xlab up): try again when it is done", getpid());

	(void)state;
	fails(state_begin(&lab_a, "up", &other, &e), -EBUSY, &e, words);
	assert_null(other);
	fails(state_open("a", STATE_LOCKED, "down", &other, &e), -EBUSY, &e, words);
	assert_null(other);
	assert_int_equal(state_open("a", STATE_READ, NULL, &other, &e), 0);
	assert_int_equal(state_still(other), -1);
	state_close(other);
	shell("echo 7 down >$H/a.lock; echo 8 up >>$H/a.lock");
	fails(state_begin(&lab_a, "up", &other, &e), -EBUSY, &e,
	      "lab a is held by process 7 (xlab down): try again when it is done");
	shell(": >$H/a.lock");
	fails(state_begin(&lab_a, "up", &other, &e), -EBUSY, &e,
	      "lab a is held by another command");
	state_close(st);
	opens("a", STATE_UP);
}

/* Who only looks keeps others from beginning, and is told of one who has begun. */
static void stands_still(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *looks, *other;
	int fd, second;

	(void)state;
	state_close(up());
	assert_int_equal(state_open(NULL, STATE_READ, NULL, &looks, &e), 0);
	fd = state_still(looks);
	second = state_still(looks);
	assert_true(fd >= 0 && second >= 0);
	assert_int_equal(state_open("a", STATE_LOCKED, "down", &other, &e), -EBUSY);
	error_clear(&e);
	assert_int_equal(close(second), 0);
	assert_int_equal(close(fd), 0);
	opens("a", STATE_UP);
	shell("rm $H/a.lock");
	assert_int_equal(state_still(looks), -1);
	state_close(looks);
}

static void is_begun_once(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *st = up(), *again;

	(void)state;
	state_close(st);
	fails(state_begin(&lab_a, "up", &again, &e), -EEXIST, &e,
	      "lab a is up already: `xlab down a` first, or `--as NAME` for another copy");
	shell("rmdir $H/a/ns");
	fails(state_begin(&lab_a, "up", &again, &e), -EEXIST, &e,
	      "lab a is up already, though its namespaces are gone from here: `xlab down a` first, "
	      "or `--as NAME` for another copy");
	opens("a", STATE_VANISHED);
	for (enum state_phase phase = STATE_BUILDING; phase <= STATE_LEAVING; phase++) {
		if (phase == STATE_UP)
			continue;
		assert_int_equal(state_open("a", STATE_LOCKED, "down", &st, &e), 0);
		assert_int_equal(state_set_phase(st, phase, &e), 0);
		state_close(st);
		assert_int_equal(state_begin(&lab_a, "up", &again, &e), 1);
		assert_int_equal(state_journal(again)->phase, phase);
		state_close(again);
	}
}

/* The journal, or the copy in the lab's own folder; without either only its mounts and names tell.
 */
static void a_journal_is_lost(void **state)
{
	static const struct {
		const char *harm;
		int err;
		enum state_phase phase;
		const char *begun; /* what the next one is told */
	} rows[] = {
		{ "rm $H/a.journal", 0, STATE_UP,
		  "lab a is up already: `xlab down a` first, or `--as NAME` for another copy" },
		{ "echo junk >$H/a.journal", 0, STATE_UP,
		  "lab a is up already: `xlab down a` first, or `--as NAME` for another copy" },
		{ "echo junk >$H/a.journal; rm $H/a/journal", 0, STATE_CORRUPT,
		  "%s/a.journal: not a journal of this version of xlab: `xlab down a` removes what "
		  "is left of that lab" },
		{ "sed -i 's/lab 1:a/lab 1:b/' $H/a.journal $H/a/journal", 0, STATE_CORRUPT,
		  "%s/a.journal: it is of a lab \"b\": `xlab down a` removes what is left of that "
		  "lab" },
		{ "rm $H/a.journal $H/a/journal", 0, STATE_CORRUPT,
		  "lab a is up already, though its journal is lost: `xlab down a` first, or `--as "
		  "NAME` for another copy" },
		{ "rm $H/a.journal $H/a/journal;"
		  "mount -t tmpfs theirs $H/a",
		  0, STATE_CORRUPT,
		  "the place of lab a is taken: %s/a is a mount (tmpfs, \"theirs\") that xlab did "
		  "not "
		  "make; remove it if nobody needs it, or use `--as NAME` for another place" },
		{ "rm $H/a.journal; umount $H/a; rmdir $H/a; touch $H/a; ln -s $H/a/ns/x "
		  "/run/netns/x",
		  0, STATE_CORRUPT,
		  "the place of lab a is taken: %s/a is a file that xlab did not make; remove it "
		  "if "
		  "nobody needs it, or use `--as NAME` for another place" },
		{ "rm $H/a.journal; umount $H/a; mount -t tmpfs theirs $H/a", -ENOENT, STATE_UP,
		  "the place of lab a is taken: %s/a is a mount (tmpfs, \"theirs\") that xlab did "
		  "not "
		  "make; remove it if nobody needs it, or use `--as NAME` for another place" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int lock = 0; lock < 2; lock++) { /* its lock is lost, too */
			struct error ERROR_AUTO e = ERROR_INIT;
			struct state *st;

			state_close(up());
			shell("%s", rows[i].harm);
			if (lock)
				shell("rm $H/a.lock");
			if (rows[i].err)
				fails(state_open("a", STATE_LOCKED, "down", &st, &e), rows[i].err,
				      &e, "no lab \"a\" is up, nor any other");
			else
				opens("a", rows[i].phase);
			assert_true(state_begin(&lab_a, "up", &st, &e) < 0);
			fails(e.err, e.err, &e, rows[i].begun);
			assert_int_equal(tear_down(state), 0);
		}
	}
}

/* What cannot be a journal's file goes, too, if it can. */
static void is_forgotten(void **state)
{
	static const char *const harms[] = { "true",
					     "rm $H/a.journal",
					     "rm $H/a.journal; mkdir $H/a.journal",
					     "touch $H/a.journal.new",
					     "rm $H/a.lock",
					     "rmdir $H/a" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(harms); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct state *st = begun("up");

		shell("mkdir $H/a");
		shell("%s", harms[i]);
		if (state_forget(st, &e))
			fail_msg("%s: %s", harms[i], e.text);
		state_close(st);
		shell("! ls -d " ROOT " 2>/dev/null");
	}
}

/* --- Several ------------------------------------------------------------------------------------
 */

static void make(const char *lab)
{
	const struct journal in = { .lab = (char *)lab };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct state *st;

	assert_int_equal(state_begin(&in, "up", &st, &e), 0);
	state_close(st);
}

static void are_listed(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char **STRINGS_AUTO names = NULL;
	struct state *st;

	(void)state;
	fails(state_open(NULL, STATE_READ, NULL, &st, &e), -ENOENT, &e,
	      "no lab is up: `xlab up FILE` starts one");
	fails(state_open("b", STATE_READ, NULL, &st, &e), -ENOENT, &e,
	      "no lab \"b\" is up, nor any other");
	make("b");
	assert_int_equal(state_open(NULL, STATE_READ, NULL, &st, &e), 0);
	assert_string_equal(state_journal(st)->lab, "b");
	state_close(st);
	make("a");
	/* by its tmpfs, if nothing else of it is left; hidden files, folders and mounts are none */
	shell("mkdir -p $H/c $H/d $H/e $H/f $H/.g; mount -t tmpfs xlab $H/c; mount -t tmpfs theirs "
	      "$H/d;"
	      "mount -t tmpfs xlab $H/f; mount -t tmpfs theirs $H/f; mount -t tmpfs xlab $H/.g;"
	      "touch $H/.journal $H/x.journal.new");
	fails(state_open(NULL, STATE_READ, NULL, &st, &e), -EINVAL, &e,
	      "several labs are up: a, b, c, f; say which");
	assert_null(st);
	fails(state_open("d", STATE_LOCKED, "down", &st, &e), -ENOENT, &e,
	      "no lab \"d\" is up; up: a, b, c, f");
	fails(state_open("../a", STATE_READ, NULL, &st, &e), -EINVAL, &e,
	      "\"../a\" is no name of a lab: a name begins with a letter or a digit");
	assert_null(st);
	assert_int_equal(state_list(&names, &e), 0);
	assert_string_equal(names[3], "f");
	assert_null(names[4]);
	shell("umount $H/c $H/d $H/f $H/f $H/.g");
}

/* What a killed command left, and nobody holds, goes with the last one; all else stays. */
static void are_tidied(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	STATE_DIR_AUTO dir = STATE_DIR_NONE;
	int lock = -1, held;

	(void)state;
	assert_int_equal(state_dir_open(&dir, false, &e), 0);
	assert_false(state_dir_has(&dir, "own", ".lock")); /* nothing is there */
	assert_int_equal(state_dir_tidy(&dir, NULL, &e), 0);
	assert_int_equal(state_dir_make(&dir, "own.lock", &lock, &e), 0);
	assert_int_equal(dir.dir_lock, -1);
	shell("cd $H; touch own.journal.new left.lock left.journal.new held.lock full.lock "
	      "full.journal .lock "
	      "bare.journal.new; mkdir own left held busy; touch busy.lock busy/x");
	held = open(home, O_RDONLY);
	assert_true(held >= 0);
	held = openat(held, "held.lock", O_RDWR);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_int_equal(state_dir_tidy(&dir, "own", &e), 0);
	shell("cd $H; [ \"$(ls -A | xargs)\" = "
	      "'.lock bare.journal.new busy full.journal full.lock held held.lock' ]");
	assert_int_equal(close(held), 0);
	assert_int_equal(close(lock), 0);
	shell("rm -r $H/.lock $H/bare.journal.new $H/busy $H/full.*");
	/* the folder stands until all of it can go */
	assert_int_equal(state_dir_open(&dir, false, &e), 0);
	assert_true(dir.labs_dir >= 0);
	assert_int_equal(state_dir_tidy(&dir, NULL, &e), 0);
	assert_int_equal(dir.labs_dir, -1);
	shell("! ls -d " ROOT " 2>/dev/null");
}

/* Another process has locked this, and as soon as somebody waits for it does @then and ends. */
static pid_t holder(const char *path, const char *then)
{
	int out[2];
	pid_t child;
	char c;

	patience_ns = 60000000000; /* in vain, that would be seen */
	assert_int_equal(pipe(out), 0);
	child = fork();
	if (!child) {
		int fd = open(path, O_RDONLY);

		if (flock(fd, LOCK_EX) || write(out[1], "x", 1) != 1)
			_exit(1);
		while (system("grep -q -e '-> FLOCK' /proc/locks"))
			;
		_exit(system(then) != 0);
	}
	assert_int_equal(read(out[0], &c, 1), 1);
	assert_int_equal(close(out[0]) + close(out[1]), 0);
	return child;
}

static void ended(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(-1, &status, 0), -1); /* nobody else is left */
}

static void locks_are_waited_for(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int fd, other;
	pid_t child;

	(void)state;
	shell("mkdir -p $H; touch $H/lock");
	assert_int_equal(chdir(home), 0);
	fd = open("lock", O_RDWR);
	other = open("lock", O_RDWR);
	assert_true(fd >= 0 && other >= 0);
	assert_int_equal(lock_await(fd, 0, &e), 0);
	fails(lock_await(other, 0, &e), -EBUSY, &e, "cannot lock it: Device or resource busy");
	assert_int_equal(close(fd), 0);
	assert_int_equal(lock_await(other, 0, &e), 0);
	assert_int_equal(close(other), 0);
	child = holder("lock", "true");
	fd = open("lock", O_RDWR);
	assert_int_equal(lock_await(fd, 0, &e), 0);
	other = open("lock", O_RDWR);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1); /* it is ours, not the waiter's */
	ended(child);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(close(fd) + close(other), 0);
}

/* A lock that is unlinked while it is waited for is none; the lab may be there all the same. */
static void a_lock_is_removed_meanwhile(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO lock = text_format("%s/a.lock", home);
	char *FREE_AUTO unlock = text_format("rm %s", lock);
	char *FREE_AUTO forget = text_format("rm -r %s; umount %s/a; rm -r " ROOT, lock, home);
	struct state *st;
	pid_t child;

	(void)state;
	state_close(up());
	child = holder(lock, unlock);
	opens("a", STATE_UP);
	ended(child);
	child = holder(lock, forget);
	fails(state_open("a", STATE_LOCKED, "down", &st, &e), -ENOENT, &e,
	      "no lab \"a\" is up, nor any other");
	assert_null(st);
	ended(child);
	shell("! ls -d " ROOT " 2>/dev/null");
}

/* Who gets the lock of a folder that somebody has removed meanwhile has got nothing. */
static void a_folder_is_removed_meanwhile(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	STATE_DIR_AUTO dir = STATE_DIR_NONE;
	int lock = -1;
	pid_t child;

	(void)state;
	shell("mkdir -p $H");
	child = holder(ROOT, "rm -r " ROOT);
	assert_int_equal(state_dir_open(&dir, false, &e), 0);
	assert_int_equal(state_dir_make(&dir, "x.lock", &lock, &e), 0);
	shell("[ \"$(ls $H)\" = x.lock ]");
	ended(child);
	assert_int_equal(close(lock), 0);
	child = holder(ROOT, "rm -r " ROOT);
	/* and who only tidies has nothing to do then */
	assert_int_equal(state_dir_tidy(&dir, NULL, &e), 0);
	ended(child);
	shell("! ls -d " ROOT " 2>/dev/null");
}

static void the_folders_are_locked(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	STATE_DIR_AUTO dir = STATE_DIR_NONE;
	char **STRINGS_AUTO names = NULL;
	int lock = -1, held;
	struct state *st;

	(void)state;
	shell("mkdir -p -m 700 $H");
	held = open(ROOT, O_RDONLY);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_int_equal(state_dir_open(&dir, false, &e), 0);
	fails(state_dir_make(&dir, "x.lock", &lock, &e), -EBUSY, &e,
	      ROOT " is locked by another program: cannot lock it: Device or resource busy");
	assert_int_equal(dir.dir_lock, -1);
	assert_int_equal(lock, -1);
	fails(state_dir_tidy(&dir, NULL, &e), -EBUSY, &e,
	      ROOT " is locked by another program: cannot lock it: Device or resource busy");
	shell("[ -z \"$(ls $H)\" ]");
	/* where no lab is, who lists them tidies up */
	fails(state_list(&names, &e), -EBUSY, &e,
	      ROOT " is locked by another program: cannot lock it: Device or resource busy");
	assert_null(names);
	/* where one is he changes nothing, and waits for nobody */
	shell("touch $H/b.journal $H/a.journal $H/left.lock");
	assert_int_equal(state_list(&names, &e), 0);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[1], "b");
	assert_null(names[2]);
	assert_int_equal(close(held), 0);
	shell("[ -e $H/left.lock ] && rm $H/?.journal");
	cleanup_strings(&names);
	/* nor is anything tidied away of which it is not known what it is */
	unreadable = true;
	fails(state_list(&names, &e), -EIO, &e, "cannot list the labs of %s: Input/output error");
	assert_null(names);
	fails(state_open(NULL, STATE_READ, NULL, &st, &e), -EIO, &e,
	      "cannot list the labs of %s: Input/output error");
	unreadable = false;
	shell("[ -e $H/left.lock ]");
	assert_int_equal(state_list(&names, &e), 0);
	assert_null(names[0]);
	shell("! ls -d " ROOT " 2>/dev/null");
}

/* Labs whose names are mounted nowhere any more: only if that is sure. */
static void dead_ones_are_cleared_away(void **state)
{
	struct stat run;
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO mounted = NULL;

	(void)state;
	assert_int_equal(stat("/run", &run), 0);
	mounted = text_format("%llx-5", (unsigned long long)run.st_dev);
	for (int tidy = 0; tidy < 2; tidy++) {
		STATE_DIR_AUTO dir = STATE_DIR_NONE;
		int lock = -1;

		/* one of the same file system as it was mounted before, one of a device that no
		 * mount gets; no file system's, one that lives, and what is no id
		 */
		shell("mkdir -p -m 700 $H ${H%%-*}-1 " ROOT "/fff000ff-2 " ROOT "/0-3 " ROOT
		      "/%s " ROOT "/other " ROOT
		      "/fff000ff; cd ${H%%-*}-1; touch a.lock a.journal; mkdir a; cd ..;"
		      "touch fff000ff-2/a.lock",
		      mounted);
		assert_int_equal(state_dir_open(&dir, false, &e), 0);
		if (tidy) {
			assert_int_equal(state_dir_tidy(&dir, NULL, &e), 0);
		} else {
			assert_int_equal(state_dir_make(&dir, "x.lock", &lock, &e), 0);
			assert_int_equal(close(lock), 0);
		}
		shell("cd " ROOT
		      "; [ \"$(ls | xargs)\" = \"$(ls -d 0-3 %s fff000ff other %s | xargs)\" ]",
		      mounted, tidy ? "" : "${H##*/}");
		shell("rm -r " ROOT);
	}
}

/* Which labs there are goes by what /run/netns is on, or would be. */
static void they_belong_to_their_names(void **state)
{
	static const char *const mounts[] = {
		"mount -t tmpfs names /run/netns",
		"mount -t tmpfs names /run/netns",
		"mount -t ramfs names /run/netns",
		"mount -t proc names /run/netns",
		"mount -t tmpfs names /run && mkdir /run/netns",
		"mount -t tmpfs names /run",
	};
	char ids[ARRAY_SIZE(mounts) + 1][STATE_DIR_ID];
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	strcpy(ids[0], strrchr(home, '/') + 1);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		STATE_DIR_AUTO dir = STATE_DIR_NONE, same = STATE_DIR_NONE;

		shell("%s", mounts[i]);
		assert_int_equal(state_dir_open(&dir, false, &e), 0);
		strcpy(ids[i + 1], dir.id);
		assert_int_equal(state_dir_open(&same, false, &e), 0);
		assert_string_equal(same.id, dir.id);
		/* no device is nobody else's but a tmpfs' */
		assert_int_equal(!strncmp(dir.id, "0-", 2), i == 2 || i == 3);
		assert_string_not_equal(strchr(dir.id, '-'), "-0");
		shell("umount %s", i < 4 ? "/run/netns" : "/run");
		for (size_t k = 0; k <= i && strncmp(dir.id, "0-", 2) != 0; k++)
			assert_string_not_equal(ids[k], dir.id);
	}
}

/* --- /run/netns ---------------------------------------------------------------------------------
 */

/* Made if it is not there, for all to see; the last lab takes it along, if nobody uses it. */
static void names_are_made(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	shell("mount -t tmpfs -o mode=755 names /run");
	for (int used = 0; used < 3; used++) {
		struct state *st, *other = NULL;
		int fd;

		if (used == 2) /* somebody else's from the beginning */
			shell("mkdir /run/netns");
		assert_int_equal(set_up(state), 0);
		(void)umask(077);
		st = begun("up");
		assert_int_equal(state_names_dir(st, &fd, &e), 0);
		(void)umask(022);
		assert_true(fd >= 0);
		shell("[ $(stat -Lc %%a /run/netns) = 755 ] && [ /proc/%d/fd/%d -ef /run/netns ]",
		      getpid(), fd);
		shell("[ %c -e $H/netns.made ]", used == 2 ? '!' : ' ');
		assert_int_equal(close(fd), 0);
		if (used == 0) { /* not while another is there */
			const struct journal in = { .lab = (char *)"b" };

			assert_int_equal(state_begin(&in, "up", &other, &e), 0);
			assert_int_equal(state_names_dir(other, &fd, &e), 0);
			assert_int_equal(close(fd), 0);
		}
		if (used == 1)
			shell("touch /run/netns/theirs");
		assert_int_equal(state_forget(st, &e), 0);
		state_close(st);
		if (other) {
			shell("[ -d /run/netns ] && [ -e $H/netns.made ]");
			assert_int_equal(state_forget(other, &e), 0);
			state_close(other);
		}
		shell("! ls -d " ROOT " 2>/dev/null; [ %c -d /run/netns ]", used ? ' ' : '!');
		shell("rm -rf /run/netns");
	}
	shell("umount /run");
}

/* --- Of one process alone -----------------------------------------------------------------------
 */

static void private_ones_go_with_the_process(void **state)
{
	const struct journal in = { .lab = (char *)"a", .nameless = true };
	pid_t child = fork();
	int status;

	(void)state;
	if (!child) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct state *st;

		if (state_private(&e) || state_begin(&in, "run", &st, &e))
			_exit(1);
		if (strncmp(state_lab_dir(st), STATE_PRIVATE_ROOT "/",
			    strlen(STATE_PRIVATE_ROOT "/")) != 0)
			_exit(2);
		if (system("ls -d " ROOT " 2>/dev/null") == 0 ||
		    system("[ \"$(ls " STATE_PRIVATE_ROOT "/*)\" = 'a.journal\na.lock' ]") != 0 ||
		    system("[ $(stat -c %a " STATE_PRIVATE_ROOT ") = 700 ]") != 0)
			_exit(3);
		if (state_forget(st, &e) || system("[ -z \"$(ls " STATE_PRIVATE_ROOT ")\" ]") != 0)
			_exit(4);
		state_close(st);
		/* none is a dead one there */
		if (system("mkdir " STATE_PRIVATE_ROOT "/fff000ff-2") != 0 ||
		    state_begin(&in, "run", &st, &e) ||
		    access(STATE_PRIVATE_ROOT "/fff000ff-2", F_OK))
			_exit(5);
		state_close(st);
		_exit(system("umount " STATE_PRIVATE_ROOT) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	shell("! grep ' xlab ' /proc/self/mountinfo");
}

/* --- Small files --------------------------------------------------------------------------------
 */

static void files_are_whole(void **state)
{
	static const struct {
		const char *there;
		int err;
		const char *words;
	} rows[] = {
		{ "rm -f f", -ENOENT, NULL },
		{ "printf 12345678 >f", 0, "12345678" },
		{ "printf 123456789 >f", -EBADMSG, "the state file d/f is none of ours" },
		{ ": >f", 0, "" },
		{ "rm f; mkdir f", -EBADMSG, "the state file d/f is none of ours" },
		{ "rmdir f; mkfifo f", -EBADMSG, "the state file d/f is none of ours" },
		{ "rm f; ln -s /etc/passwd f", -EBADMSG, "the state file d/f is a symlink" },
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text = NULL, *none;
	int FD_AUTO folder = -1;
	size_t size;

	(void)state;
	shell("mkdir -p $H/d; ln -s d $H/way; ln -s .. $H/d/up");
	folder = open(home, O_RDONLY);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO read = NULL;
		int err;

		shell("cd $H/d; %s", rows[i].there);
		size = 99;
		err = statefile_read(folder, "d/f", 8, &read, &size, &e);
		assert_int_equal(err, rows[i].err);
		if (!err) {
			assert_string_equal(read, rows[i].words);
			assert_int_equal(size, strlen(read));
			continue;
		}
		assert_null(read);
		if (rows[i].words)
			fails(err, err, &e, rows[i].words);
		else
			assert_null(e.text);
	}
	/* a link is replaced, not followed; nor is one on the way, and nothing above is reached */
	assert_int_equal(statefile_write(folder, "d/f", "new", 3, &e), 0);
	shell("cd $H/d; [ ! -L f ] && [ \"$(cat f)\" = new ] && [ ! -e f.new ] && [ $(stat -c %%a "
	      "f) "
	      "= 600 ]");
	fails(statefile_write(folder, "way/f", "no", 2, &e), -ENOTDIR, &e,
	      "cannot write the state file way/f: Not a directory");
	fails(statefile_write(folder, "d/up/g", "no", 2, &e), -ENOTDIR, &e,
	      "cannot write the state file d/up/g: Not a directory");
	fails(statefile_write(folder, "../g", "no", 2, &e), -EXDEV, &e,
	      "cannot write the state file ../g: Invalid cross-device link");
	fails(statefile_write(folder, "none/g", "no", 2, &e), -ENOENT, &e,
	      "cannot write the state file none/g: No such file or directory");
	/* what went wrong before, with something else, is not asked about */
	errno = ELOOP;
	assert_int_equal(statefile_read(folder, "d/f", 8, &text, &size, &e), 0);
	assert_string_equal(text, "new");
	fails(statefile_read(folder, "d/f/x", 8, &none, &size, &e), -ENOTDIR, &e,
	      "cannot open the state file d/f/x: Not a directory");
	assert_null(none);
	/* what a killed one left is no hindrance, and what cannot be put in its place goes */
	shell("cd $H; [ \"$(cat d/f)\" = new ] && [ ! -e g ] && [ ! -e ../g ]");
	shell("touch $H/d/f.new");
	assert_int_equal(statefile_write(folder, "d/f", "newer", 5, &e), 0);
	shell("cd $H; [ \"$(cat d/f)\" = newer ] && [ ! -e d/f.new ]; mkdir -p d/h/x");
	fails(statefile_write(folder, "d/h", "no", 2, &e), -EISDIR, &e,
	      "cannot write the state file d/h: Is a directory");
	shell("[ ! -e $H/d/h.new ]");
}

/* A file system may take, and give, less at once than it is asked for; when it is full, the old one
 * stays.
 */
static void files_are_whole_in_small_parts(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text = NULL;
	static char large[8192];
	int FD_AUTO folder = -1;
	size_t size;

	(void)state;
	shell("mkdir -p $H/d; mount -t tmpfs -o size=4096 small $H/d");
	folder = open(home, O_RDONLY);
	at_once = 3;
	assert_int_equal(statefile_write(folder, "d/f", "12345678", 8, &e), 0);
	shell("[ \"$(cat $H/d/f)\" = 12345678 ]");
	assert_int_equal(statefile_read(folder, "d/f", 8, &text, &size, &e), 0);
	at_once = SIZE_MAX;
	assert_string_equal(text, "12345678");
	assert_int_equal(size, 8);
	memset(large, 'x', sizeof(large));
	fails(statefile_write(folder, "d/f", large, sizeof(large), &e), -ENOSPC, &e,
	      "cannot write the state file d/f: No space left on device");
	shell("[ \"$(cd $H/d; ls; cat f)\" = 'f\n12345678' ]");
	shell("umount $H/d");
}

int main(void)
{
#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(comes_and_goes),
		IN_A_PLACE(folders_are_roots_alone),
		IN_A_PLACE(is_held_by_one),
		IN_A_PLACE(stands_still),
		IN_A_PLACE(is_begun_once),
		IN_A_PLACE(a_journal_is_lost),
		IN_A_PLACE(is_forgotten),
		IN_A_PLACE(are_listed),
		IN_A_PLACE(are_tidied),
		IN_A_PLACE(locks_are_waited_for),
		IN_A_PLACE(a_lock_is_removed_meanwhile),
		IN_A_PLACE(a_folder_is_removed_meanwhile),
		IN_A_PLACE(the_folders_are_locked),
		IN_A_PLACE(dead_ones_are_cleared_away),
		IN_A_PLACE(they_belong_to_their_names),
		IN_A_PLACE(names_are_made),
		IN_A_PLACE(private_ones_go_with_the_process),
		IN_A_PLACE(files_are_whole),
		IN_A_PLACE(files_are_whole_in_small_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
