/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_TEMP_FILE_H
#define XLAB_TESTS_TEMP_FILE_H

/* A file of the test's own: its path, once it is made. Both return 0, and suit as a group's first
 * and last.
 */
extern char temp_file[];

int temp_file_make(void **state);
int temp_file_remove(void **state);

#endif
