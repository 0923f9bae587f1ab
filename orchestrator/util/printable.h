/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PRINTABLE_H
#define XLAB_PRINTABLE_H

/*
 * @s as valid UTF-8 that any terminal, XML and JSON reader takes: newlines stay, what
 * is no character or controls a terminal becomes U+FFFD. Never NULL: without memory it is
 * a static text, so free with printable_free() or PRINTABLE_AUTO.
 */
const char *printable(const char *s);
void printable_free(const char **text);

#define PRINTABLE_AUTO __attribute__((cleanup(printable_free)))

/* The text, or what stands for one that memory did not suffice for. */
const char *or_lost(const char *text);

#endif
