/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMPLETE_H
#define XLAB_COMPLETE_H

/* For the completion scripts: a line for each such thing of the labs that are up, "NODE" or
 * "[LAB/]NODE", and not a word about what cannot be read.
 */
void complete_print(const char *kind);

#endif
