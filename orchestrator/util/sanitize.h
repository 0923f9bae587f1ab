/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SANITIZE_H
#define XLAB_SANITIZE_H

/*
 * Text from a lab file, a packet or another process, safe for whoever reads it. That is done once,
 * by what writes: json_text(), table_print(), sanitize_print(), and a report's TAP and XML. Who
 * hands text to one of them leaves it as it is.
 */

#include <stdio.h>

/* @s (NULL: "") as valid UTF-8 that any terminal, XML and JSON reader takes, malloc'ed: newlines
 * stay, what is no character or controls a terminal becomes U+FFFD.
 */
char *sanitize(const char *s);

/* printf, for text without escape sequences of our own. */
void sanitize_print(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
