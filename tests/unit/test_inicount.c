// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges in headings and values: what comes out, with its lines, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/inikeys.h"
#include "lab/text.h"

static int parse(struct inifile *ini, const char *text, struct error *e)
{
	return inifile_parse(ini, "f.ini", "/dir", text, strlen(text), e);
}

/* "[kind name] key = value; key = value" of all sections, each on its line. */
static char *written_out(const char *text)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;
	char *out = NULL;

	if (parse(&ini, text, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < ini.n_sections; i++) {
		const struct ini_section *s = &ini.sections[i];

		text_add(&out, "\n", "[%s %s]", s->kind, s->name);
		for (size_t j = 0; j < s->n_keys; j++)
			text_add(&out, "", " %s = %s;", s->keys[j].name, s->keys[j].value);
	}
	inifile_clear(&ini);
	return out;
}

static const struct {
	const char *text, *result;
} counted[] = {
	{ "[node h{1..3}]\n", "[node h1]\n[node h2]\n[node h3]" },
	{ "[node h{7..7}]\n", "[node h7]" },
	{ "[node h{0..1}-{5..6}x]\nk = {n} {m}\n", "[node h0-5x] k = 0 5;\n[node h0-6x] k = 0 6;\n"
						   "[node h1-5x] k = 1 5;\n[node h1-6x] k = 1 6;" },
	{ "[iface h{port=1..2}:eth{port-1}]\n", "[iface h1:eth0]\n[iface h2:eth1]" },
	{ "[a {x=1..1}{2..2}{y=3..3}]\nk={x}{m}{y}\n", "[a 123] k = 123;" },
	/* As many, and as long a name, as is allowed. */
	{ "[a {1..1}{2..2}{c=3..3}]\nk={abcdefghijklmno=4..4}{n}{m}{c}{abcdefghijklmno}\n",
	  "[a 123] k = 41234;" },
	/* Sums go from left to right, products first. */
	{ "[a {11..11}]\nk = {n+1} {n-1} {n*2} {n/2} {n%4} { 2 * n - 3 * 4 + 1 } {100-n-n} "
	  "{100/n/3}\n",
	  "[a 11] k = 12 10 22 5 3 11 78 3;" },
	{ "[a {1..1}]\nk = {4294967295*200} {0} {n}{n}\n", "[a 1] k = 858993459000 0 11;" },
	{ "[a {1..1}]\nk = {1000000*1000000} {0-1000000*1000000+1000000*1000000}\n",
	  "[a 1] k = 1000000000000 0;" },
	/* Behind a + it counts on. */
	{ "[a {1..2}]\nk = 10.8.0.0/16 + {n}\n", "[a 1] k = 10.8.0.1/16;\n[a 2] k = 10.8.0.2/16;" },
	{ "[a {256..256}]\nk = 10.8.0.5/16+{n} ,10.8.255.0 + {n}\n",
	  "[a 256] k = 10.8.1.5/16 ,10.9.0.0;" },
	{ "[a {256..256}]\nk = 0.0.0.0/0 + {n*16777215}, 10.0.0.0/24 + {n-1} 10.0.0.9/32 + {0}\n",
	  "[a 256] k = 255.255.255.0/0, 10.0.0.255/24 10.0.0.9/32;" },
	{ "[a {1..1}]\nk = fd00::ffff/64 + {n} [fe80::+{n}]:53 dst=fd00:: + {n}\n",
	  "[a 1] k = fd00::1:0/64 [fe80::1]:53 dst=fd00::1;" },
	{ "[a {1..1}]\nk = 02:00:00:ff:ff:ff + {n}; x\nl = 1 + {n} + {n}\n",
	  "[a 1] k = 02:00:01:00:00:00; x; l = 1 + 1 + 1;" },
	{ "[a {1..1}]\nk = 02:00:00:00:00:00 + {n} + {n} 1.2.3/8 + {n} +{n}\n",
	  "[a 1] k = 02:00:00:00:00:02 1.2.3/8 + 1 +1;" },
	/* Not without it, nor where nothing stands before it. */
	{ "[a {1..1}]\nk = 10.8.0.12 {n} 10.8.0.12{n}\nl = +{n}\nm = {n} + {n}\n",
	  "[a 1] k = 10.8.0.12 1 10.8.0.121; l = +1; m = 1 + 1;" },
	/* Ranges of values make keys. */
	{ "[s]\nk = {i=1..3} {i*i}\nl = x\n", "[s ] k = 1 1; k = 2 4; k = 3 9; l = x;" },
	{ "[s {1..2}]\nk = {i=0..1}{n}{j=3..4}\n", "[s 1] k = 013; k = 014; k = 113; k = 114;\n"
						   "[s 2] k = 023; k = 024; k = 123; k = 124;" },
	/* Their bounds may be sums; from n + 1 to n there is nothing. */
	{ "[s {0..2}]\nk = {i=0..n-1}\nl = {i=n+1..2}{j=2*n..2*n} {n+7}\n",
	  "[s 0] l = 10 7; l = 20 7;\n[s 1] k = 0; l = 22 8;\n[s 2] k = 0; k = 1;" },
	/* Where nothing counts a brace is a brace; where something does it stands twice. */
	{ "[s]\nk = {1..3} {n} {{ {x=1} {x=1,9..} {x=..9} {X=1..2}\n",
	  "[s ] k = {1..3} {n} {{ {x=1} {x=1,9..} {x=..9} {X=1..2};" },
	{ "[s]\nk = {{{i=1..2}{{{i}{{\n", "[s ] k = {1{1{; k = {2{2{;" },
	{ "[s {1..1}]\nk = {{n} } {n}\n[t]\nk = awk '{{print}'{i=1..1}\n",
	  "[s 1] k = {n} } 1;\n[t ] k = awk '{print}'1;" },
};

