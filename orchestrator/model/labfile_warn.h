/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_WARN_H
#define XLAB_LABFILE_WARN_H

/* What a lab file says, and can hardly mean. */

struct error;
struct labfile;

/* Add a line to @warnings for each, in the file's order, of a file in which nothing is wrong. */
void labfile_warn(const struct labfile *labfile, struct error *warnings);

#endif
