/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COUNTERS_H
#define XLAB_COUNTERS_H

/* An interface's counters, mapped: a slot for each CPU, written by the chain. They are a row of a
 * map: of its own, or of one that it shares (bpf/xlab.h).
 */

#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"

struct bpf_object;
struct error;
struct lab;

struct counters {
	struct xlab_counters *slots;
	size_t n;
	void *pages;
	size_t bytes;
};

/* libbpf asks the kernel once how many CPUs are possible; call it before anything has their number.
 */
int counters_cpus(struct error *e);

int counters_map(struct counters *counters, int counters_fd, size_t row, struct error *e);
void counters_unmap(struct counters *counters);

/* Where the bank that generation @gen counts in begins, as xlab_config has it. */
uint32_t counters_bank(uint32_t gen);

/* Wipe the bank that generation @gen counts in. Only before its chain is attached. */
int counters_wipe(int counters_fd, size_t row, uint32_t gen, struct error *e);

/* The sum over all CPUs. */
struct xlab_count counters_get(const struct counters *counters, uint32_t gen, size_t position,
			       size_t action);
uint64_t counters_lost(const struct counters *counters, size_t listener);

/* Maps of the same form that belong to no interface; fds of the caller's. */
int counters_create(int *counters_fd, int *rings_fd, struct error *e);

/* Let @obj, not loaded yet, use them, if it counts at all. */
int counters_give(struct bpf_object *obj, int counters_fd, int rings_fd);
/* Open an object of ours that has the counters in its .bss (bpf/counters.h), and let it use them:
 * the address that it knows is @row's of @rows.
 */
int counters_open_object(const void *bytes, size_t size, int counters_fd, size_t row, size_t rows,
			 int rings_fd, struct bpf_object **obj);
/* Let @obj, which is loaded for its other maps only, make none of its own. */
void counters_withhold(struct bpf_object *obj);

/* The lab's event rings, which all its interfaces share: made if need be. */
int event_rings_open(const struct lab *lab, int *rings_fd, struct error *e);

void counters_subscribe(struct counters *counters, size_t listener);
void counters_unsubscribe(struct counters *counters, size_t listener);

/* fds of the counters that an interface has a row of, and of the event rings (made if need be). */
int counters_open(const struct lab *lab, size_t iface, int *counters_fd, int *rings_fd,
		  struct error *e);

/* Which row, and of how many. */
size_t counters_row(const struct lab *lab, size_t iface);
size_t counters_rows(const struct lab *lab, size_t iface);

/* Where they are pinned, made or not; malloc'ed. */
char *counters_path(const struct lab *lab, size_t iface);

#endif
