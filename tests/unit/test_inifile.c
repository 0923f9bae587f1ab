// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/inikeys.h"
#include "lab/text.h"

static int parse(struct inifile *ini, const char *text, struct error *e)
{
	return inifile_parse(ini, "f.ini", "/dir", text, strlen(text), e);
}

static void reads_what_is_there(void **state)
{
	static const char text[] = "\n"
				   "; a comment\n"
				   "# another\n"
				   "[lab]   ; behind a heading\n"
				   "name = lb\n"
				   "  about=One; two#three ; a comment\n"
				   "[ iface \t host:veth0 ]\n"
				   "\tmac = de:ad:be:ef:00:01 # and here\n"
				   "address=a = b : c\n"
				   "data[0:4] = x[1:2]:3\n"
				   "x = \"GET / ; #x\" ; a comment \"\n"
				   "x=\"\\\" ; \\\\\",!\"a ; b\"\t# \"and ; on\"\n"
				   "x = 5\" ; not \"\n"
				   "x = \"not ; closed\n"
				   "x = \"a ; b\"c\n"
				   "x = y==\"a # b\" \"c ; d\" ; e";
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	assert_int_equal(parse(&ini, text, &e), 0);
	assert_null(e.text);
	assert_string_equal(ini.text, text);
	assert_int_equal(ini.n_sections, 2);
	assert_string_equal(ini.sections[0].kind, "lab");
	assert_string_equal(ini.sections[0].name, "");
	assert_int_equal(ini.sections[0].line, 4);
	assert_int_equal(ini.sections[0].n_keys, 2);
	assert_string_equal(ini.sections[0].keys[1].name, "about");
	assert_string_equal(ini.sections[0].keys[1].value, "One; two#three");
	assert_int_equal(ini.sections[0].keys[1].line, 6);
	assert_string_equal(ini.sections[1].kind, "iface");
	assert_string_equal(ini.sections[1].name, "host:veth0");
	assert_string_equal(ini.sections[1].keys[0].value, "de:ad:be:ef:00:01");
	assert_string_equal(ini.sections[1].keys[1].value, "a = b : c");
	assert_string_equal(ini.sections[1].keys[2].name, "data[0:4]");
	assert_string_equal(ini.sections[1].keys[2].value, "x[1:2]:3");
	assert_string_equal(ini.sections[1].keys[3].value, "\"GET / ; #x\"");
	assert_string_equal(ini.sections[1].keys[4].value, "\"\\\" ; \\\\\",!\"a ; b\"");
	assert_string_equal(ini.sections[1].keys[5].value, "5\"");
	assert_string_equal(ini.sections[1].keys[6].value, "\"not");
	assert_string_equal(ini.sections[1].keys[7].value, "\"a");
	assert_string_equal(ini.sections[1].keys[8].value, "y==\"a # b\" \"c ; d\"");
	inifile_clear(&ini);
}

/* libinih by itself would cut these, or leave them out. */
static void keeps_long_names_and_empty_sections(void **state)
{
	char heading[300], line[INIFILE_LINE_MAX + 2], text[5000];
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	memset(heading, 'n', 200);
	heading[200] = '\0';
	memset(line, 'v', sizeof(line));
	memcpy(line, "key=", 4);
	line[INIFILE_LINE_MAX] = '\0';
	(void)snprintf(text, sizeof(text), "[node %s]\n[lab]\n%s\n", heading, line);
	assert_int_equal(parse(&ini, text, &e), 0);
	assert_int_equal(ini.n_sections, 2);
	assert_string_equal(ini.sections[0].name, heading);
	assert_int_equal(ini.sections[0].n_keys, 0);
	assert_int_equal(strlen(ini.sections[1].keys[0].value), INIFILE_LINE_MAX - 4);
	inifile_clear(&ini);
}

