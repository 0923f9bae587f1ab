// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a frame is waited for, which of those that come there are the step's, and until when. No
 * frame is sent: what comes to which packet socket is given here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/probe_frame.h"
#include "orchestrator/scenario/step_run.h"
#include "orchestrator/scenario/tap.h"
#include "tests/unit/visit.h"

#define MS 1000000ULL

/*
 *   a (e0) ---- s ---- (e0) b          a (p) ---- (p) d
 *               s ---- (e0) c          b (x) ---- u          c (v): a VLAN over e0
 */
static const char text[] =
	"[lab]\nname = t\n[node a]\n[node b]\n[node c]\n[node d]\n[bridge s]\n[bridge u]\n"
	"[iface b:x]\nbridge = u\nport = px\nmac = 02:00:00:00:00:bb\n"
	"[iface a:e0]\nbridge = s\nport = pa\nmac = 02:00:00:00:00:0a\n"
	"[iface b:e0]\nbridge = s\nport = pb\nmac = 02:00:00:00:00:0b\n"
	"[iface c:e0]\nbridge = s\nport = pc\nmac = 02:00:00:00:00:0c\nmtu = 1400\n"
	"[iface c:v]\nvlan = 5\nlink = e0\n"
	"[iface c:lo]\naddress = 10.9.0.1/32\n"
	"[iface a:p]\npeer = d:p\nmac = 02:00:00:00:00:1a\n[iface d:p]\npeer = a:p\nmac = "
	"02:00:00:00:00:0d\n"
	"[filter back]\nprogram = tx\n[filter away]\nprogram = redirect\nto = c:e0\n"
	"[filter off]\nprogram = drop\n"
	"[packet b]\neth = dst=02:00:00:00:00:0b type=0x88b5\n"
	"[packet x]\neth = dst=02:00:00:00:00:bb type=0x88b5\n"
	"[packet a]\neth = dst=02:00:00:00:00:0a type=0x88b5\n"
	"[packet p]\neth = dst=02:00:00:00:00:1a type=0x88b5\n"
	"[packet zero]\neth = dst=00:00:00:00:00:00 type=0x88b5\n"
	"[packet few]\neth = dst=01:00:5e:00:00:09 type=0x88b5\n"
	"[packet odd]\neth = dst=02:01:00:00:00:09 type=0x88b5\n"
	"[packet every]\neth = dst=ff:ff:ff:ff:ff:ff type=0x88b5\n"
	"[packet none]\neth = dst=02:00:00:00:00:99 type=0x88b5\n"
	"[packet long]\neth = dst=02:00:00:00:00:0b type=0x88b5\ndata = zero:300\n"
	"[packet snap]\neth = dst=02:00:00:00:00:0b type=0x88b5\ndata = zero:114\n"
	"[packet other]\neth = dst=02:00:00:00:00:0b type=0x88b6\n";
enum { B_X, A_E0, B_E0, C_E0, C_V, C_LO, A_P, D_P, IFACES };
enum { A, B, C, D };

static struct lab lab;
static struct chain_record chains[IFACES];
static char *back[] = { (char *)"back" }, *away[] = { (char *)"away" };

static char *done;	  /* what was opened, in its order */
static const char *fails; /* this word */

static int open_at(const char *iface, const char *mark, struct error *e)
{
	char *FREE_AUTO word = text_format("%s:%s%s", visit.at, iface, mark);

	text_add(&done, " ", "%s", word);
	return fails && !strcmp(fails, word) ? error_state(e, -ENODEV, "no %s", iface) : 0;
}

static int n_open;

int __wrap_tap_open(const char *iface, struct error *e);
int __wrap_tap_open(const char *iface, struct error *e)
{
	int err = open_at(iface, "", e);

	return err ? err : 1000 + n_open++;
}

int __wrap_tap_open_out(const char *iface, struct error *e);
int __wrap_tap_open_out(const char *iface, struct error *e)
{
	int err = open_at(iface, ">", e);

	return err ? err : 2000;
}

static unsigned int sent;
static int send_errno; /* of the second frame */

ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	(void)bytes;
	assert_int_equal(flags, 0);
	assert_int_equal(fd, 2000);
	if (++sent == 2 && send_errno) {
		errno = send_errno;
		return -1;
	}
	return (ssize_t)size;
}

