// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/evidence_maker.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "orchestrator/chain/chain.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/evidence_add.h"
#include "orchestrator/scenario/judge.h"

struct address an_address(const char *text)
{
	struct address a;

	assert_int_equal(text_address(text, &a), 0);
	return a;
}

struct evidence evidence_of(const struct labfile *labfile, const struct chain_record *chains,
			    enum step_kind kind, size_t src, size_t dst, uint16_t dst_port)
{
	return (struct evidence){
		.topo = &labfile->topo,
		.chains = chains,
		.mark = { .kind = kind,
			  .src_node = src,
			  .dst_node = dst,
			  .src = an_address("10.0.0.10"),
			  .dst = an_address("10.0.0.1"),
			  .src_port = 44024,
			  .dst_port = dst_port },
		.since_ns = 1000,
		.wanted = 1,
		.bytes_wanted = 7,
		.server_bound = true,
	};
}

struct xlab_event event_at(const struct chain_record *chains, size_t iface,
			   enum xlab_event_kind kind)
{
	return (struct xlab_event){
		.time_ns = 2000, .gen = chains[iface].gen, .iface = (uint16_t)iface, .kind = kind
	};
}

void add_event(struct evidence *ev, const struct packet *p, size_t iface, uint16_t position,
	       uint8_t verdict)
{
	struct xlab_event event = event_at(ev->chains, iface, XLAB_DECIDED);

	event.position = position;
	event.verdict = verdict;
	evidence_add(ev, &event, p);
}

void expect_judged(const struct labfile *labfile, const struct step *step, struct evidence *ev,
		   enum outcome outcome, const char *why, const char *details)
{
	struct step_result result = { 0 };

	judge_traffic(labfile, step, ev, &result);
	assert_string_equal(result.why, why);
	assert_int_equal(result.outcome, outcome);
	assert_int_equal(result.details != NULL, outcome != OUTCOME_OK);
	if (details)
		assert_string_equal(result.details, details);
	step_result_clear(&result);
	evidence_clear(ev);
}
