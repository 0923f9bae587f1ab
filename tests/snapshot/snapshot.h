/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_SNAPSHOT_H
#define XLAB_TESTS_SNAPSHOT_H

/*
 * A picture of the machine: lines that say what is there, without the numbers
 * that the kernel gives out (ifindexes, ids, inodes), so that two pictures of
 * the same machine are the same text.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct picture {
	char **lines;
	size_t n, room;
};

/* None of these fails softly: a picture that misses something is worth nothing,
 * so the process ends (status 2) where memory or the kernel refuses.
 */
void picture_add(struct picture *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void picture_sort(struct picture *p); /* equal lines become one with " x3" at its end */
void picture_clear(struct picture *p);
void die(const char *what) __attribute__((noreturn));

/* Lines "- …" of @old that are not in @now and "+ …" the other way, to stdout if @show. Both
 * sorted. Returns how many.
 */
size_t picture_compare(const struct picture *old, const struct picture *now, bool show);

/* What is seen from the namespace this process is in; @where heads each line. */
void picture_links(struct picture *p, const char *where);
void picture_sysctls(struct picture *p, const char *where, const char *root);
void picture_sockets(struct picture *p, const char *where);
void picture_firewall(struct picture *p, const char *where); /* what nf_tables does not know of */

/* Namespaces by /run/netns and by the processes in sight, each with all of the above. */
void picture_namespaces(struct picture *p);

/* What is seen from this mount and pid namespace. */
void picture_mounts(struct picture *p);
void picture_state(struct picture *p); /* /run/xlab, /run/netns, what else is new in /run */
void picture_processes(struct picture *p);
void picture_bpffs(struct picture *p);

/* The whole machine's BPF programs, maps and links whose ids are above @since. */
struct bpf_mark {
	unsigned int ids[3]; /* programs, maps, links */
};
void picture_bpf(struct picture *p, const struct bpf_mark *since);
void bpf_mark_now(struct bpf_mark *mark);
const char *bpf_prog_label(unsigned int id); /* "name/tag", static; for XDP attachments */

/* Processes that belong to this run: all in sight in a pid namespace of our own,
 * else those of this mount namespace. Never this process or its ancestors.
 */
void each_process(void (*fn)(void *cookie, pid_t pid, const char *comm), void *cookie);

/* A whole file of /proc or the like: malloc'ed, NUL at its end, NULL if it cannot be read. */
char *file_read(const char *path, size_t *size);

#endif