/* What comes, to the @at th packet socket. */
struct coming {
	int at;
	const char *packet; /* of the lab file; NULL: an error */
	uint8_t last;	    /* not 0: its last byte is this one */
	bool late;	    /* only once it is over */
};
static const struct coming *coming;
static size_t n_coming;
static bool taken[8], is_late;
static size_t others; /* so many come before, of which none is the step's */

int __wrap_tap_read(int fd, uint8_t **bytes, size_t *size, struct error *e);
int __wrap_tap_read(int fd, uint8_t **bytes, size_t *size, struct error *e)
{
	if (others) {
		others--;
		*bytes = xcalloc(1, *size = 14);
		return 1;
	}
	for (size_t i = 0; i < n_coming; i++) {
		const struct packet_config *p;

		if (taken[i] || coming[i].at != fd - 1000 || (coming[i].late && !is_late))
			continue;
		taken[i] = true;
		if (!coming[i].packet)
			return error_state(e, -EIO, "it cannot be read");
		p = &lab.labfile.packets[labfile_packet(&lab.labfile, coming[i].packet)];
		*bytes = xmemdup(p->bytes, p->size);
		*size = p->size;
		if (coming[i].last)
			(*bytes)[p->size - 1] = coming[i].last;
		return 1;
	}
	return 0;
}

static bool settled;

bool __wrap_step_run_settled(struct step_run *c);
bool __wrap_step_run_settled(struct step_run *c)
{
	(void)c;
	return settled;
}

static int waited, said, wait_err;

int __wrap_step_run_wait(struct step_run *c, int (*when)(struct step_run *c), uint64_t ask_ns);
int __wrap_step_run_wait(struct step_run *c, int (*when)(struct step_run *c), uint64_t ask_ns)
{
	assert_int_equal(ask_ns, 0);
	assert_int_equal(c->deadline_ns, c->ev->since_ns + 500 * MS);
	waited++;
	said = when(c);
	if (wait_err)
		return error_state(c->e, wait_err, "it is over");
	return said < 0 ? said : said ? 0 : -ETIMEDOUT;
}

static int consumed, consume_err;

int __wrap_step_run_consume(const struct step_run *c);
int __wrap_step_run_consume(const struct step_run *c)
{
	consumed++;
	is_late = true;
	return consume_err ? error_state(c->e, consume_err, "nothing more") : 0;
}

static int parse(void **state)
{
	(void)parse_text(state, &lab.labfile, text);
	assert_int_equal(lab.labfile.topo.n_ifaces, IFACES);
	return 0;
}

static size_t packet(const char *name)
{
	size_t found = name ? labfile_packet(&lab.labfile, name) : NONE;

	assert_true(!name || found != NONE);
	return found;
}

struct course {
	struct step step;
	struct evidence ev;
	struct step_run c;
	struct error e;
};

/* A step that sends @name from @from, by no filter and to nobody by name. */
static void prepare(struct course *t, size_t from, const char *name, bool with_chains)
{
	static const struct probe probe = { .lab = &lab, .timeout_ms = 500 };

	memset(chains, 0, sizeof(chains));
	memset(taken, 0, sizeof(taken));
	n_open = waited = said = wait_err = consumed = consume_err = send_errno = 0;
	sent = 0;
	settled = is_late = false;
	coming = NULL;
	n_coming = others = 0;
	fails = visit.gone = NULL;
	*t = (struct course){ .step = { .kind = STEP_FRAME,
					.src = lab.labfile.topo.ifaces[from].node,
					.from = from,
					.at = NONE,
					.by = NONE,
					.as = NONE,
					.count = 1,
					.packet = packet(name) } };
	t->ev.topo = &lab.labfile.topo;
	t->ev.chains = with_chains ? chains : NULL;
	t->c = (struct step_run){ .probe = &probe, .step = &t->step, .ev = &t->ev, .e = &t->e };
}

static void finish(struct course *t)
{
	for (size_t i = 0; i < t->c.n_taps; i++)
		t->c.taps[i].fd = -1;
	for (size_t i = 0; i < t->c.n_caught; i++)
		free(t->c.caught[i].bytes);
	free(t->c.caught);
	free(t->c.taps);
	evidence_clear(&t->ev);
	error_clear(&t->e);
	free(steal_pointer(&done));
}

static void is(size_t row, const char *got, const char *expected)
{
	if (!got != !expected || (got && strcmp(got, expected) != 0))
		fail_msg("row %zu: %s", row, got ? got : "none");
}

#define AT(iface) ((iface) + 1)

/* At the interface that the file names, else at the one that has its address; what goes to all, on
 * a bridge, where the step's filter stands alone; else at the other end.
 */
