/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BPFFS_H
#define XLAB_BPFFS_H

/* The lab's BPF file systems. They stand in its tmpfs and go with it. */

struct error;
struct lab;

/* malloc'ed path of DIR/@what ("bpf", "xdp/host") with a bpffs mounted there: mounted now if it
 * was not. NULL with @e set.
 */
char *bpffs_mount(const struct lab *lab, const char *what, struct error *e);

/* Like bpffs_mount(lab, "bpf"), with the folder @fmt… (no dots in it) made below. */
char *bpffs_dir(const struct lab *lab, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Remove a folder of pins; what is gone already is done. */
void bpffs_remove(const char *folder);

#endif