static const struct {
	const char *text, *message;
} refused[] = {
	{ "", "f.ini: the file is empty" },
	{ "name = lb\n", "f.ini:1: name = lb: the key stands before the first [section]" },
	{ "[lab]\nstray words\n",
	  "f.ini:2: [lab] stray words: neither a [section], nor KEY = VALUE" },
	{ "[lab]\n  indented words\n", "f.ini:2: [lab] indented words: neither" },
	{ "[lab]\nname: lb\n", "f.ini:2: [lab] name: lb: neither" },
	{ "[iface a:b]\nset:x = 1\n", "f.ini:2: [iface a:b] set:x = 1: a key has no ':'" },
	{ "[filter f]\ndata[0:4]:x = 1\n", "a key has no ':'" },
	{ "[filter f]\nx:data[0:4] = 1\n", "a key has no ':'" },
	{ "[filter f]\ndata0:4] = 1\n", "a key has no ':'" },
	{ "[lab]\n= lb\n", "f.ini:2: [lab] = lb: no key stands before the =" },
	{ "[lab]\nname =\n", "f.ini:2: [lab] name =: the key has no value" },
	{ "[lab]\nname = ; lb\n", "the key has no value (; and # start a comment)" },
	{ "[lab]\nname =;lb\n", "the key has no value (; and # start a comment)" },
	{ "[lab]\nname ; = lb\n", "f.ini:2: [lab] name ; = lb: neither" },
	{ "[lab\n", "f.ini:1: [lab: the section's ] is missing" },
	{ "[]\n", "f.ini:1: []: the section has no kind" },
	{ "[ ]\n", "f.ini:1: []: the section has no kind" },
	{ "[lab] name = x\n", "f.ini:1: \"name = x\" stands behind the section's ]" },
	{ "[lab]\n[node a]\n[lab]\n", "f.ini:3: [lab]: stands at line 1 already" },
	{ "[node a]\n[node  a ]\n", "f.ini:2: [node a]: stands at line 1 already" },
	{ "[lab]\r\nname = x\r\n", "f.ini:1: the line ends in CR LF, as on Windows" },
	{ "\xef\xbb\xbf[lab]\n", "f.ini:1: the file begins with a byte order mark (BOM)" },
	{ "[lab]\nabout = a\033[31m\n", "f.ini:2: the line contains a control character" },
	{ "[lab]\nabout = a\177\n", "f.ini:2: the line contains a control character" },
	{ "[lab]\nabout = caf\xe9\n", "f.ini:2: the line contains bytes that are not UTF-8" },
	{ "[lab]\nabout = \xed\xa0\x80\n", "bytes that are not UTF-8" },
	{ "[lab]\nabout = \xc0\xaf\n", "bytes that are not UTF-8" },
};

static void refuses_one(const char *text, size_t len, const char *message)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	assert_int_equal(inifile_parse(&ini, "f.ini", "/", text, len, &e), -EINVAL);
	assert_int_equal(e.kind, ERROR_INPUT);
	if (!strstr(e.text, message))
		fail_msg("not \"%s\" but \"%s\"", message, e.text);
	if (strchr(e.text, '\n'))
		fail_msg("more than one: %s", e.text);
	inifile_clear(&ini);
}

static void refuses_wrong_forms(void **state)
{
	static const char nul[] = "[lab]\nname = a\0b\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		refuses_one(refused[i].text, strlen(refused[i].text), refused[i].message);
	refuses_one(nul, sizeof(nul) - 1, "f.ini:2: the line contains a NUL byte");
}

static void refuses_long_lines_and_files(void **state)
{
	FREE_AUTO char *text = malloc(INIFILE_SIZE_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, ';', INIFILE_SIZE_MAX + 1);
	text[INIFILE_SIZE_MAX + 1] = '\0';
	refuses_one(text, INIFILE_LINE_MAX + 1, "the line has 4097 bytes, 4096 are allowed");
	refuses_one(text, INIFILE_SIZE_MAX + 1, "the file has more than 4 MiB");
}

