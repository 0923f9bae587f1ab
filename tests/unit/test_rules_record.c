// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules that are kept before a scenario changes them, and come back. rules.mk puts rules and a
 * record of the test's in their places.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/state.h"
#include "lab/text.h"
#include "orchestrator/filter/rules.h"
#include "orchestrator/filter/rules_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/labfile_read.h"

static struct lab lab;
static const char *rules[3]; /* that each of the filters has: "a b" */
static char *record;	     /* NULL: there is none */
static int read_err, write_err, list_err, change_err, unlink_errno;
static char *said; /* what was changed: "-web a b; +web c" */

int __wrap_state_read(const struct state *st, const char *name, char **text, struct error *e);
int __wrap_state_read(const struct state *st, const char *name, char **text, struct error *e)
{
	(void)st;
	assert_string_equal(name, "rules");
	if (read_err)
		return error_state(e, read_err, "no record");
	if (!record)
		return -ENOENT;
	*text = xstrdup(record);
	return 0;
}

int __wrap_state_write(struct state *st, const char *name, const char *text, struct error *e);
int __wrap_state_write(struct state *st, const char *name, const char *text, struct error *e)
{
	(void)st;
	assert_string_equal(name, "rules");
	if (write_err)
		return error_state(e, write_err, "not written");
	free(record);
	record = xstrdup(text);
	return 0;
}

char *__wrap_state_path(const struct state *st, const char *name);
char *__wrap_state_path(const struct state *st, const char *name)
{
	(void)st;
	return xstrdup(name);
}

int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
	assert_string_equal(path, "rules");
	if (!record || unlink_errno) {
		errno = record ? unlink_errno : ENOENT;
		return -1;
	}
	free(steal_pointer(&record));
	return 0;
}

int __wrap_rules_list(const struct lab *of, size_t filter, struct rule_row **rows, size_t *n,
		      struct error *e);
int __wrap_rules_list(const struct lab *of, size_t filter, struct rule_row **rows, size_t *n,
		      struct error *e)
{
	const char *text = rules[filter];
	char word[32];

	assert_ptr_equal(of, &lab);
	if (list_err)
		return error_state(e, list_err, "no list");
	while (text_word(&text, word, sizeof(word)) > 0) {
		struct rule_row *row = array_add(rows, n, sizeof(*row));

		row->rule = xstrdup(word);
	}
	return 0;
}

static int change(char sign, size_t filter, char *const *list, struct error *e)
{
	text_add(&said, "; ", "%c%s", sign, lab.labfile.filters[filter].name);
	for (; *list; list++)
		text_add(&said, "", " %s", *list);
	return change_err ? error_state(e, change_err, "no room") : 0;
}

int __wrap_rules_add(const struct lab *of, size_t filter, char *const *list, struct error *e);
int __wrap_rules_add(const struct lab *of, size_t filter, char *const *list, struct error *e)
{
	(void)of;
	return change('+', filter, list, e);
}

int __wrap_rules_del(const struct lab *of, size_t filter, char *const *list, struct error *e);
int __wrap_rules_del(const struct lab *of, size_t filter, char *const *list, struct error *e)
{
	(void)of;
	return change('-', filter, list, e);
}

static int make_lab(void **state)
{
	static const char text[] = "[lab]\nname = r\n[node n]\n"
				   "[filter web]\nprogram = port\ndst = 80\n"
				   "[filter we]\nprogram = port\ndst = 80\n"
				   "[filter dns]\nprogram = port\ndst = 53\n";
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	return labfile_parse(&lab.labfile, "r.ini", "/", text, strlen(text), &e);
}

static int drop_lab(void **state)
{
	(void)state;
	labfile_clear(&lab.labfile);
	free(record);
	return 0;
}

static size_t named(const char *name)
{
	return labfile_filter(&lab.labfile, name);
}

/* Begins as each test does: with these rules of web, we and dns, and that record. */
static void begin(const char *web, const char *we, const char *dns, const char *kept)
{
	rules[named("web")] = web;
	rules[named("we")] = we;
	rules[named("dns")] = dns;
	free(record);
	record = kept ? xstrdup(kept) : NULL;
	free(steal_pointer(&said));
}

static void keeps(const char *name, int err, const char *told)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	assert_int_equal(rules_keep(&lab, named(name), &e), err);
	assert_int_equal(e.err, err);
	if (err)
		assert_string_equal(e.text, told);
}

static void changed(const char *wanted)
{
	assert_string_equal(said ? said : "", wanted);
}

static void restores(int err, const char *told)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	assert_int_equal(rules_restore_all(&lab, &e), err);
	assert_int_equal(e.err, err);
	if (err)
		assert_string_equal(e.text, told);
}

#define KEPT "filter web\nrule dst=80\nrule dst=81\n"

