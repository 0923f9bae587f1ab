/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SANITIZE_H
#define XLAB_SANITIZE_H

/*
 * @s as valid UTF-8 that any terminal, XML and JSON reader takes: newlines stay, what
 * is no character or controls a terminal becomes U+FFFD. Never NULL: without memory it is
 * a static text, so free with sanitize_free() or SANITIZED_AUTO.
 */
const char *sanitize(const char *s);
void sanitize_free(const char **text);

#define SANITIZED_AUTO __attribute__((cleanup(sanitize_free)))

/* The text, or what stands for one that memory did not suffice for. */
const char *or_no_memory(const char *text);

#endif
