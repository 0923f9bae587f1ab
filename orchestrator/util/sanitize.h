/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SANITIZE_H
#define XLAB_SANITIZE_H

/*
 * @s as valid UTF-8 that any terminal, XML and JSON reader takes: newlines stay, what
 * is no character or controls a terminal becomes U+FFFD. malloc'ed.
 */
char *sanitize(const char *s);

/* The text, or what stands for one that memory did not suffice for. */
const char *or_no_memory(const char *text);

#endif
