/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CLEANUP_H
#define XLAB_CLEANUP_H

/*
 * Cleanup by scope, and an explicit steal to hand over:
 *
 *   int FD_AUTO fd = open(…);     closed when fd leaves its scope
 *   return steal_fd(&fd);         handed to the caller instead
 */

void cleanup_fd(int *fd);	       /* close, unless negative; leaves -1 behind */
void cleanup_free(void *pointer);      /* pointer to a malloc'ed pointer */
void cleanup_file(void *file);	       /* pointer to a FILE * or NULL */
void cleanup_dir(void *dir);	       /* pointer to a DIR * or NULL */
void cleanup_strings(char ***strings); /* malloc'ed ones, NULL at their end; or NULL */
int steal_fd(int *fd);		       /* leaves -1 behind */
void *steal_pointer(void *pointer);    /* leaves NULL behind */

#define FD_AUTO	     __attribute__((cleanup(cleanup_fd)))
#define FREE_AUTO    __attribute__((cleanup(cleanup_free)))
#define FILE_AUTO    __attribute__((cleanup(cleanup_file)))
#define STRINGS_AUTO __attribute__((cleanup(cleanup_strings)))
#define DIR_AUTO     __attribute__((cleanup(cleanup_dir)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
