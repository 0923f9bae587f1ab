/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_RULE_H
#define XLAB_RULE_H

/* What filters match: keys, all of which a packet must have, and rules, each one value of one of
 * them. The values of a key are alternatives; those with @except are what it does not match.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/model/field_span.h"

struct ini_key;

#define MATCH_KEYS_MAX	  16
#define MATCH_DATA_OFFSET 9000 /* of data[OFFSET:LENGTH], at most */

/* Of ether, ip and port: all that they may have, whether the file names them or not. Of match:
 * those of the file.
 */
struct match_key {
	char name[32]; /* as in the file: "src", "ip.src", "data[0:4]" */
	enum xlab_field field;
	uint16_t offset; /* of data: from here so many bytes */
	uint8_t length;
	const struct ini_key *read_from; /* its first line; NULL: the file does not have it */
};

struct rule {
	uint8_t key; /* of the filter's */
	bool except;
	struct field_span span;
};

bool rule_equal(const struct rule *a, const struct rule *b);

/* As it is written in a lab file, malloc'ed: "10.0.0.0/8", "!8000-8999", … */
char *rule_value(const struct match_key *keys, const struct rule *rule);
/* "src=10.0.0.0/8", "ip.src=!10.1.0.0/16" */
char *rule_text(const struct match_key *keys, const struct rule *rule);

#endif
