// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/filter/programs.h"
#include <bpf/bpf.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

/* The skeletons below use their types. */
#include "bpf/rules.h"
#include "bpf/xlab.h"

#include "bpf/aborted.skel.h"
#include "bpf/drop.skel.h"
#include "bpf/ether.skel.h"
#include "bpf/headers.skel.h"
#include "bpf/hello.skel.h"
#include "bpf/ip.skel.h"
#include "bpf/pass.skel.h"
#include "bpf/port.skel.h"
#include "bpf/redirect.skel.h"
#include "bpf/tx.skel.h"
#include "bpf/unchecked.skel.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netns.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/globals.h"
#include "orchestrator/filter/rule_maps.h"
#include "orchestrator/lab.h"

/* The function of each has the program's own name. */
static const struct {
	const void *(*bytes)(size_t *size);
	const char *function;
} programs[] = {
	[PROGRAM_HELLO] = { hello_bpf__elf_bytes, "hello" },
	[PROGRAM_HEADERS] = { headers_bpf__elf_bytes, "headers" },
	[PROGRAM_ETHER] = { ether_bpf__elf_bytes, "ether" },
	[PROGRAM_IP] = { ip_bpf__elf_bytes, "ip" },
	[PROGRAM_PORT] = { port_bpf__elf_bytes, "port" },
	[PROGRAM_PASS] = { pass_bpf__elf_bytes, "pass" },
	[PROGRAM_DROP] = { drop_bpf__elf_bytes, "drop" },
	[PROGRAM_ABORTED] = { aborted_bpf__elf_bytes, "aborted" },
	[PROGRAM_TX] = { tx_bpf__elf_bytes, "tx" },
	[PROGRAM_REDIRECT] = { redirect_bpf__elf_bytes, "redirect" },
	[PROGRAM_UNCHECKED] = { unchecked_bpf__elf_bytes, "unchecked" },
};

_Static_assert(ARRAY_SIZE(programs) == PROGRAM_OBJECT, "each built-in has an object");

int program_object(enum program_kind kind, const void **bytes, size_t *size, const char **function)
{
	if (kind >= PROGRAM_OBJECT)
		return -EINVAL;
	*bytes = programs[kind].bytes(size);
	*function = programs[kind].function;
	return 0;
}

#define ROOM_MIN 1024 /* rules that fit at least, so that some can be added live */

static uint32_t room_for(const struct filter *filter)
{
	size_t twice = 2 * filter->n_rules;

	return twice < ROOM_MIN ? ROOM_MIN : twice;
}

size_t program_rules_size(const struct filter *filter)
{
	const struct rule_layout *layout = rule_layout(filter->program);

	return layout ? rule_maps_size(layout, room_for(filter)) : 0;
}

int program_bytes(const struct filter *filter, void **bytes, size_t *size, const char **function)
{
	size_t rules = program_rules_size(filter);
	FREE_AUTO void *copy = NULL;
	const void *object;
	int err = program_object(filter->program, &object, size, function);

	if (err)
		return err;
	copy = malloc(*size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, object, *size);
	err = rules ? object_lengthen(copy, rules) : 0;
	if (!err)
		*bytes = steal_pointer(&copy);
	return err;
}

static int set_sizes(struct bpf_object *obj, const struct rule_layout *layout, uint32_t capacity)
{
	int err = 0;

	for (int i = 0; i < RULE_MAPS && !err; i++)
		if (layout->maps >> i & 1)
			err = bpf_map__set_max_entries(
				bpf_object__find_map_by_name(obj, rule_map_names[i]), capacity);
	return err;
}

int program_prepare(struct bpf_object *obj, const struct filter *filter, struct error *e)
{
	const struct rule_layout *layout = rule_layout(filter->program);
	uint64_t capacity = room_for(filter);
	uint64_t hits = capacity * (uint64_t)libbpf_num_possible_cpus();
	int err;

	if (!layout)
		return 0;
	if (!globals_poke(obj, "xlab_action", &filter->action, sizeof(filter->action)) ||
	    !globals_poke(obj, "xlab_capacity", &capacity, sizeof(capacity)) ||
	    !globals_poke(obj, "xlab_hits", &hits, sizeof(hits)))
		return error_state(e, -EINVAL, "filter %s: its embedded object lacks a constant",
				   filter->name);
	err = set_sizes(obj, layout, capacity);
	if (err)
		return error_sys(e, err, "filter %s: its maps cannot be given their size",
				 filter->name);
	return 0;
}

static int object_map(void *cookie, const char *name, int *fd, struct error *e)
{
	int own = bpf_object__find_map_fd_by_name(cookie, name);

	*fd = fcntl(own, F_DUPFD_CLOEXEC, 3);
	return *fd < 0 ? error_sys(e, -errno, "map %s of the loaded object", name) : 0;
}

static int fill_target(struct bpf_object *obj, const struct lab *lab, const struct filter *filter,
		       struct error *e)
{
	const struct topology *topo = &lab->labfile.topo;
	const struct iface *to = &topo->ifaces[filter->redirect_to];
	int fd = bpf_object__find_map_fd_by_name(obj, "target");
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	unsigned int index = 0;
	uint32_t first = 0;
	int err = netns_visit(&visit, lab->state, topo->nodes[to->node].name, e);

	if (!err)
		err = lab_link_find(lab->state, to->name, &index, e);
	if (!err && bpf_map_update_elem(fd, &first, &index, BPF_ANY))
		err = error_sys(e, -errno, "writing the map of its target");
	return err ? error_wrap(e, "filter %s: to = %s", filter->name, to->id) : 0;
}

int program_fill_rules(struct bpf_object *obj, const struct lab *lab, size_t filter,
		       struct error *e)
{
	const struct filter *f = &lab->labfile.filters[filter];
	RULE_MAPS_AUTO struct rule_maps maps = RULE_MAPS_NONE;
	int err;

	if (f->program == PROGRAM_REDIRECT)
		return fill_target(obj, lab, f, e);
	if (!rule_layout(f->program))
		return 0;
	err = rule_maps_open(&maps, f->program, object_map, obj, e);
	if (err)
		return error_wrap(e, "filter %s", f->name);
	err = rule_maps_fill(&maps, f);
	return err ? error_sys(e, err, "filter %s: its rules cannot be written", f->name) : 0;
}
