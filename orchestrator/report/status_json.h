/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATUS_JSON_H
#define XLAB_STATUS_JSON_H

/* A lab's status for programs: one JSON object. */

struct json;
struct status;

void status_print_json(const struct status *s, struct json *j);

#endif
