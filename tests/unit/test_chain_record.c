// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of a chain as bytes: what is written is read, what is damaged is not. rules.mk puts
 * __wrap_state_read() and __wrap_state_write() in the place of files.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/lab.h"
#include "tests/unit/wrap.h"

static struct lab lab;
static char *file_text; /* NULL: there is none */
static int answer;

int __wrap_state_read(const struct state *st, const char *name, char **text, struct error *e);
int __wrap_state_read(const struct state *st, const char *name, char **text, struct error *e)
{
	(void)st;
	assert_string_equal(name, "chains/b:e1");
	if (answer)
		return error_state(e, answer, "refused");
	if (!file_text)
		return -ENOENT;
	*text = xstrdup(file_text);
	return 0;
}

int __wrap_state_write(struct state *st, const char *name, const char *text, struct error *e);
int __wrap_state_write(struct state *st, const char *name, const char *text, struct error *e)
{
	(void)st;
	assert_string_equal(name, "chains/b:e1");
	if (answer)
		return error_state(e, answer, "refused");
	free(file_text);
	file_text = xstrdup(text);
	return 0;
}

static const char *folder; /* of all the files */
static int readdir_err;

WRAP(char *, state_path, const struct state *st, const char *fmt, ...)
{
	(void)st;
	assert_string_equal(fmt, "chains");
	return xstrdup(folder);
}

struct dirent *__real_readdir(DIR *dir);
WRAP(struct dirent *, readdir, DIR *dir)
{
	errno = readdir_err;
	return readdir_err ? NULL : __real_readdir(dir);
}

static char *names[] = { (char *)"web", (char *)"dns-2" };

static const char whole[] = "now inline 5 native 1234 scenario\n"
			    "why asked for\n"
			    "filters web dns-2\n"
			    "before libxdp 4 generic 1200 own\n"
			    "why it can\n"
			    "filters dns-2\n"
			    "pending\n"
			    "restore web\n"
			    "gen 6\n"
			    "past inline 3 native 1190 own\n"
			    "filters\n"
			    "past inline 2 native 1180 own\n"
			    "filters web dns-2\n";

static void record_is(const struct chain_record *r, enum engine_choice engine, uint32_t gen,
		      enum xdp_mode mode, uint32_t prog_id, bool scenario)
{
	assert_int_equal(r->engine, engine);
	assert_int_equal(r->gen, gen);
	assert_int_equal(r->mode, mode);
	assert_int_equal(r->prog_id, prog_id);
	assert_int_equal(r->scenario, scenario);
}

static void has_names(char *const *list, size_t n, const char *one, const char *other)
{
	assert_int_equal(n, (one != NULL) + (other != NULL));
	if (one)
		assert_string_equal(list[0], one);
	if (other)
		assert_string_equal(list[1], other);
}

/* Each field by itself, and all of it as it was when it is written again. */
static void what_is_written_is_read(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_file CHAIN_FILE_AUTO f = { 0 };

	(void)state;
	answer = 0;
	file_text = xstrdup(whole);
	assert_int_equal(chain_file_read(&lab, "b:e1", &f, &e), 0);
	record_is(&f.now, ENGINE_INLINE, 5, XDP_MODE_CHOICE_NATIVE, 1234, true);
	assert_string_equal(f.now.why, "asked for");
	has_names(f.now.filters, f.now.n_filters, "web", "dns-2");
	record_is(&f.before, ENGINE_LIBXDP, 4, XDP_MODE_CHOICE_GENERIC, 1200, false);
	assert_string_equal(f.before.why, "it can");
	has_names(f.before.filters, f.before.n_filters, "dns-2", NULL);
	assert_true(f.pending);
	assert_true(f.has_restore);
	has_names(f.restore, f.n_restore, "web", NULL);
	assert_int_equal(f.gen, 6);
	assert_int_equal(f.n_past, 2);
	record_is(&f.past[0], ENGINE_INLINE, 3, XDP_MODE_CHOICE_NATIVE, 1190, false);
	assert_null(f.past[0].why);
	assert_int_equal(f.past[0].n_filters, 0);
	record_is(&f.past[1], ENGINE_INLINE, 2, XDP_MODE_CHOICE_NATIVE, 1180, false);
	has_names(f.past[1].filters, f.past[1].n_filters, "web", "dns-2");

	assert_true(chain_record_has(&f.now, "web"));
	assert_true(chain_record_has(&f.now, "dns-2"));
	assert_false(chain_record_has(&f.before, "web"));
	assert_false(chain_record_has(&f.past[0], "web"));

	free(file_text);
	file_text = NULL;
	assert_int_equal(chain_file_write(&lab, "b:e1", &f, &e), 0);
	assert_string_equal(file_text, whole);
	free(file_text);
	file_text = NULL;
}

