// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/lab.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/suite_read.h"
#include "orchestrator/model/words.h"

void lab_close(struct lab *lab)
{
	plan_clear(&lab->plan);
	suite_clear(&lab->suite);
	state_close(lab->state);
	*lab = (struct lab){ 0 };
}

/* The model and the plan, from what `up` kept on disk. */
static int recall(struct lab *lab, struct error *e)
{
	const struct intent *in = state_intent(lab->state);
	const struct plan_options options = {
		.as = *in->as ? in->as : NULL,
		.self = *in->self ? in->self : NULL,
		.nameless = in->nameless,
	};
	int err = suite_parse(&lab->suite, in->path, in->dir, in->text, strlen(in->text), e);

	if (!err)
		err = engine_read(in->engine, &lab->suite.engine, e);
	if (!err)
		err = plan_make(&lab->plan, &lab->suite.topo, &options, e);
	return err ? error_wrap(e, "lab %s", in->lab) : 0;
}

int lab_recall(struct lab *lab, struct error *e)
{
	char *FREE_AUTO name = NULL;
	int err;

	if (state_intent(lab->state)->phase == STATE_LOST)
		return 0;
	err = recall(lab, e);
	if (!err || err == -ENOMEM)
		return err;
	name = strdup(state_intent(lab->state)->lab);
	plan_clear(&lab->plan);
	suite_clear(&lab->suite);
	error_clear(e);
	return name ? state_lose(lab->state, name, e) : error_sys(e, -ENOMEM, "open the lab");
}

int lab_open_left(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		  struct error *e)
{
	int err;

	*lab = (struct lab){ 0 };
	if (geteuid() != 0)
		return error_state(e, -EPERM, "xlab %s must be root (try sudo)", command);
	err = state_open(name, lock, command, &lab->state, e);
	if (!err)
		err = lab_recall(lab, e);
	if (err)
		lab_close(lab);
	return err;
}

int lab_open(struct lab *lab, const char *name, enum state_lock lock, const char *command,
	     struct error *e)
{
	int err = lab_open_left(lab, name, lock, command, e);

	if (!err && state_intent(lab->state)->phase == STATE_LOST)
		err = lab_refuse(lab, e);
	if (err)
		lab_close(lab);
	return err;
}

char *lab_trouble(const struct lab *lab)
{
	const struct intent *in = state_intent(lab->state);

	switch (in->phase) {
	case STATE_BUILDING:
		return text_format(
			"being built now, or its command was killed: then `xlab down %s` clears it",
			in->lab);
	case STATE_LEAVING:
		return text_format(
			"going down now, or its command was killed: then `xlab down %s` clears it",
			in->lab);
	case STATE_GONE:
		return text_format("its namespaces are gone from here: somebody unmounted them, or "
				   "they ended with the shell or sandbox that they were made in: "
				   "`xlab down %s` clears the rest",
				   in->lab);
	case STATE_LOST:
		return text_format("what it was meant to be is lost, or damaged: `xlab down %s` "
				   "removes it all the same",
				   in->lab);
	case STATE_UP:
		break;
	}
	return NULL;
}

int lab_refuse(const struct lab *lab, struct error *e)
{
	char *FREE_AUTO trouble = lab_trouble(lab);

	return error_state(e, -EBUSY, "lab %s: %s", state_intent(lab->state)->lab,
			   trouble ? trouble : "not up");
}