static void reports_all_and_goes_on(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	assert_int_equal(
		parse(&ini, "x\n[lab]\ny\nname = a\n[node\nskipped = b\n[node a]\nz\n", &e),
		-EINVAL);
	assert_int_equal(e.lines, 4);
	assert_int_equal(ini.n_sections, 2);
	assert_int_equal(ini.sections[0].n_keys, 1);
	assert_int_equal(ini.sections[1].n_keys, 0);
	inifile_clear(&ini);
}

/* A hostile file: the errors are cut off, in time. */
static void gives_up(void **state)
{
	FREE_AUTO char *text = malloc(INIFILE_SIZE_MAX + 1);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < INIFILE_SIZE_MAX; i += 2)
		memcpy(text + i, "x\n", 2);
	assert_int_equal(inifile_parse(&ini, "f.ini", "/", text, INIFILE_SIZE_MAX, &e), -EINVAL);
	assert_int_equal(e.lines, INIFILE_ERRORS_MAX);
	inifile_clear(&ini);
}

/* The last error that is told, and another of the same line. */
static void gives_up_within_a_line(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	FREE_AUTO char *text = NULL;
	struct inifile ini;

	(void)state;
	for (int i = 1; i < INIFILE_ERRORS_MAX; i++)
		text_add(&text, "", "x\n");
	text_add(&text, "", "x\r\n");
	assert_int_equal(parse(&ini, text, &e), -EINVAL);
	assert_int_equal(e.lines, INIFILE_ERRORS_MAX);
	assert_non_null(strstr(strrchr(e.text, '\n'), "f.ini:500: the line ends in CR LF"));
	inifile_clear(&ini);
}

static int take(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	char *all = object;

	if (!strcmp(value, "bad"))
		return ini_refuse(at, e, "not good");
	strcat(strcat(all, value), " ");
	return 0;
}

static const struct ini_key_spec keys[] = {
	{ .name = "one", .allowed = "anything", .read = take },
	{ .name = "many", .repeats = true, .allowed = "good ones", .read = take },
	{ .name = "must", .required = true, .allowed = "something", .read = take },
	{ .name = "set.", .repeats = true, .allowed = "a value", .read = take },
	{ 0 },
};
static const struct ini_section_spec table = { .kind = "s", .keys = keys };
static const struct ini_section_spec *const tables[] = { &table, NULL };

static void tables_drive_reading(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char all[64] = "";
	struct inifile ini;

	(void)state;
	assert_int_equal(parse(&ini, "[s]\nmany=a\nset.x=b\nmany=c\nmust=d\none=e\n", &e), 0);
	assert_int_equal(ini_section_read(&ini, &ini.sections[0], keys, all, &e), 0);
	assert_string_equal(all, "a b c d e ");
	assert_int_equal(ini_report_unknown(&ini, tables, &e), 0);
	inifile_clear(&ini);
}

static void tables_drive_messages(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char all[64] = "";
	struct inifile ini;

	(void)state;
	assert_int_equal(
		parse(&ini, "[s x]\none=a\none=b\nmany=bad\nmani=c\n[z]\nq=r\n[section]\n", &e), 0);
	assert_int_equal(ini_section_read(&ini, &ini.sections[0], keys, all, &e), -EINVAL);
	assert_int_equal(ini_report_unknown(&ini, tables, &e), -EINVAL);
	inifile_sort_errors(&ini, &e);
	assert_string_equal(
		e.text,
		"f.ini:1: [s x]: the key must is missing; allowed: something\n"
		"f.ini:3: [s x] one = b: the key stands at line 2 already, and may stand once\n"
		"f.ini:4: [s x] many = bad: not good; allowed: good ones\n"
		"f.ini:5: [s x] mani = c: unknown key; did you mean \"many\"? (allowed: one, many, "
		"must, set.)\n"
		"f.ini:6: [z]: unknown section; allowed: s\n"
		"f.ini:8: [section]: unknown section; allowed: s");
	inifile_clear(&ini);
	error_clear(&e);
	/* Each of the two alone is an error. */
	assert_int_equal(parse(&ini, "[z]\n", &e), 0);
	assert_int_equal(ini_report_unknown(&ini, tables, &e), -EINVAL);
	inifile_clear(&ini);
	error_clear(&e);
	assert_int_equal(parse(&ini, "[s]\nmani=c\n", &e), 0);
	assert_int_equal(ini_report_unknown(&ini, tables, &e), -EINVAL);
	inifile_clear(&ini);
}

