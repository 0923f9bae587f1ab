/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_SHELL_H
#define XLAB_TESTS_SHELL_H

/* What each line begins with: variables, a folder; "" or with its own ; at the end. */
extern char shell_head[256];

/* A line of shell, each command of which must be true; else the test fails. */
void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