static void writes_ranges_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		char *FREE_AUTO result = written_out(counted[i].text);

		if (strcmp(result, counted[i].result) != 0)
			fail_msg("%s is not\n%s\nbut\n%s", counted[i].text, counted[i].result,
				 result);
	}
}

/* A section for each: its line is the heading's, and that of its key is the key's. */
static void keeps_lines(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	assert_int_equal(parse(&ini, "[b]\n\n[a {1..1000}]\n; c\nk = {n}\n[z]\n", &e), 0);
	assert_int_equal(ini.n_sections, 1002);
	for (int i = 1; i <= 1000; i++) {
		char *FREE_AUTO number = text_format("%d", i);

		assert_string_equal(ini.sections[i].name, number);
		assert_int_equal(ini.sections[i].line, 3);
		assert_int_equal(ini.sections[i].n_keys, 1);
		assert_string_equal(ini.sections[i].keys[0].value, number);
		assert_int_equal(ini.sections[i].keys[0].line, 5);
	}
	assert_int_equal(ini.sections[1001].line, 6);
	inifile_clear(&ini);
}

static const struct {
	const char *text, *message;
} refused[] = {
	{ "[a {3..1}]\n", "f.ini:1: [a {3..1}]: {3..1}: the range is upside down; write {1..3}" },
	{ "[a {x=3..1}]\n", "{x=3..1}: the range is upside down; write {x=1..3}" },
	{ "[a {1..10001}]\n", "f.ini:1: [a {1..10001}]: this makes more than 10000" },
	{ "[a {1..101}{1..100}]\n", "f.ini:1: [a {1..101}{1..100}]: this makes more than 10000" },
	{ "[a {0..4294967295}{0..4294967295}{x=0..4294967295}]\n", "this makes more than 10000" },
	{ "[a {1..4294967296}]\n", "{1..4294967296}: 4294967296 is beyond 4294967295" },
	{ "[a {1..99999999999999999999}]\n", "99999999999999999999 is beyond 4294967295" },
	{ "[a {01..10}]\n", "{01..10}: write 1 without zeros in front" },
	{ "[a {00..10}]\n", "{00..10}: write 0 without zeros in front" },
	{ "[a {1..}]\n", "{1..}: a number is missing" },
	{ "[a {..1}]\n", "{..1}: a number is missing" },
	{ "[a {1...2}]\n", "{1...2}: a number is missing" },
	{ "[a {=1..2}]\n", "{=1..2}: a number is missing" },
	{ "[a {1..n}]\n", "{1..n}: a number is missing" },
	{ "[a {-1..2}]\n", "{-1..2}: a number is missing" },
	{ "[a {1..2..3}]\n", "{1..2..3}: \"..3\" is no number" },
	{ "[a {1-2..3}]\n", "{1-2..3}: \"-2\" is no number" },
	{ "[a h{1..2]\n", "[a h{1..2]: the } of \"{1..2\" is missing" },
	{ "[a {1..{2..3}}]\n", "a { stands inside of \"{1..\": nothing nests here" },
	{ "[a h{n}]\n", "{n}: there is no counter \"n\"; allowed: none" },
	{ "[a {1..2}{1..2}{1..2}]\n", "{1..2}: a range behind the second has a name, as {x=1..2}" },
	{ "[a {m=1..2}{1..2}]\n", "{1..2}: there is a counter m already" },
	{ "[a {x=1..2}{x=1..2}]\n", "{x=1..2}: there is a counter x already" },
	{ "[a {abcdefghijklmnop=1..2}]\n", "a counter's name has at most 15 letters" },
	{ "[a {a=1..1}{b=1..1}{c=1..1}{d=1..1}{e=1..1}]\n", "there are more than 4 ranges" },
	{ "[a b]\n[a {1..3}]\n[a b2]\n[a 2]\n", "f.ini:4: [a 2]: stands at line 2 already" },
	{ "[a {1..9}]\nk = {0-4294967295*232-4294967295*232}\n",
	  "the number is beyond 1000000000000" },
	{ "[a {1..9}]\nk = {1000000*1000000+1}\n",
	  "the number is beyond 1000000000000; here n = 1" },
	{ "[a {1..9}]\nk = {0-1000000*1000000-1}\n",
	  "the number is beyond 1000000000000; here n = 1" },
	{ "[a 2]\n[a {1..3}]\nk = {m}\n", "f.ini:2: [a 2]: stands at line 1 already" },
	{ "[a 2]\n[a {1..3}]\n", "f.ini:2: [a 2]: stands at line 1 already" },
	{ "[a {1..3}{n-n}]\n[a {x=1..3}{n}]\n", "{n}: there is no counter \"n\"; allowed: x" },
	{ "[a {1..3}{n/2}]\n[a {1..3}x{n-2}]\n",
	  "f.ini:2: [a {1..3}x{n-2}]: {n-2}: the number is -1, below 0; here n = 1" },
	{ "[a x{1..9}]\nk = {m}\n",
	  "f.ini:2: [a x{1..9}] k = {m}: {m}: there is no counter \"m\"; allowed: n" },
	{ "[a {1..9}{1..9}]\nk = {nm}\n",
	  "there is no counter \"nm\"; allowed: n, m (a brace is {{); here n = 1, m = 1" },
	{ "[a {port=1..9}]\nk = {po}\n", "there is no counter \"po\"; allowed: port" },
	{ "[a {1..9}]\nk = {}\n", "{}: a number or a counter is missing" },
	{ "[a {1..9}]\nk = {n+}\n", "{n+}: a number or a counter is missing" },
	{ "[a {1..9}]\nk = {-n}\n", "{-n}: a number or a counter is missing before \"-n\"" },
	{ "[a {1..9}]\nk = {(n)}\n", "{(n)}: a number or a counter is missing before \"(n)\"" },
	{ "[a {1..9}]\nk = {n 1}\n", "{n 1}: \"1\" is no operator; allowed: + - * / %" },
	{ "[a {1..9}]\nk = {n^2}\n", "{n^2}: \"^2\" is no operator" },
	{ "[a {1..9}]\nk = {n+01}\n", "{n+01}: write 1 without zeros in front" },
	{ "[a {1..9}]\nk = {n\n", "the } of \"{n\" is missing" },
	{ "[a {1..9}]\nk = {1/n} {1/{n}}\n", "a { stands inside of \"{1/\"" },
	{ "[a {0..9}]\nk = {1/n}\n", "{1/n}: divides by 0; here n = 0" },
	{ "[a {0..9}]\nk = {1%n}\n", "{1%n}: divides by 0; here n = 0" },
	/* Of two faults the first is told. */
	{ "[a {0..9}]\nk = {1/n+x}\n", "{1/n+x}: divides by 0; here n = 0" },
	{ "[a {0..9}]\nk = {1/n*x}\n", "{1/n*x}: divides by 0; here n = 0" },
	{ "[a {1..9}]\nk = {4294967295*4294967295}\n", "the number is beyond 1000000000000" },
	{ "[a {1..9}]\nk = {4294967295*n*4294967295*4294967295}\n",
	  "the number is beyond 1000000000000" },
	{ "[a {1..9}]\nk = {n..9}\n", "{n..9}: a range in a value has a name, as {x=n..9}" },
	{ "[a {1..9}]\nk = {i=n..7}\n",
	  "f.ini:2: [a {1..9}] k = {i=n..7}: {i=n..7}: the range is upside down; write {i=7..9}; "
	  "here n = 9" },
	{ "[a {1..9}]\nk = {i=n-3..7}\n",
	  "{i=n-3..7}: it goes from -2 to 7, and 0 to 4294967295 is allowed; here n = 1" },
	{ "[a {1..9}]\nk = {i=0..4294967296}\n", "4294967296 is beyond 4294967295" },
	{ "[a {1..9}]\nk = {i=4294967295..4294967295+n}\n",
	  "it goes from 4294967295 to 4294967296, and 0 to 4294967295 is allowed" },
	{ "[a {1..9}]\nk = {i=1..}\n", "{i=1..}: a number or a counter is missing" },
	{ "[a {1..9}]\nk = {i=..1}\n", "{i=..1}: a number or a counter is missing" },
	{ "[a {1..9}]\nk = {i=1..i}\n", "{i=1..i}: there is no counter \"i\"; allowed: n" },
	{ "[a {1..9}]\nk = {i=2..1}\n", "{i=2..1}: the range is upside down" },
	{ "[a {1..9}]\nk = {1..9}\n", "{1..9}: a range in a value has a name, as {x=1..9}" },
	{ "[a {1..9}]\nk = {n=1..9}\n", "{n=1..9}: there is a counter n already" },
	{ "[a]\nk = {i=9..1}\n",
	  "f.ini:2: [a] k = {i=9..1}: {i=9..1}: the range is upside down; write {i=1..9}" },
	{ "[a]\nk = {i=1..9}{print}\n",
	  "there is no counter \"print\"; allowed: i (a brace is {{)" },
	{ "[a]\nk = {i=1..10001}\n", "f.ini:2: [a] k = {i=1..10001}: this makes more than 10000" },
	/* What counts on ends somewhere. */
	{ "[a {1..300}]\nk = 10.0.0.0/24 + {n}\n",
	  "f.ini:2: [a {1..300}] k = 10.0.0.0/24 + {n}: 10.0.0.0/24 + 256 is past the end of that "
	  "network; here n = 256" },
	{ "[a {1..300}]\nk = 10.0.0.250/24 + {n}\n", "10.0.0.250/24 + 6 is past the end" },
	{ "[a {1..300}]\nk = 10.0.0.1/32 + {n}\n", "10.0.0.1/32 + 1 is past the end" },
	{ "[a {1..300}]\nk = fd00::/120 + {n}\n", "fd00::/120 + 256 is past the end" },
	{ "[a {1..300}]\nk = 255.255.255.250 + {n}\n",
	  "255.255.255.250 + 6 is past the end of all addresses" },
	{ "[a {1..300}]\nk = 255.255.255.250/0 + {n}\n", "255.255.255.250/0 + 6 is past the end" },
	{ "[a {1..300}]\nk = fe:ff:ff:ff:ff:ff + {n}\nl = ff:ff:ff:ff:ff:f0 + {n}\n",
	  "ff:ff:ff:ff:ff:f0 + 16 is past the last MAC; here n = 16" },
};

