// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges that are joined: a loop of them wants STP. */
#include "lab/topology_uplinks.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/param.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "lab/topology_keys.h"

/* A tree over the bridges that uplinks join, or several of them. */
struct tree {
	size_t *up;	/* by bridge: the one above it; NONE: it is a root */
	size_t *by;	/* by bridge: the uplink to that one */
	size_t *height; /* by bridge: of roots 1; 0: not yet reached */
	size_t *ends;	/* by bridge: its first end of an uplink, 2 x uplink + side; or NONE */
	size_t *next;	/* by end: the next of the same bridge, or NONE */
	size_t *queue;
};

static void tree_begin(struct tree *t, const struct topology *topo)
{
	size_t n = topo->n_bridges;

	*t = (struct tree){ xcalloc(n, sizeof(size_t)),
			    xcalloc(n, sizeof(size_t)),
			    xcalloc(n, sizeof(size_t)),
			    xcalloc(n, sizeof(size_t)),
			    xcalloc(topo->n_uplinks * 2, sizeof(size_t)),
			    xcalloc(n, sizeof(size_t)) };
	for (size_t i = 0; i < n; i++)
		t->up[i] = t->by[i] = t->ends[i] = NONE;
	for (size_t i = topo->n_uplinks * 2; i-- > 0;) {
		size_t bridge = topo->uplinks[i / 2].bridges[i % 2];

		t->next[i] = t->ends[bridge];
		t->ends[bridge] = i;
	}
}

static void tree_clear(struct tree *t)
{
	free(t->up);
	free(t->by);
	free(t->height);
	free(t->ends);
	free(t->next);
	free(t->queue);
}
#define TREE_AUTO __attribute__((cleanup(tree_clear))) struct tree

static void grow(struct tree *t, const struct topology *topo, size_t root)
{
	size_t done = 0, n = 0;

	t->height[root] = 1;
	t->queue[n++] = root;
	while (done < n) {
		size_t bridge = t->queue[done++];

		topo->bridges[bridge].segment = root;
		for (size_t end = t->ends[bridge]; end != NONE; end = t->next[end]) {
			size_t other = topo->uplinks[end / 2].bridges[!(end % 2)];

			if (t->height[other])
				continue;
			t->height[other] = t->height[bridge] + 1;
			t->up[other] = bridge;
			t->by[other] = end / 2;
			t->queue[n++] = other;
		}
	}
}

static void note_without_stp(const struct bridge *b, char **list)
{
	if (!b->stp)
		text_list_add(list, "[bridge %s]", b->name);
}

/* Those without STP in the loop that @uplink closes, which is none of the tree's: "[bridge a], …".
 */
static char *loop_without_stp(const struct tree *t, const struct topology *topo, size_t uplink)
{
	size_t a = topo->uplinks[uplink].bridges[0], b = topo->uplinks[uplink].bridges[1];
	char *list = NULL;

	while (a != b) {
		size_t *deeper = t->height[a] > t->height[b] ? &a : &b;

		note_without_stp(&topo->bridges[*deeper], &list);
		*deeper = t->up[*deeper];
	}
	note_without_stp(&topo->bridges[a], &list);
	return list;
}

static int check_loop(const struct topology_reading *r, const struct tree *t, size_t uplink,
		      struct error *e)
{
	const size_t *bridges = r->topo->uplinks[uplink].bridges;
	char *FREE_AUTO list = NULL;

	if (t->by[bridges[0]] == uplink || t->by[bridges[1]] == uplink)
		return 0;
	list = loop_without_stp(t, r->topo, uplink);
	if (!list)
		return 0;
	return ini_complain(&r->uplinks_at[uplink], e,
			    "the uplinks make a loop, in which frames go round for ever: say "
			    "stp = yes in %s",
			    list);
}

/* No frame is lost on the way from bridge to bridge for its length alone. */
static unsigned int longest_mtu(const struct topology *topo)
{
	unsigned int longest = 0;

	for (size_t i = 0; i < topo->n_ifaces; i++)
		if (topo->ifaces[i].bridge != NONE)
			longest = MAX(longest, topo->ifaces[i].mtu);
	return longest > MTU_DEFAULT ? longest : 0;
}

int topology_check_uplinks(struct topology_reading *r, struct error *e)
{
	const struct topology *topo = r->topo;
	unsigned int mtu = longest_mtu(topo);
	TREE_AUTO t;
	int err = 0;

	tree_begin(&t, topo);
	for (size_t i = 0; i < topo->n_bridges; i++)
		if (!t.height[i])
			grow(&t, topo, i);
	for (size_t i = 0; i < topo->n_uplinks && !ini_gave_up(e); i++) {
		topo->uplinks[i].mtu = mtu;
		if (check_loop(r, &t, i, e))
			err = -EINVAL;
	}
	return err;
}
