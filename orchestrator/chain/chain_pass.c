// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which ends need a pass program, and one program for all of them. Filters' own programs are the
 * engines'.
 */
#include "orchestrator/chain/chain_pass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/lab.h"

/* What somebody's object does is not known: it may send packets back. */
static bool may_send_back(const struct filter *f)
{
	return f->program == PROGRAM_OBJECT || f->action == XDP_REDIRECT || f->action == XDP_TX;
}

bool chain_may_send(const struct labfile *labfile, char *const *filters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t filter = labfile_filter(labfile, filters[i]);

		if (filter != NONE && may_send_back(&labfile->filters[filter]))
			return true;
	}
	return false;
}

int chain_needs(const struct labfile *labfile, size_t iface, char *const *filters, size_t n,
		int (*fn)(void *cookie, const struct attach_point_id *id), void *cookie)
{
	struct attach_point_id other;
	int r = 0;

	if (labfile->modes[iface] == XDP_MODE_CHOICE_GENERIC)
		return 0;
	other = attach_point_id_other(labfile, iface);
	if (chain_may_send(labfile, filters, n))
		r = fn(cookie, &other);
	for (size_t i = 0; i < n && !r; i++) {
		size_t filter = labfile_filter(labfile, filters[i]);

		if (filter == NONE || labfile->filters[filter].redirect_to == NONE)
			continue;
		other = attach_point_id_other(labfile, labfile->filters[filter].redirect_to);
		r = fn(cookie, &other);
	}
	return r;
}

/* One for all ends: on the second the kernel waits for no grace period. */
static int pass_program(struct lab *lab, int *fd, struct error *e)
{
	static const char what[] = "pass";
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_XDP,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS);

	for (size_t i = 0; i < lab->n_programs; i++) {
		if (strcmp(lab->programs[i].what, what) != 0)
			continue;
		*fd = fcntl(lab->programs[i].fd, F_DUPFD_CLOEXEC, 3);
		return *fd < 0 ? error_sys(e, -errno, "cannot use a pass program again") : 0;
	}
	*fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xlab_pass", "GPL", pass, ARRAY_SIZE(pass), &opts);
	return *fd < 0 ? error_sys(e, *fd, "cannot load a pass program")
		       : lab_keep_program(lab, what, 0, *fd, NULL, e);
}

int chain_pass_put(struct lab *lab, struct attach_point *s, struct error *e)
{
	struct chain_record next = {
		.engine = ENGINE_INLINE,
		.mode = XDP_MODE_CHOICE_NATIVE,
		.gen = chain_file_next_gen(&s->file, s->current),
	};
	int FD_AUTO fd = -1;
	int err = pass_program(lab, &fd, e);

	if (!err)
		err = attach_prog_id(fd, &next.prog_id, e);
	return err ? err : attach_point_swap(s, lab, &next, fd, e);
}

struct work {
	struct lab *lab;
	struct error *e;
};

static int add_one(void *cookie, const struct attach_point_id *id)
{
	struct work *w = cookie;
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err = attach_point_open(&s, w->lab, id, w->e);

	/* Any native program will do, another tool's too. */
	if (err == -EBUSY && s.attached.prog_id && s.attached.mode == XDP_MODE_CHOICE_NATIVE) {
		error_clear(w->e);
		return 0;
	}
	if (err || s.current)
		return err;
	return chain_pass_put(w->lab, &s, w->e);
}

int chain_pass_add(struct lab *lab, size_t iface, char *const *filters, size_t n, struct error *e)
{
	struct work w = { lab, e };
	int err = chain_needs(&lab->labfile, iface, filters, n, add_one, &w);

	return err ? error_wrap(e, "cannot put on the pass program for what the chain sends back")
		   : 0;
}

struct question {
	const struct attach_point_id *id;
	bool wanted;
};

static int is_it(void *cookie, const struct attach_point_id *id)
{
	struct question *q = cookie;

	q->wanted |= attach_point_id_same(q->id, id);
	return q->wanted;
}

int chain_pass_wanted(const struct lab *lab, const struct attach_point_id *id, bool *wanted,
		      struct error *e)
{
	struct question q = { id, false };
	char **STRINGS_AUTO names = NULL;
	int err = chain_file_names(lab, &names, e);

	for (size_t i = 0; !err && !q.wanted && names[i]; i++) {
		struct chain_file CHAIN_FILE_AUTO file;
		size_t iface;

		err = attach_point_recall(lab, names[i], &iface, &file, e);
		if (file.now.n_filters)
			(void)chain_needs(&lab->labfile, iface, file.now.filters,
					  file.now.n_filters, is_it, &q);
	}
	*wanted = q.wanted;
	return err;
}

static int drop_one(void *cookie, const struct attach_point_id *id)
{
	struct work *w = cookie;
	ATTACH_POINT s = ATTACH_POINT_INIT;
	struct chain_record off = { .engine = ENGINE_INLINE };
	bool wanted = true;
	int err = chain_pass_wanted(w->lab, id, &wanted, w->e);

	if (err || wanted)
		return err;
	err = attach_point_open(&s, w->lab, id, w->e);
	if (err == -EBUSY || err == -ESTALE) { /* somebody else's by now */
		error_clear(w->e);
		return 0;
	}
	if (!s.current || s.current->n_filters)
		return err;
	return attach_point_swap(&s, w->lab, &off, -1, w->e);
}

int chain_pass_drop(struct lab *lab, size_t iface, char *const *filters, size_t n, struct error *e)
{
	struct work w = { lab, e };

	return chain_needs(&lab->labfile, iface, filters, n, drop_one, &w);
}

int chain_pass_tidy(struct lab *lab, const char *point, struct error *e)
{
	struct work w = { lab, e };
	struct chain_file CHAIN_FILE_AUTO file = { 0 };
	struct attach_point_id id;
	bool pass;
	int err;

	if (!attach_point_id_find(&lab->labfile, point, &id))
		return 0;
	err = chain_file_read(lab, point, &file, e);
	if (err)
		return err;
	pass = (file.now.prog_id && !file.now.n_filters) ||
	       (file.before.prog_id && !file.before.n_filters);
	return pass ? drop_one(&w, &id) : 0;
}