static void refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct inifile ini;
		const char *said;

		assert_int_equal(parse(&ini, refused[i].text, &e), -EINVAL);
		said = strstr(e.text, refused[i].message);
		/* Where all counters are told, no others are. */
		if (!said || (strstr(refused[i].message, "; here ") &&
			      strcmp(said, refused[i].message) != 0))
			fail_msg("%s is not refused with\n%s\nbut with\n%s", refused[i].text,
				 refused[i].message, e.text);
		/* Once, however many it would be of. */
		if (strchr(e.text, '\n'))
			fail_msg("%s is refused in many words:\n%s", refused[i].text, e.text);
		assert_true(ini.broken || ini.sections[ini.n_sections - 1].broken);
		inifile_clear(&ini);
	}
}

/* A few lines can say more than any machine has room for. */
static void little_does_not_become_too_much(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO text = NULL;
	struct inifile ini;

	(void)state;
	assert_int_equal(parse(&ini, "[a {1..10000}]\nk = {x=1..10000}\n", &e), -EINVAL);
	assert_string_equal(e.text, "f.ini:2: with its ranges written out the file has more than "
				    "32 MiB");
	inifile_clear(&ini);
	error_clear(&e);
	for (int i = 0; i < 8; i++)
		text_add(&text, "", "[k%d {1..10000}]\n", i);
	assert_int_equal(parse(&ini, text, &e), -EINVAL);
	assert_string_equal(e.text, "f.ini:7: a file has at most 65536 sections");
	inifile_clear(&ini);
	error_clear(&e);
	free(text);
	text = xstrdup("[a {1000..1000}]\nk = ");
	while (strlen(text) + strlen("{n}") < INIFILE_LINE_MAX)
		text_add(&text, "", "{n}");
	assert_int_equal(parse(&ini, text, &e), -EINVAL);
	assert_non_null(strstr(e.text, "f.ini:2: [a {1000..1000}] k: written out, the value has "));
	inifile_clear(&ini);
}