static void where_it_is_to_arrive(void **state)
{
	static size_t receivers[] = { C, B };
	static const struct {
		size_t from;
		const char *packet, *by;
		size_t filters_at[2]; /* AT() of by's, with chains; or 0 */
		size_t at, n_receivers;
		const char *done, *looked_at;
		size_t dst_node, n_arrivals;
	} rows[] = {
		{ A_E0, "b", NULL, { 0 }, NONE, 0, "b:e0 a:e0>", "b:e0", B, 1 },
		{ A_E0, "b", NULL, { 0 }, C_E0, 0, "c:e0 a:e0>", "c:e0", C, 1 },
		{ A_E0, "x", NULL, { 0 }, NONE, 0, "b:x a:e0>", "b:x", B, 1 },
		/* its own address, or nobody's, at the other end of its link */
		{ A_E0, "a", NULL, { 0 }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_E0, "none", NULL, { 0 }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_E0, "zero", NULL, { 0 }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_P, "none", NULL, { 0 }, NONE, 0, "d:p a:p>", "d:p", D, 1 },
		{ C_V, "none", NULL, { 0 }, NONE, 0, "s:pc c:v>", "s:pc", NONE, 0 },
		{ A_E0, "every", "back", { 0 }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_E0, "every", "back", { AT(B_E0) }, NONE, 0, "b:e0 a:e0>", "b:e0", B, 1 },
		{ C_V, "every", "back", { AT(B_E0) }, NONE, 0, "b:e0 c:v>", "b:e0", B, 1 },
		{ A_E0, "every", "back", { AT(B_E0) }, C_E0, 0, "c:e0 a:e0>", "c:e0", C, 1 },
		{ A_E0,
		  "every",
		  "back",
		  { AT(B_E0), AT(C_E0) },
		  NONE,
		  0,
		  "s:pa a:e0>",
		  "s:pa",
		  NONE,
		  0 },
		{ A_E0, "every", NULL, { AT(B_E0) }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_E0, "every", "off", { AT(B_E0) }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_E0, "none", "back", { AT(B_E0) }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_P, "every", "back", { AT(B_E0) }, NONE, 0, "d:p a:p>", "d:p", D, 1 },
		{ A_E0, "few", "back", { AT(B_E0) }, NONE, 0, "b:e0 a:e0>", "b:e0", B, 1 },
		{ A_E0, "odd", "back", { AT(B_E0) }, NONE, 0, "s:pa a:e0>", "s:pa", NONE, 0 },
		{ A_E0, "every", "back", { AT(B_X) }, NONE, 0, "b:x a:e0>", "b:x", B, 1 },
		/* who is named, at all interfaces that carry frames themselves */
		{ A_E0,
		  "b",
		  NULL,
		  { 0 },
		  NONE,
		  2,
		  "c:e0 b:x b:e0 a:e0>",
		  "c:e0 or b:x or b:e0",
		  NONE,
		  2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, rows[i].from, rows[i].packet, rows[i].by);
		if (rows[i].by)
			t.step.by = labfile_filter(&lab.labfile, rows[i].by);
		for (size_t k = 0; k < 2; k++)
			if (rows[i].filters_at[k])
				chains[rows[i].filters_at[k] - 1] =
					(struct chain_record){ .filters = back, .n_filters = 1 };
		t.step.at = rows[i].at;
		t.step.receivers = receivers;
		t.step.n_receivers = rows[i].n_receivers;
		settled = true;
		assert_int_equal(probe_frame_run(&t.c), 0);
		is(i, done, rows[i].done);
		is(i, t.ev.looked_at, rows[i].looked_at);
		if (t.ev.mark.dst_node != rows[i].dst_node || t.ev.n_arrivals != rows[i].n_arrivals)
			fail_msg("row %zu: %zu", i, t.ev.n_arrivals);
		for (size_t k = 0; k < rows[i].n_arrivals; k++)
			assert_int_equal(t.ev.arrivals[k].node,
					 rows[i].n_receivers ? receivers[k] : rows[i].dst_node);
		assert_int_equal(t.ev.mark.kind, STEP_FRAME);
		assert_int_equal(t.ev.mark.src_node, lab.labfile.topo.ifaces[rows[i].from].node);
		assert_true(t.ev.server_bound);
		assert_int_equal(waited, 1);
		assert_int_equal(said, 1);
		finish(&t);
	}
}

/* Where what a chain sends is seen whole: back at the sender, or behind what it redirects to, or,
 * of an object, whole only behind every node that has a chain.
 */
