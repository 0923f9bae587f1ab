// SPDX-License-Identifier: GPL-2.0-or-later
/* The built-in programs' objects, made ready for a filter's rules. What a rule is in words, and
 * which program has which keys, the model knows.
 */
#include "orchestrator/filter/programs.h"

#include <errno.h>
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Skeletons use their types. */
#include "bpf/xlab.h"

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/match_layout.h"
#include "orchestrator/filter/pcap_code.h"
#include "orchestrator/filter/pcap_expr.h"
#include "orchestrator/filter/rule_maps.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/program.h"
#include "orchestrator/util/object_bytes.h"

/*
 * Every bpf/NAME.bpf.c and every row of builtins.h belong together. One without the other, or an
 * object without the programs of BUILT_IN(NAME, …), is a name that is not there below.
 */
enum {
#define BUILTIN(id, name, ...) name##_has_a_row,
#include "orchestrator/model/builtins.h"
};
#define BUILTIN_OBJECT(name)                                                                    \
	_Static_assert(name##_has_a_row >= 0 && sizeof(((struct name##_bpf *)0)->progs.name) && \
			       sizeof(((struct name##_bpf *)0)->progs.name##_verdict),          \
		       "it is complete");
#include "bpf/builtin_objects.h"

/* ether, ip and port are match with keys of their own. */
#define ether_bpf__elf_bytes match_bpf__elf_bytes
#define ip_bpf__elf_bytes    match_bpf__elf_bytes
#define port_bpf__elf_bytes  match_bpf__elf_bytes

static const void *(*const objects[])(size_t *size) = {
#define BUILTIN(id, name, ...) [PROGRAM_##id] = name##_bpf__elf_bytes,
#include "orchestrator/model/builtins.h"
};

int program_object(enum program_kind kind, const void **bytes, size_t *size, const char **function)
{
	if (kind >= PROGRAM_OBJECT)
		return -EINVAL;
	*bytes = objects[kind](size);
	*function = programs[program_matches(&programs[kind]) ? PROGRAM_MATCH : kind].name;
	return 0;
}

/* As a whole program for chains of ours; for libxdp as a function of one, for there it counts. */
static int graft_expression(const struct filter *filter, void **bytes, size_t *size,
			    struct error *e)
{
	const struct {
		const char *function;
		struct pcap_result result;
	} parts[] = {
		{ "pcap_selects", { 1, 0, false } },
		{ "pcap_verdict", { filter->action, XLAB_NEXT, filter->action == XDP_TX } },
	};
	struct sock_filter *FREE_AUTO classic = NULL;
	size_t n_classic, n;
	int err = pcap_expr_compile(filter->expr, &classic, &n_classic, e);

	for (size_t i = 0; i < ARRAY_SIZE(parts) && !err; i++) {
		struct bpf_insn *FREE_AUTO insns = NULL;

		err = pcap_code_make(classic, n_classic, &parts[i].result, &insns, &n, e);
		if (err)
			break;
		err = object_graft(bytes, size, parts[i].function, insns, n * sizeof(*insns));
		if (err)
			return error_sys(e, err, "its embedded object has no place for %s",
					 parts[i].function);
	}
	return err ? error_wrap(e, "expr = %s", filter->expr) : 0;
}

int program_bytes(const struct filter *filter, void **bytes, size_t *size, const char **function,
		  struct error *e)
{
	struct match_layout layout;
	void *FREE_AUTO copy = NULL;
	const void *object;
	int err = program_object(filter->program, &object, size, function);

	if (!err)
		copy = xmemdup(object, *size);
	if (!err && program_matches(&programs[filter->program])) {
		match_layout(filter, &layout);
		match_layout_write(&layout, copy);
		err = object_lengthen(copy, layout.size);
	}
	if (err)
		return error_sys(e, err, "cannot ready the built-in %s",
				 programs[filter->program].name);
	err = filter->expr ? graft_expression(filter, &copy, size, e) : 0;
	if (!err)
		*bytes = steal_pointer(&copy);
	return err;
}

int program_prepare(struct bpf_object *obj, const struct filter *filter, struct error *e)
{
	struct match_layout layout;
	bool whole = true;

	if (filter->expr)
		whole = globals_poke(obj, "xlab_action", &filter->action, sizeof(filter->action));
	if (program_matches(&programs[filter->program])) {
		match_layout(filter, &layout);
		whole &= globals_poke(obj, "xlab_keys", &layout.keys, sizeof(layout.keys));
	}
	return whole ? 0 : error_state(e, -EINVAL, "its embedded object lacks a constant");
}

static int object_map(void *cookie, const char *name, int *fd, struct error *e)
{
	int own = bpf_object__find_map_fd_by_name(cookie, name);

	*fd = fcntl(own, F_DUPFD_CLOEXEC, 3);
	return *fd < 0 ? error_sys(e, -errno, "map %s of the loaded object", name) : 0;
}

/* The kernel takes an ifindex for one of the namespace that it is written from. */
static int fill_target(struct bpf_object *obj, const struct lab *lab, const struct filter *filter,
		       struct error *e)
{
	const struct topology *topo = &lab->labfile.topo;
	const struct iface *to = &topo->ifaces[filter->redirect_to];
	int fd = bpf_object__find_map_fd_by_name(obj, "target");
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct netlink *NETLINK_AUTO rt = NULL;
	struct rt_link_state link;
	uint32_t first = 0;
	int err = netns_visit(&visit, lab->state, topo->nodes[to->node].name, e);

	if (!err)
		err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (!err)
		err = lab_link_find(lab->state, rt, to->name, &link, e);
	if (!err && bpf_map_update_elem(fd, &first, &link.ifindex, BPF_ANY))
		err = error_sys(e, -errno, "cannot write the map of its target");
	return err ? error_wrap(e, "to = %s", to->id) : 0;
}

int program_fill_rules(struct bpf_object *obj, const struct lab *lab, size_t filter,
		       struct error *e)
{
	const struct filter *f = &lab->labfile.filters[filter];
	struct rule_maps RULE_MAPS_AUTO maps = RULE_MAPS_NONE;
	int err;

	if (f->program == PROGRAM_REDIRECT)
		return fill_target(obj, lab, f, e);
	if (!program_matches(&programs[f->program]))
		return 0;
	err = rule_maps_open(&maps, f, object_map, obj, e);
	if (err)
		return err;
	err = rule_maps_fill(&maps, f);
	return err ? error_sys(e, err, "its rules cannot be written") : 0;
}