/* Of what nobody knows it may be anything. */
static void what_is_unknown_is_broken(void **state)
{
	static const struct {
		const char *text;
		bool all, first, second;
	} rows[] = {
		{ "[s]\none=a\n[s x]\nmany=b\n", false, false, false },
		{ "[s]\nmani=a\none=b\n[s x]\nmany=b\n", false, true, false },
		{ "[s]\none=a\n[s x]\nmany=b\nmani=c\n", false, false, true },
		{ "[z]\n[s]\none=a\n", true, false, false },
		{ "[s]\none=a\n[z]\n", true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct inifile ini;

		assert_int_equal(parse(&ini, rows[i].text, &e), 0);
		ini_mark_broken(&ini, tables);
		if (ini.broken != rows[i].all || ini.sections[0].broken != rows[i].first ||
		    ini.sections[1].broken != rows[i].second)
			fail_msg("%s", rows[i].text);
		inifile_clear(&ini);
	}
}

static const char *no_names(void *cookie, size_t i)
{
	(void)cookie;
	(void)i;
	return NULL;
}

static void complaints_are_errors(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;
	struct ini_where at = { .ini = &ini, .spec = keys };

	(void)state;
	assert_int_equal(parse(&ini, "[s]\none=a\n", &e), 0);
	at.section = &ini.sections[0];
	at.key = &at.section->keys[0];
	assert_int_equal(ini_misspelt(&at, &e, "a word", "x", no_names, NULL), -EINVAL);
	assert_int_equal(ini_unknown(&at, &e, "word", "x", no_names, NULL), -EINVAL);
	assert_int_equal(ini_refuse(&at, &e, "no"), -EINVAL);
	assert_int_equal(ini_complain(&at, &e, "no"), -EINVAL);
	/* What has no place stands in front. */
	(void)error_add(&e, "all of it");
	inifile_sort_errors(&ini, &e);
	assert_ptr_equal(strstr(e.text, "all of it\nf.ini:2: [s] one = a: "), e.text);
	inifile_clear(&ini);
}

#define TEN    "1234567890"
#define NINETY TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* A hundred bytes of a name or a value are shown, but no part of a character. */
static void what_is_long_is_cut(void **state)
{
	static const struct {
		const char *value, *shown;
	} rows[] = {
		{ NINETY TEN, NINETY TEN },
		{ NINETY TEN "1", NINETY TEN "…" },
		{ NINETY "12345678ö", NINETY "12345678ö" },
		{ NINETY "123456789ö", NINETY "123456789…" },
		{ NINETY "12345678€2", NINETY "12345678…" },
		{ NINETY "1234567€2", NINETY "1234567€…" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO text = text_format("[s]\none=%s\n", rows[i].value);
		char *FREE_AUTO wanted = text_format("f.ini:2: [s] one = %s: no", rows[i].shown);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct inifile ini;
		struct ini_where at = { .ini = &ini };

		assert_int_equal(parse(&ini, text, &e), 0);
		at.section = &ini.sections[0];
		at.key = &at.section->keys[0];
		assert_int_equal(ini_complain(&at, &e, "no"), -EINVAL);
		assert_string_equal(e.text, wanted);
		inifile_clear(&ini);
	}
}

/* As many lines as all errors can have, and none more. */
static void errors_have_room(void **state)
{
	static char many[INIFILE_ERRORS_MAX * 4 * 2 + 64];
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = i % 2 ? '\n' : 'x';
	assert_int_equal(parse(&ini, "[s]\n", &e), 0);
	(void)error_add(&e, "%s", many);
	inifile_sort_errors(&ini, &e);
	assert_int_equal(strlen(e.text), INIFILE_ERRORS_MAX * 4 * 2 - 1);
	inifile_clear(&ini);
}

static void load_fails(const char *path, enum error_kind kind, const char *message)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	assert_true(inifile_load(&ini, path, &e) < 0);
	assert_int_equal(e.kind, kind);
	if (!strstr(e.text, message))
		fail_msg("not \"%s\" but \"%s\"", message, e.text);
	inifile_clear(&ini);
}

/* The file that was read, as it is now; NULL: none. */
static void is_now(const char *file, const char *text)
{
	FILE *out = text ? fopen(file, "w") : NULL;

	if (!text) {
		assert_int_equal(unlink(file), 0);
		return;
	}
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* A file that is gone, or is none any more, tells nothing of what it would be. */
static void knows_whether_it_has_changed(void **state)
{
	char dir[] = "/tmp/xlab-test-XXXXXX", file[64];
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/a.ini", dir);
	is_now(file, "[lab]\n");
	assert_int_equal(inifile_load(&ini, file, &e), 0);
	assert_false(inifile_changed(&ini));
	is_now(file, "[lax]\n");
	assert_true(inifile_changed(&ini));
	is_now(file, "[lab]\n\n");
	assert_true(inifile_changed(&ini));
	is_now(file, "[lab]");
	assert_true(inifile_changed(&ini));
	is_now(file, NULL);
	assert_false(inifile_changed(&ini));
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_false(inifile_changed(&ini));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_false(inifile_changed(&ini));
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(rmdir(dir), 0);
	inifile_clear(&ini);
}

static void loads_regular_files_only(void **state)
{
	char dir[] = "/tmp/xlab-test-XXXXXX", fifo[64], file[64];
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	(void)snprintf(file, sizeof(file), "%s/a.ini", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	out = fopen(file, "w");
	assert_non_null(out);
	assert_true(fputs("[lab]\n", out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(inifile_load(&ini, file, &e), 0);
	assert_string_equal(ini.dir, dir);
	assert_string_equal(ini.path, file);
	inifile_clear(&ini);
	load_fails(dir, ERROR_INPUT, "is a folder, not a lab file");
	load_fails(fifo, ERROR_INPUT, "is not a regular file");
	load_fails("/dev/zero", ERROR_INPUT, "is not a regular file");
	load_fails("/nowhere/x.ini", ERROR_INPUT, "there is no such file");
	load_fails("", ERROR_INPUT, "there is no such file");
	/* to the last byte that there may be */
	out = fopen(file, "w");
	assert_non_null(out);
	for (int i = 0; i < INIFILE_SIZE_MAX / INIFILE_LINE_MAX; i++)
		assert_int_equal(fprintf(out, "%*s\n", INIFILE_LINE_MAX - 1, ";"),
				 INIFILE_LINE_MAX);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(inifile_load(&ini, file, &e), 0);
	assert_int_equal(strlen(ini.text), INIFILE_SIZE_MAX);
	inifile_clear(&ini);
	assert_int_equal(truncate(file, INIFILE_SIZE_MAX + 1), 0);
	load_fails(file, ERROR_INPUT, "the file has 4194305 bytes, 4 MiB are allowed");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(unlink(fifo), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_there),
		cmocka_unit_test(keeps_long_names_and_empty_sections),
		cmocka_unit_test(refuses_wrong_forms),
		cmocka_unit_test(refuses_long_lines_and_files),
		cmocka_unit_test(reports_all_and_goes_on),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(gives_up_within_a_line),
		cmocka_unit_test(tables_drive_reading),
		cmocka_unit_test(tables_drive_messages),
		cmocka_unit_test(what_is_unknown_is_broken),
		cmocka_unit_test(complaints_are_errors),
		cmocka_unit_test(what_is_long_is_cut),
		cmocka_unit_test(errors_have_room),
		cmocka_unit_test(knows_whether_it_has_changed),
		cmocka_unit_test(loads_regular_files_only),
	};

	return cmocka_run_group_tests_name("inifile", tests, NULL, NULL);
}
