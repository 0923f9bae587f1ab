/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROBE_FRAME_H
#define XLAB_PROBE_FRAME_H

struct step_run;

/*
 * A frame step: it goes out of its interface as it is, and is waited for behind XDP: where `at`
 * says, else at the interface that has its destination MAC, else at the link's other end. To many
 * it goes where the filter of the step stands, if that is one place. What came is evidence.
 */
int probe_frame_run(struct step_run *c);

#endif
