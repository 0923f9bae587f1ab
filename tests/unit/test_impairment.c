// SPDX-License-Identifier: GPL-2.0-or-later
/* Times, shares and rates, as tc writes them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/impairment.h"

static const struct {
	const char *text;
	int err;
	uint64_t value;
} times[] = {
	{ "10ms", 0, 10000000 },
	{ "0ms", 0, 0 },
	{ "1.5s", 0, 1500000000 },
	{ "0.000000001s", 0, 1 },
	{ "1.50us", 0, 1500 },
	{ "7NS", 0, 7 },
	{ "60s", 0, 60000000000 },
	/* as many digits as may be, before the point and behind it, and one more */
	{ "000000000000000001ms", 0, 1000000 },
	{ "0000000000000000001ms", -ERANGE, 0 },
	{ "1.000000000000000000ms", 0, 1000000 },
	{ "1.0000000000000000000ms", -ERANGE, 0 },
	{ "60.000000001s", -ERANGE, 0 },
	{ "0.5ns", -ERANGE, 0 },
	{ "0.0000000000001s", -ERANGE, 0 },
	{ "1000000000000000000000000s", -ERANGE, 0 },
	{ "99999999999999999999ns", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "ms", -EINVAL, 0 },
	{ "10", -EINVAL, 0 },
	{ "10 ms", -EINVAL, 0 },
	{ "-1ms", -EINVAL, 0 },
	{ ".5ms", -EINVAL, 0 },
	{ "5.ms", -EINVAL, 0 },
	{ "1.2.3ms", -EINVAL, 0 },
	{ "10msec", -EINVAL, 0 },
	{ "1%", -EINVAL, 0 },
}, losses[] = {
	{ "0%", 0, 0 },
	{ "1%", 0, 10000 },
	{ "0.0001%", 0, 1 },
	{ "100%", 0, 1000000 },
	{ "100.0000%", 0, 1000000 },
	{ "100.0001%", -ERANGE, 0 },
	{ "200%", -ERANGE, 0 },
	{ "0.00001%", -ERANGE, 0 },
	{ "0.5", -EINVAL, 0 },
	{ "1ms", -EINVAL, 0 },
}, rates[] = {
	{ "1kbit", 0, 1000 },
	{ "1000bit", 0, 1000 },
	{ "10Mbit", 0, 10000000 },
	{ "2.5gbit", 0, 2500000000 },
	{ "1tbit", 0, 1000000000000 },
	{ "1000000000000bit", 0, 1000000000000 },
	{ "1.000000000001tbit", -ERANGE, 0 },
	{ "0.9999kbit", -ERANGE, 0 },
	{ "999bit", -ERANGE, 0 },
	{ "1.1bit", -ERANGE, 0 },
	{ "10mbps", -EINVAL, 0 },
	{ "10m", -EINVAL, 0 },
};

#define READS(table, type, read)                                                       \
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {                               \
		type value = 0;                                                        \
		int err = read(table[i].text, &value);                                 \
                                                                                       \
		if (err != table[i].err || (!err && value != table[i].value))          \
			fail_msg("%s: %d, %ju", table[i].text, err, (uintmax_t)value); \
	}

static void reads_numbers_with_their_units(void **state)
{
	(void)state;
	READS(times, uint64_t, impairment_read_time)
	READS(losses, uint32_t, impairment_read_loss)
	READS(rates, uint64_t, impairment_read_rate)
}

/* In the greatest unit of which it is a whole number: this can be read again. */
static void writes_them_again(void **state)
{
	static const struct {
		struct impairment impairment;
		const char *text;
	} cases[] = {
		{ { 0 }, "" },
		{ { 10000000, 0, 0, 0 }, "delay 10ms" },
		{ { 1500000000, 2000000, 500, 2500000000 },
		  "delay 1500ms, jitter 2ms, loss 0.05%, rate 2500mbit" },
		{ { 0, 0, 10000, 0 }, "loss 1%" },
		{ { 0, 0, 1000000, 1001 }, "loss 100%, rate 1001bit" },
		{ { 0, 0, 123456, 0 }, "loss 12.3456%" },
		{ { 7, 0, 1, 1000000000000 }, "delay 7ns, loss 0.0001%, rate 1tbit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *FREE_AUTO text = impairment_text(&cases[i].impairment, " ", ", ");

		assert_string_equal(text, cases[i].text);
		assert_int_equal(impairment_any(&cases[i].impairment), i > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_with_their_units),
		cmocka_unit_test(writes_them_again),
	};

	return cmocka_run_group_tests_name("impairment", tests, NULL, NULL);
}
