/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_EVIDENCE_MAKER_H
#define XLAB_TESTS_EVIDENCE_MAKER_H

/*
 * Evidence without a kernel: what a step from 10.0.0.10:44024 to 10.0.0.1 leaves behind, an event
 * at a time, and what is judged of it.
 */

#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"
#include "lab/text.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/step_result.h"

struct chain_record;
struct evidence;
struct packet;

struct address an_address(const char *text);

/* Of a step between these nodes of the lab, of which nothing has been seen yet. */
struct evidence evidence_of(const struct labfile *labfile, const struct chain_record *chains,
			    enum step_kind kind, size_t src, size_t dst, uint16_t dst_port);

struct xlab_event event_at(const struct chain_record *chains, size_t iface,
			   enum xlab_event_kind kind);

/* What the chain at @iface decided about @p. */
void add_event(struct evidence *ev, const struct packet *p, size_t iface, uint16_t position,
	       uint8_t verdict);

/* The step's outcome, why, and (NULL: whatever they are, and with an ok none) the details. Clears
 * the evidence.
 */
void expect_judged(const struct labfile *labfile, const struct step *step, struct evidence *ev,
		   enum outcome outcome, const char *why, const char *details);

#endif