/* Each filter's are kept once, those from before the first change, however alike names are. */
static void each_filter_is_kept_once(void **state)
{
	(void)state;
	begin("dst=80 dst=81", "dst=80", "", NULL);
	keeps("web", 0, NULL);
	assert_string_equal(record, KEPT);
	rules[named("web")] = "dst=9";
	keeps("web", 0, NULL);
	assert_string_equal(record, KEPT);
	keeps("we", 0, NULL);
	assert_string_equal(record, KEPT "filter we\nrule dst=80\n");
	keeps("dns", 0, NULL);
	assert_string_equal(record, KEPT "filter we\nrule dst=80\nfilter dns\n");
	keeps("dns", 0, NULL);
	assert_string_equal(record, KEPT "filter we\nrule dst=80\nfilter dns\n");
	begin("", "dst=1", "dst=2", "filter dns\n");
	keeps("we", 0, NULL);
	assert_string_equal(record, "filter dns\nfilter we\nrule dst=1\n");
	begin("dst=80 dst=81", "", "", "filter we\n");
	keeps("web", 0, NULL);
	assert_string_equal(record, "filter we\n" KEPT);
}

static void what_cannot_be_kept_is_told(void **state)
{
	static const struct {
		int *err;
		const char *told;
	} rows[] = { { &read_err, "no record" },
		     { &list_err, "no list" },
		     { &write_err, "not written" } };

	(void)state;
	begin("dst=80", "", "", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		*rows[i].err = -EIO;
		keeps("web", -EIO, rows[i].told);
		*rows[i].err = 0;
		assert_null(record);
	}
	begin("dst=80", "", "", "filter dns\nrule dst=5");
	keeps("web", -EBADMSG,
	      "the record of the rules that a scenario changed is cut: take the lab down and up "
	      "again");
	assert_string_equal(record, "filter dns\nrule dst=5");
}

/* Those that are too many go first; none is touched that is as it was. */
static void what_was_kept_comes_back(void **state)
{
	static const struct {
		const char *web, *said;
	} rows[] = {
		{ "dst=80 dst=81", "" },
		{ "dst=81 dst=80", "" },
		{ "dst=81", "+web dst=80" },
		{ "", "+web dst=80 dst=81" },
		{ "dst=80 dst=9 dst=81 dst=1", "-web dst=1 dst=9" },
		{ "dst=9 dst=81", "-web dst=9; +web dst=80" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(rows[i].web, "", "dst=5", KEPT);
		restores(0, NULL);
		changed(rows[i].said);
		assert_null(record);
	}
	begin("dst=9", "", "dst=5", "filter dns\n" KEPT);
	restores(0, NULL);
	changed("-dns dst=5; -web dst=9; +web dst=80 dst=81");
	/* In whichever order they were. */
	begin("dst=80 dst=9", "", "", "filter web\nrule dst=9\nrule dst=81\nrule dst=80\n");
	restores(0, NULL);
	changed("+web dst=81");
	/* Nothing was kept. */
	begin("dst=9", "", "dst=5", NULL);
	restores(0, NULL);
	changed("");
	begin("dst=9", "", "dst=5", "");
	restores(0, NULL);
	changed("");
}

/* One that fails keeps no other from it, and leaves the record for the next try. */
static void what_cannot_come_back_stays_kept(void **state)
{
	(void)state;
	begin("dst=80", "", "dst=5", "filter gone\nrule dst=1\n" KEPT);
	restores(-EINVAL, "cannot put back the rules of filter gone: their record names a filter "
			  "gone, which the lab does not have");
	changed("+web dst=81");
	assert_non_null(record);
	/* Nothing is added where there may be no room. */
	begin("dst=9", "", "dst=5", "filter dns\n" KEPT);
	change_err = -ENOSPC;
	restores(-ENOSPC, "cannot put back the rules of filter dns: no room\n"
			  "cannot put back the rules of filter web: no room");
	changed("-dns dst=5; -web dst=9");
	assert_non_null(record);
	begin("", "", "", KEPT);
	restores(-ENOSPC, "cannot put back the rules of filter web: no room");
	changed("+web dst=80 dst=81");
	change_err = 0;
	begin("dst=9", "", "dst=5", "filter dns\n" KEPT);
	list_err = -EIO;
	restores(-EIO, "cannot put back the rules of filter dns: no list\n"
		       "cannot put back the rules of filter web: no list");
	list_err = 0;
	read_err = -EIO;
	restores(-EIO, "no record");
	read_err = 0;
	unlink_errno = EACCES;
	restores(-EACCES, "cannot remove rules: Permission denied");
	unlink_errno = 0;
	/* What is no filter's is none's. */
	begin("", "", "", "something else\n");
	restores(-EINVAL, "cannot put back the rules of filter : their record names a filter , "
			  "which the lab does not have");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_filter_is_kept_once),
		cmocka_unit_test(what_cannot_be_kept_is_told),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(what_cannot_come_back_stays_kept),
	};
	int failed = cmocka_run_group_tests_name("rules_record", tests, make_lab, drop_lab);

	free(said);
	return failed;
}