/* What is not said is not there: nobody's chain, and the lab file's behind it. */
static void an_empty_file(void **state)
{
	static const char empty[] = "now auto 0 native 0 own\nfilters\nbefore auto 0 native 0 own\n"
				    "filters\ngen 0\n";
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_file f = { .pending = true };

	(void)state;
	answer = 0;
	assert_int_equal(chain_file_read(&lab, "b:e1", &f, &e), 0);
	assert_null(e.text);
	assert_false(f.pending || f.has_restore || f.gen || f.n_past || f.now.n_filters);
	assert_int_equal(chain_file_write(&lab, "b:e1", &f, &e), 0);
	assert_string_equal(file_text, empty);
	/* no filter at all is another thing than no word of it */
	f.has_restore = true;
	assert_int_equal(chain_file_write(&lab, "b:e1", &f, &e), 0);
	assert_non_null(strstr(file_text, "\nrestore\n"));
	chain_file_clear(&f);
	assert_int_equal(chain_file_read(&lab, "b:e1", &f, &e), 0);
	assert_true(f.has_restore);
	assert_int_equal(f.n_restore, 0);
	chain_file_clear(&f);
	answer = -EIO;
	assert_int_equal(chain_file_read(&lab, "b:e1", &f, &e), -EIO);
	error_clear(&e);
	assert_int_equal(chain_file_write(&lab, "b:e1", &f, &e), -EIO);
	answer = 0;
	free(file_text);
	file_text = NULL;
}

#define SIXTEEN "abcdefghijklmnop"
#define NOW	"now inline 5 native 1234 own\n"
#define PAST	"past inline 2 native 1180 own\n"

static void a_damaged_file_is_refused(void **state)
{
	static const struct {
		const char *text;
		int err;
	} texts[] = {
		{ "", 0 },
		{ NOW, 0 },
		{ NOW "filters", 0 },
		{ "now inline 5 native 1234 own", 0 },
		{ "now inline 5 native 1234\n", -EINVAL },
		{ "now outline 5 native 1234 own\n", -EINVAL },
		{ "now inline five native 1234 own\n", -EINVAL },
		{ "now inline 5 naive 1234 own\n", -EINVAL },
		{ "now inline 5 native x own\n", -EINVAL },
		{ "now inline 5 native 1234 nobody\n", -EINVAL },
		{ "before inline 5 native 1234 nobody\n", -EINVAL },
		{ "past inline 5 native 1234 nobody\n", -EINVAL },
		{ "nows inline 5 native 1234 own\n", -EINVAL },
		{ "filters web\n", -EINVAL }, /* whose? */
		{ "why asked for\n", -EINVAL },
		{ NOW "\n", -EINVAL },
		{ NOW "filters a b " SIXTEEN SIXTEEN SIXTEEN SIXTEEN "\n", -ENAMETOOLONG },
		{ NOW "gen\n", -EINVAL },
		{ NOW "gen x\n", -EINVAL },
		{ "x\n" NOW, -EINVAL },
		{ PAST PAST PAST PAST PAST PAST PAST PAST, 0 },
		{ PAST PAST PAST PAST PAST PAST PAST PAST PAST, -EINVAL },
	};

	(void)state;
	answer = 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct chain_file f;
		int err;

		file_text = xstrdup(texts[i].text);
		err = chain_file_read(&lab, "b:e1", &f, &e);
		if (err != texts[i].err)
			fail_msg("%s: %d", texts[i].text, err);
		if (err) {
			assert_non_null(
				strstr(e.text, "cannot read the record of the chain on b:e1"));
			assert_int_equal(f.now.gen + f.n_past, 0);
		}
		chain_file_clear(&f);
		free(file_text);
	}
	file_text = NULL;
}

