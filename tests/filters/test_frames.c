// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames of every kind that public filters have been reported to misread (frames.txt: name and
 * bytes, a line each), and which filter each of them matches. The model must agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "tests/filters/frame.h"
#include "tests/filters/model.h"
#include "tests/filters/subject.h"

static struct rule from4, from6, p0 = SPAN(DST, 0, 0), p8888 = SPAN(DST, 8888, 8888),
				 udp = SPAN(PROTO, 17, 17);

#define FILTER(kind, its_rule)                                                                 \
	{                                                                                      \
		.name = "f", .program = PROGRAM_##kind, .action = XDP_DROP, .rules = its_rule, \
		.n_rules = 1                                                                   \
	}

static const struct {
	char letter;
	struct filter filter;
} filters[] = {
	{ '4', FILTER(IP, &from4) },   /* src = 10.0.0.10 */
	{ '6', FILTER(IP, &from6) },   /* src = fd00::10 */
	{ 'u', FILTER(IP, &udp) },     /* proto = udp */
	{ 'p', FILTER(PORT, &p8888) }, /* dst = 8888 */
	{ '0', FILTER(PORT, &p0) },
};

static const struct {
	const char *name, *matches;
} expected[] = {
	{ "PLAIN", "4up" },    { "VLAN1", "4up" },    { "PRIO0", "4up" },      { "QINQ", "4up" },
	{ "QINQ_9100", "" }, /* no tag of 802.1Q */
	{ "TAGS3", "" },       { "OPTS4", "4up" },    { "OPTS40", "4up" },     { "FRAG1", "4up" },
	{ "FRAG2", "4u" },     { "TINYFRAG", "4up" }, { "IPIP", "4" },	       { "GRE", "4" },
	{ "VXLAN", "4u" },     { "SHORTUDP", "4u" },  { "TRUNC_OPTS", "" },    { "LLC", "" },
	{ "V6", "6up" },       { "V6_HBH", "6up" },   { "V6_HBH_DST", "6up" }, { "V6_DST8", "6up" },
	{ "V6_DST9", "" }, /* more extension headers than are stepped over */
	{ "V6_FRAG1", "6up" }, { "V6_FRAG2", "6u" },  { "V6_ATOMIC", "6up" },  { "MCSRC", "up" },
	{ "MCDST", "4up" },    { "BCDST", "4up" },    { "ARPREQ", "" },
};

struct kept {
	char name[32];
	struct frame frame;
};

static struct kept frames[ARRAY_SIZE(expected)];

static int read_frames(void **state)
{
	FILE_AUTO FILE *file = fopen("tests/filters/frames.txt", "r");
	char more[2];

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		assert_true(frame_read(file, frames[i].name, &frames[i].frame));
	assert_int_equal(fscanf(file, "%1s", more), EOF);
	from4 = rule_net(KEY_SRC, "10.0.0.10");
	from6 = rule_net(KEY_SRC, "fd00::10");
	return 0;
}

static void frames_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct subject s;

		subject_load(&s, &filters[i].filter, NULL);
		for (size_t n = 0; n < ARRAY_SIZE(frames); n++) {
			const struct kept *f = &frames[n];
			bool match = strchr(expected[n].matches, filters[i].letter);

			assert_string_equal(f->name, expected[n].name);
			if (subject_run(&s, f->frame.bytes, f->frame.len) !=
				    (match ? XDP_DROP : XLAB_NEXT) ||
			    model_matches(&s.filter, f->frame.bytes, f->frame.len) != match)
				fail_msg("frame %s, filter %c", f->name, filters[i].letter);
		}
		subject_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_match),
	};

	return cmocka_run_group_tests(tests, read_frames, NULL);
}
