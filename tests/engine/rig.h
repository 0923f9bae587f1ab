/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_RIG_H
#define XLAB_TESTS_RIG_H

/*
 * A lab of two nodes for tests of chains:
 *
 *   left                  right
 *   [l0]------------------[r0]
 *   10.9.0.1              10.9.0.2
 *
 * Chains stand on right's r0. XLAB_TEST_ENGINE says which engine carries them:
 * inline (default) or libxdp.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "bpf/xlab.h"
#include "lab/error.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/lab.h"

/* For libbpf_set_print(): what is not to be said, and is known again. */
int rig_print(enum libbpf_print_level level, const char *fmt, va_list args);

const char *rig_engine(void);
bool rig_is_libxdp(void);

/* The kernel's version: major * 100 + minor. */
unsigned int rig_kernel(void);

/* Build it with these [filter] sections; OBJECTS/ in them becomes the folder of test objects.
 * Fails the test if it cannot be built.
 */
void rig_up(struct lab *lab, const char *filters);
void rig_up_with(struct lab *lab, const char *filters, const char *ends); /* keys of both ifaces */

/* Go on with other filters, whose objects nobody has looked into: as of a lab whose objects were
 * changed when it was up already.
 */
void rig_reread(struct lab *lab, const char *filters);
void rig_down(struct lab *lab);

/* As cmocka has it: *@state is the lab, of which there is one at a time. */
int rig_setup(void **state, const char *filters);
int rig_teardown(void **state);

size_t rig_end(const struct lab *lab); /* right:r0 */

/* Set the chain on r0: names separated by spaces. */
int rig_chain(struct lab *lab, const char *filters, struct error *e);
/* The same, and the test fails if that does. */
void rig_must_chain(struct lab *lab, const char *filters);

/* Run what is attached to r0 on a frame; the verdict, with *@after (if not NULL) the frame's
 * length then.
 */
uint32_t rig_run(const struct lab *lab, const void *frame, size_t size, size_t *after);

/* An Ethernet, IPv4 and UDP frame to port @port, @size bytes in all. */
void rig_frame(uint8_t *frame, size_t size, uint16_t port);

/* The id of what is attached to @place ("right", "r0"). */
uint32_t rig_attached(const struct lab *lab, const char *netns, const char *name);

struct xlab_count rig_count(const struct lab *lab, size_t position, uint32_t action);

#endif
