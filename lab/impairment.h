/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_IMPAIRMENT_H
#define XLAB_IMPAIRMENT_H

/* What a link does to packets, as tc's netem does it: units as tc(8) writes them. */

#include <stdbool.h>
#include <stdint.h>

struct impairment { /* 0: none of it */
	uint64_t delay_ns, jitter_ns;
	uint32_t loss_ppm; /* of a million packets */
	uint64_t rate_bit; /* bits a second */
};

#define IMPAIRMENT_TIME_MAX_NS 60000000000ULL
#define IMPAIRMENT_RATE_MIN    1000ULL
#define IMPAIRMENT_RATE_MAX    1000000000000ULL

#define IMPAIRMENT_A_TIME "a number and ns, us, ms or s, as in 10ms or 1.5s, at most 60s"
#define IMPAIRMENT_A_LOSS "0% to 100%, with at most four digits behind the point"
#define IMPAIRMENT_A_RATE "a number and bit, kbit, mbit, gbit or tbit, from 1kbit to 1tbit"

/* -EINVAL: it is no such number with its unit; -ERANGE: it is too much or too little. */
int impairment_read_time(const char *s, uint64_t *ns);
int impairment_read_loss(const char *s, uint32_t *ppm);
int impairment_read_rate(const char *s, uint64_t *bit);

bool impairment_any(const struct impairment *imp);

/* "delay 10ms jitter 1ms", malloc'ed, "" if it is nothing; @between " = " and @behind "\n" make
 * lines of a lab file of it.
 */
char *impairment_text(const struct impairment *imp, const char *between, const char *behind);

#endif
