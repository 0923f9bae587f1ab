/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_SUBJECT_H
#define XLAB_TESTS_SUBJECT_H

/* A built-in filter, loaded with its rules, fed with crafted frames. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/rule_maps.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/rule.h"

struct bpf_object;

/* The keys of ether, ip and port, which stand in this order. */
enum { KEY_SRC, KEY_DST, KEY_EITHER, KEY_TYPE, KEY_PROTO = KEY_TYPE };

/* A rule that is known beforehand: SPAN(DST, 8000, 8999), MAC(SRC, 0x02, …). */
#define SPAN(k, first, last)                                       \
	{                                                          \
		.key = KEY_##k, .span = {                          \
			{ { [14] = (first) >> 8, (first)&0xff } }, \
			{ { [14] = (last) >> 8, (last)&0xff } },   \
			false,                                     \
			0                                          \
		}                                                  \
	}
#define MAC(k, ...)                                 \
	{                                           \
		.key = KEY_##k, .span = {           \
			{ { [10] = __VA_ARGS__ } }, \
			{ { [10] = __VA_ARGS__ } }, \
			false,                      \
			0                           \
		}                                   \
	}

struct subject {
	struct filter filter;
	bool own_keys; /* it has those of its program */
	struct bpf_object *obj;
	int fd; /* of the program */
	struct counters counters;
	struct rule_maps maps; /* of ether, ip and port */
};

/* Each fails the test on an error. @config NULL: the filter does not count. */
void subject_load(struct subject *s, const struct filter *filter, const struct xlab_config *config);
void subject_free(struct subject *s);

/* The same of a frame of which all but the first @linear bytes lie in fragments. False: this kernel
 * (before 6.18) makes none such.
 */
bool subject_run_linear(const struct subject *s, const void *frame, size_t len, size_t linear,
			uint32_t *verdict);
/* The verdict on a frame of any length, also below the 14 bytes that test runs ask for. */
uint32_t subject_run(const struct subject *s, const void *frame, size_t len);

/* As subject_run(), and the frame as it is afterwards in @out (its size @len). */
uint32_t subject_turn(const struct subject *s, const void *frame, size_t len, void *out);

/* One value, as `xlab filter add` would read it. */
struct rule rule_net(size_t key, const char *cidr);
struct rule rule_mac(size_t key, const char *mac);
struct rule rule_span(size_t key, uint16_t first, uint16_t last);

/* Hits of the rule; fails the test if it is not there. */
uint64_t subject_hits(const struct subject *s, const struct rule *rule);

#endif
