/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_MANY_LINES_H
#define XLAB_TESTS_MANY_LINES_H

/* Texts that are too long, or just not yet: @head, and behind it @line @count times, with its
 * number, from 0 on, for each # in it. Malloc'ed.
 */
char *many_lines(const char *head, const char *line, int count);

#endif