/* The chain that comes back is a copy, in the place of the one before. */
static void what_comes_back_is_kept(void **state)
{
	struct chain_record record = { .filters = names, .n_filters = 2 };
	struct chain_file f = { 0 };

	(void)state;
	chain_file_keep_for_good(&f, &record);
	assert_true(f.has_restore);
	has_names(f.restore, f.n_restore, "web", "dns-2");
	assert_ptr_not_equal(f.restore[0], names[0]);
	record.n_filters = 1;
	chain_file_keep_for_good(&f, &record);
	has_names(f.restore, f.n_restore, "web", NULL);
	record.n_filters = 0;
	chain_file_keep_for_good(&f, &record);
	assert_true(f.has_restore);
	assert_int_equal(f.n_restore, 0);
	chain_file_clear(&f);
	assert_false(f.has_restore);
}

/* A plan has all of both, and of what was before them. */
static void a_plan_keeps_what_there_was(void **state)
{
	struct chain_record now = {
		.gen = 4, .prog_id = 9, .filters = names, .n_filters = 2, .why = (char *)"asked for"
	};
	struct chain_record next = { .gen = 5, .prog_id = 10, .filters = names, .n_filters = 1 };
	struct chain_file f = { .gen = 7, .has_restore = true }, to;

	(void)state;
	f.restore = chain_names_copy(names, 2);
	f.n_restore = 2;
	chain_record_copy(&f.past[f.n_past++], &now);
	chain_file_plan(&to, &f, &now, &next);
	assert_true(to.pending);
	assert_int_equal(to.gen, 7); /* the greatest that was ever given out */
	has_names(to.restore, to.n_restore, "web", "dns-2");
	has_names(to.now.filters, to.now.n_filters, "web", NULL);
	has_names(to.before.filters, to.before.n_filters, "web", "dns-2");
	assert_string_equal(to.before.why, "asked for");
	assert_int_equal(to.n_past, 1);
	assert_int_equal(to.past[0].gen, 4);
	has_names(to.past[0].filters, to.past[0].n_filters, "web", "dns-2");
	chain_file_clear(&to);
	next.gen = 8;
	chain_file_plan(&to, &f, &now, &next);
	assert_int_equal(to.gen, 8);
	chain_file_clear(&to);
	chain_file_clear(&f);
}

static void who_tells_of_itself(void **state)
{
	const struct chain_record by_inline = { .engine = ENGINE_INLINE };
	const struct chain_record by_libxdp = { .engine = ENGINE_LIBXDP };

	(void)state;
	assert_true(chain_tells(&by_inline, PROGRAM_OBJECT));
	assert_true(chain_tells(&by_inline, PROGRAM_DROP));
	assert_false(chain_tells(&by_libxdp, PROGRAM_OBJECT));
	assert_true(chain_tells(&by_libxdp, PROGRAM_DROP));
}

static void made(const char *name)
{
	char *FREE_AUTO path = text_format("%s/%s", folder, name);

	assert_int_equal(mknod(path, S_IFREG | 0600, 0), 0);
}

static void removed(const char *name)
{
	char *FREE_AUTO path = text_format("%s/%s", folder, name);

	assert_int_equal(remove(path), 0);
}

static void whose_files_there_are(void **state)
{
	char path[] = "/tmp/xlab-test-XXXXXX";
	char **STRINGS_AUTO none = NULL, **STRINGS_AUTO one = NULL, **STRINGS_AUTO bad = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	folder = "/nonexistent/chains";
	assert_int_equal(chain_file_names(&lab, &none, &e), 0);
	assert_null(none[0]);
	folder = mkdtemp(path);
	made("b:e1");
	made("other");
	assert_int_equal(chain_file_names(&lab, &one, &e), 0);
	removed("other");
	assert_string_equal(one[0], "b:e1");
	readdir_err = EIO;
	assert_int_equal(chain_file_names(&lab, &bad, &e), -EIO);
	assert_non_null(strstr(e.text, "cannot read /tmp/xlab-test-"));
	readdir_err = 0;
	removed("b:e1");
	removed("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(an_empty_file),
		cmocka_unit_test(a_damaged_file_is_refused),
		cmocka_unit_test(what_comes_back_is_kept),
		cmocka_unit_test(a_plan_keeps_what_there_was),
		cmocka_unit_test(who_tells_of_itself),
		cmocka_unit_test(whose_files_there_are),
	};

	return cmocka_run_group_tests_name("chain_record", tests, NULL, NULL);
}
