// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/filters/subject.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/linker/prune.h"
#include "orchestrator/linker/straighten.h"
#include "orchestrator/model/field_read.h"
#include "orchestrator/model/program.h"

static int map_of(void *obj, const char *name, int *fd, struct error *e)
{
	(void)e;
	*fd = fcntl(bpf_object__find_map_fd_by_name(obj, name), F_DUPFD_CLOEXEC, 3);
	assert_true(*fd >= 0);
	return 0;
}

static void give_config(struct subject *s, const struct xlab_config *config)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int counters = -1, event_rings = -1;
	struct xlab_config whole = {};

	if (config)
		whole = *config;
	whole.cpus = (uint32_t)libbpf_num_possible_cpus();
	whole.bank = counters_bank(whole.gen);
	assert_true(globals_poke(s->obj, "xlab_config", &whole, sizeof(whole)));
	assert_int_equal(counters_create(&counters, &event_rings, &e), 0);
	assert_int_equal(counters_give(s->obj, counters, event_rings), 0);
	assert_int_equal(counters_map(&s->counters, counters, 0, &e), 0);
}

/* Chains of ours take the programs of match without what a filter does not use. */
static int load_pruned(const struct subject *s, struct captured_prog *code)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS,
		    .prog_btf_fd = (__u32)bpf_object__btf_fd(s->obj),
		    .func_info_rec_size = sizeof(*code->funcs),
		    .line_info_rec_size = sizeof(*code->lines));
	int fd;

	captured_prog_prune(code);
	captured_prog_straighten(code);
	captured_prog_prune(code);
	opts.func_info = code->funcs;
	opts.func_info_cnt = (__u32)code->n_funcs;
	opts.line_info = code->lines;
	opts.line_info_cnt = (__u32)code->n_lines;
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "pruned", "GPL", code->insns, code->n_insns, &opts);
	captured_prog_clear(code);
	return fd;
}

void subject_load(struct subject *s, const struct filter *filter, const struct xlab_config *config)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab lab = { .labfile = { .filters = &s->filter, .n_filters = 1 } };
	bool matches = program_matches(&programs[filter->program]);
	struct captured_prog code = { 0 };
	FREE_AUTO void *bytes = NULL;
	struct bpf_program *prog, *other;
	struct prog_capture capture;
	const char *function;
	char name[64];
	size_t size;

	*s = (struct subject){ .filter = *filter, .maps = RULE_MAPS_NONE, .fd = -1 };
	assert_int_equal(prog_capture_begin(&capture, &e), 0);
	s->own_keys = !filter->n_keys;
	if (s->own_keys)
		program_give_keys(&s->filter);
	assert_int_equal(program_bytes(&s->filter, &bytes, &size, &function, &e), 0);
	s->obj = bpf_object__open_mem(bytes, size, NULL);
	assert_non_null(s->obj);
	/* Without a config it is what chains of ours take. */
	(void)snprintf(name, sizeof(name), "%s%s", function, config ? "" : "_verdict");
	give_config(s, config);
	assert_int_equal(program_prepare(s->obj, &s->filter, &e), 0);
	prog = bpf_object__find_program_by_name(s->obj, name);
	assert_non_null(prog);
	bpf_object__for_each_program (other, s->obj) {
		bpf_program__set_autoload(other, other == prog);
	}
	capture.frags = true;
	if (matches && !config)
		prog_capture_add(&capture, prog, false, &code);
	assert_int_equal(bpf_object__load(s->obj), 0);
	prog_capture_end(&capture);
	s->fd = code.n_insns ? load_pruned(s, &code) : dup(bpf_program__fd(prog));
	assert_true(s->fd >= 0);
	if (!matches)
		return;
	assert_int_equal(program_fill_rules(s->obj, &lab, 0, &e), 0);
	assert_int_equal(rule_maps_open(&s->maps, &s->filter, map_of, s->obj, &e), 0);
}

void subject_free(struct subject *s)
{
	rule_maps_close(&s->maps);
	counters_unmap(&s->counters);
	(void)close(s->fd);
	bpf_object__close(s->obj);
	s->obj = NULL;
	if (s->own_keys)
		free(s->filter.keys);
}

/*
 * The kernel wants 14 bytes at least. A shorter frame goes in as the linear part of a longer one
 * (from 6.18 on), or behind bytes that the context calls metadata (before).
 */
#define MORE 32

static int run_short(const struct subject *s, const uint8_t *frame, size_t len, uint32_t *verdict)
{
	uint8_t in[MORE + 14] = { 0 };
	struct xdp_md ctx = { .data_end = len };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = sizeof(in),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);

	memcpy(in, frame, len);
	if (bpf_prog_test_run_opts(s->fd, &opts)) {
		memcpy(in + MORE, frame, len);
		ctx = (struct xdp_md){ .data = MORE, .data_end = MORE + len };
		opts.data_size_in = MORE + len;
		if (bpf_prog_test_run_opts(s->fd, &opts))
			return -1;
	}
	*verdict = opts.retval;
	return 0;
}

uint32_t subject_turn(const struct subject *s, const void *frame, size_t len, void *out)
{
	uint8_t back[4096];
	uint32_t verdict = UINT32_MAX;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
		    .data_out = back, .data_size_out = sizeof(back), .repeat = 1);

	if (len < 14) {
		assert_int_equal(run_short(s, frame, len, &verdict), 0);
		return verdict;
	}
	assert_int_equal(bpf_prog_test_run_opts(s->fd, &opts), 0);
	if (out)
		memcpy(out, back, len);
	return opts.retval;
}

bool subject_run_linear(const struct subject *s, const void *frame, size_t len, size_t linear,
			uint32_t *verdict)
{
	struct xdp_md ctx = { .data_end = (uint32_t)linear };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);

	if (bpf_prog_test_run_opts(s->fd, &opts))
		return false;
	*verdict = opts.retval;
	return true;
}

uint32_t subject_run(const struct subject *s, const void *frame, size_t len)
{
	return subject_turn(s, frame, len, NULL);
}

static struct rule rule_read(size_t key, enum xlab_field field, const char *word)
{
	struct rule rule = { .key = (uint8_t)key };
	FREE_AUTO char *why = NULL;

	assert_int_equal(field_read(field, word, &rule.span, &why), 0);
	return rule;
}

struct rule rule_net(size_t key, const char *cidr)
{
	char net[PREFIX_TEXT];
	struct prefix p;

	assert_int_equal(text_cidr(cidr, &p), 0);
	p = prefix_network(&p);
	return rule_read(key, XLAB_FIELD_NET_SRC, prefix_text(&p, net));
}

struct rule rule_mac(size_t key, const char *mac)
{
	return rule_read(key, XLAB_FIELD_ETH_SRC, mac);
}

struct rule rule_span(size_t key, uint16_t first, uint16_t last)
{
	return (struct rule){ .key = (uint8_t)key,
			      .span = { field_value_of(first), field_value_of(last), false, 0 } };
}

struct wanted {
	const struct subject *s;
	const struct rule *rule;
	uint64_t hits;
	bool found;
};

static int take(void *cookie, const struct rule *rule, uint32_t number)
{
	struct wanted *w = cookie;

	w->found = rule_equal(rule, w->rule);
	if (w->found)
		w->hits = rule_maps_hits(&w->s->maps, number);
	return w->found;
}

uint64_t subject_hits(const struct subject *s, const struct rule *rule)
{
	struct wanted w = { .s = s, .rule = rule };

	rule_maps_each(&s->maps, take, &w);
	assert_true(w.found);
	return w.hits;
}
