// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of attach points, and one being worked on: what stands there, by its record, and a program
 * in its place. What the programs are is chain.c's and chain_pass.c's.
 */
#include "orchestrator/chain/attach_point.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "lab/text.h"
#include "orchestrator/lab.h"

struct attach_point_id attach_point_id_of(const struct labfile *labfile, size_t iface)
{
	const struct iface *i = &labfile->topo.ifaces[iface];

	return (struct attach_point_id){ iface, labfile->topo.nodes[i->node].name, i->name };
}

struct attach_point_id attach_point_id_other(const struct labfile *labfile, size_t iface)
{
	const struct iface *i = &labfile->topo.ifaces[iface];

	if (i->bridge == NONE)
		return attach_point_id_of(labfile, i->peer);
	return (struct attach_point_id){ NONE, labfile->topo.bridges[i->bridge].name, i->port };
}

bool attach_point_id_same(const struct attach_point_id *a, const struct attach_point_id *b)
{
	return !strcmp(a->netns, b->netns) && !strcmp(a->name, b->name);
}

static bool is_at(const struct attach_point_id *id, const char *point)
{
	size_t n = strlen(id->netns);

	return !strncmp(id->netns, point, n) && point[n] == ':' && !strcmp(id->name, point + n + 1);
}

bool attach_point_id_find(const struct labfile *labfile, const char *point,
			  struct attach_point_id *id)
{
	for (size_t i = 0; i < labfile->topo.n_ifaces; i++) {
		if (labfile->topo.ifaces[i].lo)
			continue;
		*id = attach_point_id_of(labfile, i);
		if (is_at(id, point))
			return true;
		if (labfile->topo.ifaces[i].vlan)
			continue;
		*id = attach_point_id_other(labfile, i);
		if (is_at(id, point))
			return true;
	}
	return false;
}

/* A bridge is no node for `xlab exec`. */
static char *command_off(const struct lab *lab, const struct attach_point *s)
{
	const char *mode = s->attached.mode == XDP_MODE_CHOICE_GENERIC ? "xdpgeneric" : "xdpdrv";
	char *FREE_AUTO netns = plan_netns_name(&lab->plan, s->id.netns);

	if (s->id.iface == NONE)
		return text_format("ip -n %s link set dev %s %s off", netns, s->id.name, mode);
	return text_format("xlab exec %s/%s -- ip link set dev %s %s off",
			   state_journal(lab->state)->lab, s->id.netns, s->id.name, mode);
}

static int find_current(struct attach_point *s, const struct lab *lab, struct error *e)
{
	char *FREE_AUTO off = NULL;

	s->current = chain_file_match(&s->file, s->attached.prog_id);
	if (!s->attached.prog_id || s->current)
		return 0;
	off = command_off(lab, s);
	return attach_foreign(s->attached.prog_id, off, e);
}

static int open_socket(struct attach_point *s, const struct lab *lab, struct error *e)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err;

	if (lab->build) {
		s->rt = build_rt(lab->build, s->id.netns);
		return 0;
	}
	err = netns_visit(&visit, lab->state, s->id.netns, e);
	if (!err)
		err = netlink_open(NETLINK_ROUTE, &s->own_rt, e);
	s->rt = s->own_rt;
	return err;
}

int attach_point_open(struct attach_point *s, const struct lab *lab,
		      const struct attach_point_id *id, struct error *e)
{
	struct rt_link_state link = { 0 };
	int err;

	*s = (struct attach_point)ATTACH_POINT_INIT;
	s->id = *id;
	s->name = text_format("%s:%s", id->netns, id->name);
	err = open_socket(s, lab, e);
	if (!err)
		err = lab_link_find(lab->state, s->rt, id->name, &link, e);
	s->ifindex = link.ifindex;
	s->attached = attach_of(&link);
	if (!err)
		err = chain_file_read(lab, s->name, &s->file, e);
	if (!err)
		err = find_current(s, lab, e);
	return err ? error_wrap(e, "%s", s->name) : 0;
}

void attach_point_close(struct attach_point *s)
{
	netlink_close(s->own_rt);
	chain_file_clear(&s->file);
	free(s->name);
	*s = (struct attach_point)ATTACH_POINT_INIT;
}

/* @next is not there: neither does the record tell of it. Where nobody knows, it tells of both. */
static void record_failed(struct attach_point *s, struct lab *lab, const struct chain_record *next)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;
	struct attached now;

	if (!attach_query(s->rt, s->ifindex, &now, &ignored) && now.prog_id != next->prog_id)
		(void)chain_file_write(lab, s->name, &s->file, &ignored);
}

static int swap(struct attach_point *s, struct lab *lab, const struct chain_record *next, int fd,
		struct error *e)
{
	uint32_t old = s->current ? s->current->prog_id : 0;
	struct chain_file file;
	int err = 0;