static int never(const struct ini_where *at, const char *value, void *object, struct error *e)
{
	(void)value;
	(void)object;
	return ini_complain(at, e, "never");
}

static const struct ini_key_spec keys[] = { { .name = "k", .repeats = true, .read = never },
					    { 0 } };
static const struct ini_section_spec table = { .kind = "a", .keys = keys };
static const struct ini_section_spec *const tables[] = { &table, NULL };

static void read_all(const struct inifile *ini, struct error *e)
{
	for (size_t i = 0; i < ini->n_sections; i++)
		(void)ini_section_read(ini, &ini->sections[i], keys, NULL, e);
	(void)ini_report_unknown(ini, tables, e);
	inifile_sort_errors(ini, e);
}

/* What is wrong with a line that makes a thousand is told of the first, with their names, and what
 * is wrong elsewhere is told as well.
 */
static void tells_a_thousand_faults_in_short(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct inifile ini;

	(void)state;
	assert_int_equal(parse(&ini,
			       "[a x{1..1000}]\nk = v{n}\nl = w\n[a y]\nk = {i=1..5}\n"
			       "k = {i=1..3}\nk = v\n",
			       &e),
			 0);
	for (int again = 0; again < 2; again++) {
		read_all(&ini, &e);
		assert_string_equal(e.text,
				    "f.ini:2: [a x1] k = v1: never\n"
				    "f.ini:2: [a x2] k = v2: never\n"
				    "f.ini:2: [a x3] k = v3: never\n"
				    "f.ini:2: and so 997 times more in what this line counts\n"
				    "f.ini:3: [a x1] l = w: unknown key; allowed: k\n"
				    "f.ini:3: [a x2] l = w: unknown key; allowed: k\n"
				    "f.ini:3: [a x3] l = w: unknown key; allowed: k\n"
				    "f.ini:3: and so 997 times more in what this line counts\n"
				    "f.ini:5: [a y] k = 1: never\n"
				    "f.ini:5: [a y] k = 2: never\n"
				    "f.ini:5: [a y] k = 3: never\n"
				    "f.ini:5: and so 2 times more in what this line counts\n"
				    "f.ini:6: [a y] k = 1: never\n"
				    "f.ini:6: [a y] k = 2: never\n"
				    "f.ini:6: [a y] k = 3: never\n"
				    "f.ini:7: [a y] k = v: never");
		error_clear(&e);
	}
	inifile_clear(&ini);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_ranges_out),
		cmocka_unit_test(keeps_lines),
		cmocka_unit_test(refuses_what_is_wrong),
		cmocka_unit_test(little_does_not_become_too_much),
		cmocka_unit_test(tells_a_thousand_faults_in_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
