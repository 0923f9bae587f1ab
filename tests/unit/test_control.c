// SPDX-License-Identifier: GPL-2.0-or-later
/* Which steps have a control run, and whether that may come before other scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/text.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/control.h"

static size_t receivers[] = { 1, 2 }, others[] = { 1, 3 };

static struct step a_step(void)
{
	struct step step = { .kind = STEP_UDP,
			     .src = 1,
			     .dst = 2,
			     .port = 53,
			     .owner = 3,
			     .zone = NONE,
			     .count = 1,
			     .from = NONE,
			     .packet = NONE,
			     .at = NONE,
			     .control = CONTROL_PASS,
			     .receivers = receivers,
			     .n_receivers = 2,
			     .text = (char *)"x" };

	assert_int_equal(text_address("10.0.0.1", &step.address), 0);
	return step;
}

static size_t n_tried(struct step *steps, size_t n)
{
	const struct scenario s = { .steps = steps, .n_steps = n };

	return control_steps(&s);
}

/* Steps that send the same to the same are tried once; any difference makes another of one. */
static void equal_steps_are_tried_once(void **state)
{
	struct step a = a_step(), b = a_step();

	(void)state;
#define DIFFERS(change)                                                \
	do {                                                           \
		struct step steps[] = { a, a, b };                     \
                                                                       \
		steps[2].change;                                       \
		if (n_tried(steps, 3) != 2)                            \
			fail_msg("the same in spite of its " #change); \
	} while (0)
	DIFFERS(kind = STEP_TCP);
	DIFFERS(src = 2);
	DIFFERS(port = 54);
	DIFFERS(address.v4.s_addr = 1);
	DIFFERS(owner = 4);
	DIFFERS(zone = 1);
	DIFFERS(count = 2);
	DIFFERS(size = 9);
	DIFFERS(from = 1);
	DIFFERS(packet = 1);
	DIFFERS(control = CONTROL_FAIL);
	DIFFERS(warm = true);
	DIFFERS(n_receivers = 1);
	DIFFERS(receivers = others);
	DIFFERS(text = (char *)"y");
	DIFFERS(text = NULL);
	/* who is to decide, and where, is no matter where no chain stands */
	b.by = 7;
	b.at = 7;
	b.expect = EXPECT_DROP;
	assert_int_equal(n_tried((struct step[]){ a, b }, 2), 1);
	/* but of a frame that is where it arrives */
	a.kind = b.kind = STEP_FRAME;
	assert_int_equal(n_tried((struct step[]){ a, b }, 2), 2);
	a.n_receivers = b.n_receivers = 0;
	a.at = b.at;
	b.receivers = NULL;
	assert_int_equal(n_tried((struct step[]){ a, b }, 2), 1);
}

/* Those that send, and programs, each time; a server where one of these comes after it. */
static void steps_take_part(void **state)
{
	struct step udp = a_step(), none = a_step(), exec = { .kind = STEP_EXEC };
	struct step serve = { .kind = STEP_SERVE }, see = { .kind = STEP_SEE };

	(void)state;
	none.control = CONTROL_NONE;
	assert_int_equal(n_tried((struct step[]){ none, see, none }, 3), 0);
	assert_int_equal(n_tried((struct step[]){ exec, exec }, 2), 2);
	exec.control = CONTROL_NONE;
	assert_int_equal(n_tried((struct step[]){ exec, udp }, 2), 1);
	assert_int_equal(n_tried((struct step[]){ serve, none, udp }, 3), 2);
	assert_int_equal(n_tried((struct step[]){ udp, serve, none, see }, 4), 1);
	assert_int_equal(n_tried((struct step[]){ serve, serve, udp }, 3), 3);
	assert_int_equal(n_tried((struct step[]){ serve, udp }, 1), 0); /* behind the end */
}

static void what_lasts_is_not_early(void **state)
{
	struct step steps[] = { a_step(), a_step(), a_step() };
	const struct scenario s = { .steps = steps, .n_steps = 3 };

	(void)state;
	assert_true(control_may_be_early(&s));
	for (size_t i = 0; i < 3; i++) {
		steps[i].warm = true;
		assert_false(control_may_be_early(&s));
		steps[i].warm = false;
		steps[i].kind = STEP_EXEC;
		assert_false(control_may_be_early(&s));
		steps[i].kind = STEP_SERVE;
		assert_false(control_may_be_early(&s));
		steps[i].kind = STEP_UDP;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_steps_are_tried_once),
		cmocka_unit_test(steps_take_part),
		cmocka_unit_test(what_lasts_is_not_early),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