	chain_file_plan(&file, &s->file, s->current, next);
	if (s->for_good)
		chain_file_keep_for_good(&file, s->for_good);
	/* What a killed `up` leaves goes as a whole, and nobody else reads it. */
	if (!lab->build)
		err = chain_file_write(lab, s->name, &file, e);
	if (!err && fd >= 0)
		err = attach_swap(s->rt, s->ifindex, next->mode, fd, old, e);
	else if (!err && old)
		err = attach_remove(s->rt, s->ifindex, s->current->mode, old, e);
	if (err) {
		chain_file_clear(&file);
		record_failed(s, lab, next);
		return error_wrap(e, "%s", s->name);
	}
	chain_file_clear(&s->file);
	s->file = file;
	s->current = fd >= 0 ? &s->file.now : NULL;
	chain_file_settle(&s->file);
	return chain_file_write(lab, s->name, &s->file, e);
}

/* The program of a VLAN interface, which makes way. */
struct aside {
	struct attach_point_id id;
	struct chain_record record;
	int fd;
};

/* Its record says that a scenario took it off: whoever comes after this was killed puts it back. */
static int put_aside(struct lab *lab, size_t vlan, struct aside **list, size_t *n, struct error *e)
{
	const struct chain_record off = { .engine = ENGINE_INLINE, .scenario = true };
	struct attach_point_id id = attach_point_id_of(&lab->labfile, vlan);
	ATTACH_POINT s = ATTACH_POINT_INIT;
	struct aside *aside;
	int err = attach_point_open(&s, lab, &id, e), fd;

	if (err == -ENODEV || err == -ESTALE) { /* gone, or not the lab's */
		error_clear(e);
		return 0;
	}
	if (err || !s.current)
		return err;
	fd = bpf_prog_get_fd_by_id(s.current->prog_id);
	if (fd < 0)
		return error_sys(e, -errno, "%s: cannot hold the chain's program", s.name);
	aside = array_add(list, n, sizeof(*aside));
	*aside = (struct aside){ .id = id, .fd = fd };
	chain_record_copy(&aside->record, s.current);
	return swap(&s, lab, &off, -1, e);
}

static int put_back(struct lab *lab, struct aside *aside, struct error *e)
{
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err = attach_point_open(&s, lab, &aside->id, e);

	if (!err && !s.current)
		err = swap(&s, lab, &aside->record, aside->fd, e);
	chain_record_clear(&aside->record);
	cleanup_fd(&aside->fd);
	return err;
}

/* The kernel changes nothing on an interface while one over it has a program: here those of VLANs
 * make way for as long as it takes.
 */
static int swap_below(struct attach_point *s, struct lab *lab, const struct chain_record *next,
		      int fd, struct error *e)
{
	const struct topology *topo = &lab->labfile.topo;
	struct aside *list = NULL;
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < topo->n_ifaces && !err; i++)
		if (topo->ifaces[i].vlan && topo->ifaces[i].link == s->id.iface)
			err = put_aside(lab, i, &list, &n, e);
	if (!err)
		err = swap(s, lab, next, fd, e);
	for (size_t i = 0; i < n; i++) {
		struct error ERROR_AUTO this = ERROR_INIT;

		if (put_back(lab, &list[i], &this))
			err = error_join(e, &this);
	}
	free(list);
	return err;
}

int attach_point_swap(struct attach_point *s, struct lab *lab, const struct chain_record *next,
		      int fd, struct error *e)
{
	int err = swap(s, lab, next, fd, e);

	if (err != -EEXIST)
		return err;
	error_clear(e);
	return swap_below(s, lab, next, fd, e);
}

int attach_point_recall(const struct lab *lab, const char *point, size_t *iface,
			struct chain_file *file, struct error *e)
{
	struct attach_point_id id;

	*file = (struct chain_file){ 0 };
	*iface = attach_point_id_find(&lab->labfile, point, &id) ? id.iface : NONE;
	return *iface == NONE ? 0 : chain_file_read(lab, point, file, e);
}

int chain_wanted(const struct lab *lab, const struct attach_point *s, struct chain_config *chain,
		 struct error *e)
{
	const struct chain_file *file = &s->file;

	*chain = (struct chain_config){ .iface = s->id.iface };
	for (size_t i = 0; i < lab->labfile.n_chains && !chain->filters; i++)
		if (lab->labfile.chains[i].iface == s->id.iface)
			*chain = lab->labfile.chains[i];
	if (!file->has_restore)
		return 0;
	chain->filters = file->restore;
	chain->n_filters = file->n_restore;
	for (size_t i = 0; i < file->n_restore; i++)
		if (labfile_filter(&lab->labfile, file->restore[i]) == NONE)
			return error_state(e, -EINVAL,
					   "%s: the record of its chain names filters that the lab "
					   "does not have",
					   s->name);
	return 0;
}

bool chain_stands(const struct attach_point *s, const struct chain_config *chain)
{
	const struct chain_record *r = s->current;

	if ((r ? r->n_filters : 0) != chain->n_filters || (r && r->scenario))
		return false;
	for (size_t i = 0; i < chain->n_filters; i++)
		if (strcmp(r->filters[i], chain->filters[i]) != 0)
			return false;
	return true;
}