static void where_it_comes_back(void **state)
{
	static const struct {
		enum step_expect expect;
		const char *by, *as;
		bool no_chains, at_c; /* whose VLAN and lo are no links of their own */
		const char *done; /* but for where it is to arrive, and from where it goes out */
	} rows[] = {
		{ EXPECT_TX, "back", "other", false, false, " a:e0" },
		{ EXPECT_TX, "away", "other", false, false, " a:e0" },
		{ EXPECT_TX, "back", NULL, false, false, "" },
		{ EXPECT_TX, "back", "other", true, false, "" },
		{ EXPECT_REDIRECT, "away", "other", false, false, " s:pc" },
		{ EXPECT_REDIRECT, "away", "long", false, false, " s:pc" },
		{ EXPECT_REDIRECT, "back", "other", false, false, "" },
		{ EXPECT_REDIRECT, "back", "snap", false, false, "" },
		{ EXPECT_REDIRECT, "back", "long", false, false, " u:px s:pa s:pb d:p" },
		{ EXPECT_REDIRECT, NULL, "long", false, false, " u:px s:pa s:pb d:p" },
		{ EXPECT_REDIRECT, NULL, "long", false, true, " s:pc" },
		{ EXPECT_DROP, "away", "long", false, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO all = text_format("b:e0%s a:e0>", rows[i].done);
		size_t n = 1;
		struct course t;

		for (const char *tap = rows[i].done; *tap; tap++)
			n += *tap == ' ';
		prepare(&t, A_E0, "b", !rows[i].no_chains);
		t.step.expect = rows[i].expect;
		t.step.as = packet(rows[i].as);
		t.step.by = rows[i].by ? labfile_filter(&lab.labfile, rows[i].by) : NONE;
		chains[rows[i].at_c ? C_E0 : B_X] =
			(struct chain_record){ .filters = away, .n_filters = 1 };
		chains[rows[i].at_c ? C_E0 : A_P] =
			(struct chain_record){ .filters = away, .n_filters = 1 };
		settled = true;
		assert_int_equal(probe_frame_run(&t.c), 0);
		is(i, done, all);
		is(i, t.ev.looked_at, "b:e0");
		assert_int_equal(t.c.n_taps, n);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(t.c.taps[k].back, k > 0);
		finish(&t);
	}
}

static struct left_bytes left_as(const char *name, size_t size)
{
	const struct packet_config *p = &lab.labfile.packets[packet(name)];
	struct left_bytes left = { .iface = B_E0, .size = size, .length = p->size };

	memcpy(left.bytes, p->bytes, size);
	return left;
}

/* Those that are the step's, of what comes to where they are to arrive: it is sent twice. */
static void what_came(void **state)
{
	static const struct {
		size_t from;
		const char *packet;
		size_t at; /* NONE: who has its address */
		enum step_expect expect;
		const char *as, *left;
		bool no_chains;
		struct coming coming[3];
		int said;
		unsigned int arrived;
		const char *came; /* NULL: nothing */
	} rows[] = {
		{ A_E0, "b", NONE, EXPECT_PASS, .coming = { { 0, "b", 0, false } }, .arrived = 1,
		  .came = "b" },
		{ A_E0, "b", NONE, EXPECT_PASS,
		  .coming = { { 0, "b", 0, false }, { 0, "b", 0, false } }, .said = 1, .arrived = 2,
		  .came = "b" },
		{ A_E0, "b", NONE, EXPECT_PASS,
		  .coming = { { 0, "other", 0, false }, { 0, "b", 0, true } }, .arrived = 1,
		  .came = "b" },
		{ A_E0, "b", NONE, EXPECT_PASS,
		  .coming = { { 0, "b", 0, false }, { 0, "b", 0, false }, { 0, "b", 0, true } },
		  .said = 1, .arrived = 3, .came = "b" },
		/* as another, which a chain made of it */
		{ A_E0, "b", NONE, EXPECT_PASS, .as = "other",
		  .coming = { { 0, "other", 0, false } }, .arrived = 1, .came = "other" },
		{ A_E0, "b", NONE, EXPECT_PASS, .as = "other", .no_chains = true,
		  .coming = { { 0, "other", 0, false } } },
		/* best one that is not as it should be */
		{ A_E0, "b", NONE, EXPECT_PASS, .as = "other",
		  .coming = { { 0, "other", 0, false }, { 0, "b", 0, false } }, .said = 1,
		  .arrived = 2, .came = "b" },
		{ A_E0, "b", NONE, EXPECT_PASS, .as = "other",
		  .coming = { { 0, "b", 0, false }, { 0, "other", 0, false } }, .said = 1,
		  .arrived = 2, .came = "b" },
		/* a bridge's copy, of what is for another on the same link */
		{ A_E0, "b", C_E0, EXPECT_PASS, .coming = { { 0, "b", 0, false } } },
		{ A_E0, "b", B_X, EXPECT_PASS, .coming = { { 0, "b", 0, false } }, .arrived = 1,
		  .came = "b" },
		{ A_E0, "b", D_P, EXPECT_PASS, .coming = { { 0, "b", 0, false } }, .arrived = 1,
		  .came = "b" },
		{ A_E0, "none", NONE, EXPECT_PASS, .coming = { { 0, "none", 0, false } },
		  .arrived = 1, .came = "none" },
		{ A_P, "p", D_P, EXPECT_PASS, .coming = { { 0, "p", 0, false } }, .arrived = 1,
		  .came = "p" },
		/* what comes back is known by what the chain says, and does not arrive */
		{ A_E0, "b", NONE, EXPECT_TX, .as = "other", .left = "other",
		  .coming = { { 1, "other", 0, false } }, .came = "other" },
		{ A_E0, "b", NONE, EXPECT_TX, .as = "other",
		  .coming = { { 1, "other", 0, false } } },
		{ A_E0, "b", NONE, EXPECT_TX, .as = "other", .left = "other",
		  .coming = { { 1, "b", 0, false } } },
		{ A_E0, "b", NONE, EXPECT_TX, .as = "long", .left = "long",
		  .coming = { { 1, "other", 0, false } } },
		{ A_E0, "b", NONE, EXPECT_TX, .as = "long", .left = "long",
		  .coming = { { 1, "long", 9, false } }, .came = "long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct left_bytes left;
		const struct packet_config *p;
		struct course t;

		prepare(&t, rows[i].from, rows[i].packet, !rows[i].no_chains);
		t.step.count = 2;
		t.step.at = rows[i].at;
		t.step.expect = rows[i].expect;
		t.step.as = packet(rows[i].as);
		coming = rows[i].coming;
		n_coming = 0;
		while (n_coming < 3 && coming[n_coming].packet)
			n_coming++;
		if (rows[i].left) {
			left = left_as(rows[i].left, 14);
			t.ev.left[XDP_TX] = xmemdup(&left, sizeof(left));
		}
		assert_int_equal(probe_frame_run(&t.c), 0);
		assert_int_equal(sent, 2);
		assert_int_equal(consumed, 1);
		if (said != rows[i].said || t.ev.arrived != rows[i].arrived)
			fail_msg("row %zu: %d, %u", i, said, t.ev.arrived);
		if (!t.ev.came_out != !rows[i].came)
			fail_msg("row %zu: %s", i, t.ev.came_out ? "it came" : "it did not come");
		if (rows[i].came) {
			p = &lab.labfile.packets[packet(rows[i].came)];
			assert_int_equal(t.ev.came_size, p->size);
			if (coming[0].last)
				t.ev.came_out[p->size - 1] ^=
					coming[0].last ^ p->bytes[p->size - 1];
			assert_memory_equal(t.ev.came_out, p->bytes, p->size);
		}
		finish(&t);
	}
}

/* Of those that may still turn out to be the step's so many are kept. */
static void many_others(void **state)
{
	static const struct coming own[] = { { 0, "b", 0, false } };

	(void)state;
	for (size_t n = 1023; n <= 1024; n++) {
		struct course t;

		prepare(&t, A_E0, "b", true);
		coming = own;
		n_coming = 1;
		others = n;
		assert_int_equal(probe_frame_run(&t.c), 0);
		assert_int_equal(others, 0);
		assert_int_equal(t.ev.arrived, n < 1024);
		assert_int_equal(t.c.n_caught, n);
		finish(&t);
	}
}

/* What settles the step settles nothing while bytes of what was returned can still come. */
static void when_it_is_over(void **state)
{
	static const struct {
		const char *as, *left;
		size_t size; /* of what the chain says that it sent */
		bool comes, settled;
		int said;
	} rows[] = {
		{ "long", NULL, 0, false, false, 0 },
		{ "long", NULL, 0, false, true, 1 },
		{ "long", "long", XLAB_SNAP, false, true, 0 },
		{ "long", "long", XLAB_SNAP, true, true, 1 },
		{ "long", "long", XLAB_SNAP, true, false, 0 },
		{ "b", "b", 14, false, true, 1 },
		/* nobody looks at it where no packet is named as which it comes */
		{ NULL, "long", XLAB_SNAP, false, true, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct coming back_again[] = { { 1, "long", 0, false } };
		struct left_bytes left;
		struct course t;

		prepare(&t, A_E0, "b", true);
		t.step.expect = EXPECT_TX;
		t.step.as = packet(rows[i].as);
		settled = rows[i].settled;
		coming = back_again;
		n_coming = rows[i].comes;
		if (rows[i].left) {
			left = left_as(rows[i].left, rows[i].size);
			t.ev.left[XDP_TX] = xmemdup(&left, sizeof(left));
		}
		assert_int_equal(probe_frame_run(&t.c), 0);
		if (said != rows[i].said)
			fail_msg("row %zu: %d", i, said);
		finish(&t);
	}
}

static void what_fails(void **state)
{
	static const struct coming broken[] = { { 0, NULL, 0, false } };
	static const struct coming broken_at_last[] = { { 0, NULL, 0, true } };
	static const struct {
		const char *fails;
		const struct coming *coming;
		int wait_err, consume_err, send_errno, err;
		const char *text, *trouble;
		int waited, consumed;
	} rows[] = {
		{ "b", NULL, 0, 0, 0, -ENOENT, "b is gone", NULL, 0, 0 },
		{ "b:e0", NULL, 0, 0, 0, -ENODEV, "b: no e0", NULL, 0, 0 },
		{ "a:e0", NULL, 0, 0, 0, -ENODEV, "a: no e0", NULL, 0, 0 },
		{ "u:px", NULL, 0, 0, 0, -ENODEV, "u: no px", NULL, 0, 0 },
		{ "c", NULL, 0, 0, 0, -ENOENT, "c is gone", NULL, 0, 0 },
		{ "c:e0>", NULL, 0, 0, 0, -ENODEV, "c: no e0", NULL, 0, 0 },
		{ NULL, broken, 0, 0, 0, -EIO, "it cannot be read", NULL, 1, 0 },
		{ NULL, broken_at_last, 0, 0, 0, -EIO, "it cannot be read", NULL, 1, 1 },
		{ NULL, NULL, -EINTR, 0, 0, -EINTR, "it is over", NULL, 1, 0 },
		{ NULL, NULL, 0, -ENOBUFS, 0, -ENOBUFS, "nothing more", NULL, 1, 1 },
		{ NULL, NULL, 0, 0, EMSGSIZE, 0, NULL,
		  "c:e0 cannot send its 14 bytes: its MTU is 1400", 0, 0 },
		{ NULL, NULL, 0, 0, ENETDOWN, 0, NULL, "c:e0 cannot send it: Network is down", 0,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct course t;

		prepare(&t, C_E0, "b", true);
		t.step.count = 3;
		if (rows[i].fails && !strcmp(rows[i].fails, "a:e0")) {
			t.step.expect = EXPECT_TX;
			t.step.from = A_E0;
			t.step.as = packet("other");
		}
		if (rows[i].fails && !strcmp(rows[i].fails, "u:px")) {
			t.step.expect = EXPECT_REDIRECT;
			t.step.as = packet("long");
			chains[B_X].n_filters = 1;
		}
		fails = visit.gone = rows[i].fails;
		coming = rows[i].coming;
		n_coming = coming ? 1 : 0;
		wait_err = rows[i].wait_err;
		consume_err = rows[i].consume_err;
		send_errno = rows[i].send_errno;
		assert_int_equal(probe_frame_run(&t.c), rows[i].err);
		is(i, t.e.text, rows[i].text);
		is(i, t.ev.trouble, rows[i].trouble);
		if (waited != rows[i].waited || consumed != rows[i].consumed)
			fail_msg("row %zu: %d, %d", i, waited, consumed);
		assert_int_equal(sent, rows[i].send_errno ? 2 : rows[i].waited ? 3 : 0);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* which is nobody's to close */
		finish(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_it_is_to_arrive),
		cmocka_unit_test(where_it_comes_back),
		cmocka_unit_test(what_came),
		cmocka_unit_test(when_it_is_over),
		cmocka_unit_test(many_others),
		cmocka_unit_test(what_fails),
	};

	return cmocka_run_group_tests_name("probe_frame", tests, parse, clear_text);
}
