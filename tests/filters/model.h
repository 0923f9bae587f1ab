/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_MODEL_H
#define XLAB_TESTS_MODEL_H

/* What a filter must say of a frame, written down a second time: plainly, in
 * bytes and lists, from the manual instead of from bpf/.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;

bool model_matches(const struct filter *filter, const uint8_t *frame, size_t len);

#endif
