// SPDX-License-Identifier: GPL-2.0-or-later
/* Which chains come off for a scenario's control run, what is put on for it, and what goes back: in
 * the place of chain.c's functions words are written down.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/scenario_chains.h"
#include "tests/unit/visit.h"

static const char text[] = "[lab]\nname = t\n"
			   "[node a]\n[node b]\n[node x]\n[node r]\nforward = yes\n"
			   "[node y]\nsysctl = net.ipv4.conf.all.proxy_arp = 1\n[node z]\n"
			   "[bridge s]\n[bridge u]\naddress = 10.2.0.1/24\n"
			   "[iface a:e0]\nbridge = s\naddress = 10.1.0.1/24\n"
			   "[iface a:lo]\naddress = 10.9.0.1/32\n"
			   "[iface b:e0]\nbridge = s\naddress = 10.1.0.2/24\n"
			   "[iface x:e0]\nbridge = s\naddress = 10.1.0.3/24\n"
			   "[iface r:e0]\nbridge = s\naddress = 10.1.0.4/24\n"
			   "[iface y:e0]\nbridge = s\naddress = 10.1.0.5/24\n"
			   "[iface z:e0]\nbridge = s\naddress = 10.1.0.6/24\n";
enum { A, B, X, R, Y, Z }; /* nodes */
enum { A_E0, A_LO, B_E0, X_E0, R_E0, Y_E0, Z_E0, IFACES };

static struct lab lab;
static char *plain[] = { (char *)"plain" }, *sends[] = { (char *)"sends" };

/* What stands before anything is done: NULL, plain or sends; and what is made of a chain. */
static char **stands[IFACES];
static enum engine_choice engine;
static int next_fd;

static char done[256];
static const char *fails; /* this word */

static int act(struct error *e, const char *what, int number)
{
	char *FREE_AUTO word = text_format("%s%s %d", *done ? ", " : "", what, number);

	assert_true(strlen(done) + strlen(word) < sizeof(done));
	strcat(done, word);
	return fails && !strcmp(fails, word + (*word == ',' ? 2 : 0))
		       ? error_state(e, -EIO, "%s fails", fails)
		       : 0;
}

/* That, and no more, since this was asked before. */
static void did(const char *words)
{
	assert_string_equal(done, words);
	*done = '\0';
}

int __wrap_chain_hold(struct lab *of, size_t iface, struct chain_ready *ready, struct error *e);
int __wrap_chain_hold(struct lab *of, size_t iface, struct chain_ready *ready, struct error *e)
{
	assert_ptr_equal(of, &lab);
	if (stands[iface])
		*ready = (struct chain_ready){ .iface = iface,
					       .record = { .prog_id = 100 + (uint32_t)iface,
							   .filters = stands[iface],
							   .n_filters = 1 },
					       .fd = 100 + (int)iface };
	return act(e, "hold", (int)iface);
}

int __wrap_chain_load(struct lab *of, const struct chain_config *chain,
		      const struct chain_record *kept, struct chain_ready *ready, struct error *e);
int __wrap_chain_load(struct lab *of, const struct chain_config *chain,
		      const struct chain_record *kept, struct chain_ready *ready, struct error *e)
{
	assert_ptr_equal(of, &lab);
	assert_int_equal(kept->prog_id, stands[chain->iface] ? 100 + chain->iface : 0);
	if (act(e, "load", (int)chain->iface))
		return e->err;
	*ready = (struct chain_ready){ .iface = chain->iface,
				       .record = { .engine = engine,
						   .prog_id = (uint32_t)next_fd,
						   .filters = chain->filters,
						   .n_filters = chain->n_filters },
				       .fd = next_fd };
	next_fd++;
	return 0;
}

int __wrap_chain_put(struct lab *of, const struct chain_ready *ready, struct error *e);
int __wrap_chain_put(struct lab *of, const struct chain_ready *ready, struct error *e)
{
	assert_ptr_equal(of, &lab);
	return act(e, "put", ready->fd);
}

int __wrap_chain_set(struct lab *of, const struct chain_config *chain, bool for_scenario,
		     struct error *e);
int __wrap_chain_set(struct lab *of, const struct chain_config *chain, bool for_scenario,
		     struct error *e)
{
	assert_ptr_equal(of, &lab);
	assert_int_equal(chain->n_filters, 0);
	assert_true(for_scenario);
	return act(e, "off", (int)chain->iface);
}

int __wrap_chain_restore(struct lab *of, size_t iface, struct error *e);
int __wrap_chain_restore(struct lab *of, size_t iface, struct error *e)
{
	assert_ptr_equal(of, &lab);
	return act(e, "restore", (int)iface);
}

void __wrap_chain_ready_clear(struct chain_ready *ready);
void __wrap_chain_ready_clear(struct chain_ready *ready)
{
	if (ready->fd >= 0)
		(void)act(NULL, "let go of", ready->fd);
	*ready = (struct chain_ready)CHAIN_READY_NONE;
}

void __wrap_chain_tidy(struct lab *of, size_t iface);
void __wrap_chain_tidy(struct lab *of, size_t iface)
{
	assert_ptr_equal(of, &lab);
	(void)act(NULL, "tidy", (int)iface);
}

bool __wrap_chain_may_send(const struct labfile *labfile, char *const *filters, size_t n);
bool __wrap_chain_may_send(const struct labfile *labfile, char *const *filters, size_t n)
{
	assert_ptr_equal(labfile, &lab.labfile);
	assert_int_equal(n, 1);
	return filters == sends;
}

static int parse(void **state)
{
	lab.plan.topo = &lab.labfile.topo;
	lab.plan.self = (char *)"z";
	(void)parse_text(state, &lab.labfile, text);
	assert_int_equal(lab.labfile.topo.n_ifaces, IFACES);
	return 0;
}

static struct scenario_chains *begin(void)
{
	memset(stands, 0, sizeof(stands));
	*done = '\0';
	fails = NULL;
	engine = ENGINE_INLINE;
	next_fd = 1;
	return scenario_chains_new(&lab);
}

static size_t owner_of(const char *address)
{
	const struct owner *owner;
	struct address a;

	if (!address)
		return NONE;
	assert_int_equal(text_address(address, &a), 0);
	owner = topology_owner(&lab.labfile.topo, &a, NULL);
	assert_non_null(owner);
	return (size_t)(owner - lab.labfile.topo.owners);
}

/* Which of all chains come off for a control run of one step. Those of nodes that forward, that
 * have settings of their own and that are not the lab's alone always do.
 */
static void what_comes_off(void **state)
{
	static size_t receivers[] = { X };
	static const struct {
		struct step step;
		const char *to; /* whose owner it has; NULL: nobody, or many */
		char **of_x;	/* x's chain */
		const char *did;
	} rows[] = {
		{ { .kind = STEP_UDP, .src = A },
		  "10.1.0.2",
		  plain,
		  "off 0, off 2, off 4, off 5, off 6" },
		{ { .kind = STEP_PING, .src = A },
		  "10.1.0.3",
		  plain,
		  "off 0, off 3, off 4, off 5, off 6" },
		{ { .kind = STEP_TCP, .src = X },
		  "10.1.0.2",
		  plain,
		  "off 2, off 3, off 4, off 5, off 6" },
		{ { .kind = STEP_TCP, .src = B }, "10.2.0.1", plain, "off 2, off 4, off 5, off 6" },
		{ { .kind = STEP_UDP, .src = A, .receivers = receivers, .n_receivers = 1 },
		  "10.1.0.2",
		  plain,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		/* a chain that sends something itself is no bystander */
		{ { .kind = STEP_UDP, .src = A },
		  "10.1.0.2",
		  sends,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		/* nobody knows who has a part in it */
		{ { .kind = STEP_UDP, .src = A, .group = true },
		  "10.1.0.2",
		  plain,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		{ { .kind = STEP_UDP, .src = A },
		  NULL,
		  plain,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		{ { .kind = STEP_FRAME, .src = A },
		  "10.1.0.2",
		  plain,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		{ { .kind = STEP_EXEC, .src = A },
		  "10.1.0.2",
		  plain,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		{ { .kind = STEP_SERVE, .src = A },
		  "10.1.0.2",
		  plain,
		  "off 0, off 2, off 3, off 4, off 5, off 6" },
		/* these send nothing */
		{ { .kind = STEP_SEE, .src = A }, "10.1.0.2", plain, "off 4, off 5, off 6" },
		{ { .kind = STEP_DO, .src = A }, NULL, plain, "off 4, off 5, off 6" },
		{ { .kind = STEP_GIVE, .src = A, .group = true },
		  NULL,
		  plain,
		  "off 4, off 5, off 6" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct step steps[] = { { .kind = STEP_SEE }, rows[i].step, { .kind = STEP_SEE } };
		const struct scenario scenario = { .steps = steps, .n_steps = 3 };
		struct scenario_chains *s = begin();
		struct error ERROR_AUTO e = ERROR_INIT;

		steps[1].owner = owner_of(rows[i].to);
		for (size_t k = 0; k < IFACES; k++)
			stands[k] = k == A_LO ? NULL : k == X_E0 ? rows[i].of_x : plain;
		assert_int_equal(scenario_chains_strip(s, &scenario, &e), 0);
		assert_memory_equal(done, "hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, ", 48);
		if (strcmp(done + 48, rows[i].did) != 0)
			fail_msg("row %zu: %s", i, done + 48);
		*done = '\0';
		/* they are off, and held */
		assert_int_equal(scenario_chains_strip(s, &scenario, &e), 0);
		did("");
		assert_int_equal(scenario_chains_program(s, R_E0), -1);
		assert_int_equal(scenario_chains_restore(s, &e), 0);
		scenario_chains_free(s);
	}
}

static void one_after_another(void **state)
{
	static struct chain_config of_a[] = { { .iface = A_E0, .filters = plain, .n_filters = 1 },
					      { .iface = X_E0 },
					      { .iface = Y_E0 } }; /* where none stands */
	static struct chain_config of_b[] = { { .iface = B_E0, .filters = plain, .n_filters = 1 } };
	const struct scenario first = { .chains = of_a, .n_chains = 3 };
	const struct scenario second = { .chains = of_b, .n_chains = 1 };
	struct scenario_chains *s = begin();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	stands[A_E0] = stands[X_E0] = stands[R_E0] = plain;
	assert_int_equal(scenario_chains_prepare(s, &first, &e), 0);
	did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, load 0");
	/* what will stand there; what does */
	assert_int_equal(scenario_chains_records(s)[A_E0].prog_id, 1);
	assert_int_equal(scenario_chains_records(s)[B_E0].n_filters, 0);
	assert_int_equal(scenario_chains_records(s)[X_E0].n_filters, 0);
	assert_int_equal(scenario_chains_records(s)[R_E0].prog_id, 100 + R_E0);
	assert_int_equal(scenario_chains_program(s, A_E0), 100 + A_E0);
	assert_int_equal(scenario_chains_program(s, B_E0), -1);
	assert_int_equal(scenario_chains_set(s, &e), 0);
	did("put 1, off 3");
	assert_int_equal(scenario_chains_program(s, A_E0), 1);
	assert_int_equal(scenario_chains_program(s, X_E0), -1);
	assert_int_equal(scenario_chains_program(s, R_E0), 100 + R_E0);
	/* the next one's, in one swap each, and the lab's own where it has none */
	assert_int_equal(scenario_chains_prepare(s, &second, &e), 0);
	did("let go of 1, load 2");
	assert_int_equal(scenario_chains_set(s, &e), 0);
	did("put 100, put 2, put 103");
	assert_int_equal(scenario_chains_program(s, X_E0), 100 + X_E0);
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("let go of 100, restore 2, let go of 2, let go of 103, let go of 104");
	/* what stands is held anew for others */
	stands[R_E0] = NULL;
	assert_int_equal(scenario_chains_strip(s, &first, &e), 0);
	did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6");
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("let go of 100, let go of 103");
	scenario_chains_free(s);
}

/* One that the control run of the next one finds is taken off though nothing stood there before. */
static void a_scenarios_own_comes_off(void **state)
{
	static struct chain_config of_b[] = { { .iface = B_E0, .filters = plain, .n_filters = 1 } };
	const struct scenario scenario = { .chains = of_b, .n_chains = 1 };
	struct scenario_chains *s = begin();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	assert_int_equal(scenario_chains_prepare(s, &scenario, &e), 0);
	assert_int_equal(scenario_chains_set(s, &e), 0);
	did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, load 2, put 1");
	assert_int_equal(scenario_chains_strip(s, &scenario, &e), 0);
	did("off 2");
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("restore 2, let go of 1");
	scenario_chains_free(s);
}

static void a_change(void **state)
{
	struct chain_config next = { .iface = B_E0, .filters = sends, .n_filters = 1 };
	const struct chain_config none = { .iface = B_E0 };
	static struct chain_config of_b[] = { { .iface = B_E0, .filters = plain, .n_filters = 1 } };
	const struct scenario scenario = { .chains = of_b, .n_chains = 1 };
	struct scenario_chains *s = begin();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	stands[A_E0] = plain;
	assert_int_equal(scenario_chains_prepare(s, &scenario, &e), 0);
	assert_int_equal(scenario_chains_set(s, &e), 0);
	did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, load 2, put 1");
	assert_int_equal(scenario_chains_change(s, &next, &e), 0);
	did("load 2, put 2, let go of 1");
	assert_int_equal(scenario_chains_records(s)[B_E0].prog_id, 2);
	assert_int_equal(scenario_chains_program(s, B_E0), 2);
	/* what was there stays, if it is not loaded or not put on */
	fails = "load 2";
	assert_int_equal(scenario_chains_change(s, &next, &e), -EIO);
	assert_string_equal(e.text, "load 2 fails");
	did("load 2");
	fails = "put 3";
	assert_int_equal(scenario_chains_change(s, &next, &e), -EIO);
	assert_string_equal(e.text, "put 3 fails");
	did("load 2, put 3, let go of 3");
	assert_int_equal(scenario_chains_records(s)[B_E0].prog_id, 2);
	assert_int_equal(scenario_chains_program(s, B_E0), 2);
	fails = "off 2";
	assert_int_equal(scenario_chains_change(s, &none, &e), -EIO);
	did("off 2");
	assert_int_equal(scenario_chains_records(s)[B_E0].prog_id, 2);
	fails = NULL;
	assert_int_equal(scenario_chains_change(s, &none, &e), 0);
	did("off 2, let go of 2");
	assert_int_equal(scenario_chains_records(s)[B_E0].n_filters, 0);
	assert_int_equal(scenario_chains_program(s, B_E0), -1);
	/* in the place of the lab's own, which goes back */
	next.iface = A_E0;
	assert_int_equal(scenario_chains_change(s, &next, &e), 0);
	did("load 0, put 4");
	assert_int_equal(scenario_chains_program(s, A_E0), 4);
	error_clear(&e);
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("put 100, let go of 100, let go of 4, restore 2");
	scenario_chains_free(s);
}

/* libxdp leaves pins of whatever was loaded, put on or not; and of that alone. */
static void what_is_tidied_up(void **state)
{
	static struct chain_config of_b[] = { { .iface = B_E0, .filters = plain, .n_filters = 1 },
					      { .iface = X_E0, .filters = plain, .n_filters = 1 } };
	const struct scenario scenario = { .chains = of_b, .n_chains = 2 };

	(void)state;
	for (int libxdp = 0; libxdp < 2; libxdp++) {
		struct scenario_chains *s = begin();
		struct error ERROR_AUTO e = ERROR_INIT;

		engine = libxdp ? ENGINE_LIBXDP : ENGINE_INLINE;
		fails = "load 3";
		assert_int_equal(scenario_chains_prepare(s, &scenario, &e), -EIO);
		did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, load 2, load 3");
		error_clear(&e);
		assert_int_equal(scenario_chains_restore(s, &e), 0);
		did(libxdp ? "tidy 2, let go of 1" : "let go of 1");
		assert_int_equal(scenario_chains_restore(s, &e), 0);
		did("");
		scenario_chains_free(s);
	}
}

/* Past each that fails; what failed is told, all of it. */
static void what_fails(void **state)
{
	static struct chain_config all[] = { { .iface = A_E0, .filters = plain, .n_filters = 1 },
					     { .iface = B_E0, .filters = plain, .n_filters = 1 },
					     { .iface = X_E0, .filters = plain, .n_filters = 1 } };
	static struct step step = { .kind = STEP_EXEC };
	const struct scenario scenario = {
		.chains = all, .n_chains = 3, .steps = &step, .n_steps = 1
	};
	struct scenario_chains *s = begin();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	stands[B_E0] = plain;
	fails = "hold 2";
	assert_int_equal(scenario_chains_prepare(s, &scenario, &e), -EIO);
	did("hold 0, hold 2");
	error_clear(&e);
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("let go of 102");
	fails = "hold 0";
	assert_int_equal(scenario_chains_strip(s, &scenario, &e), -EIO);
	did("hold 0");
	error_clear(&e);
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("");
	fails = "off 2";
	stands[R_E0] = plain;
	assert_int_equal(scenario_chains_strip(s, &scenario, &e), -EIO);
	did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, off 2");
	error_clear(&e);
	assert_int_equal(scenario_chains_restore(s, &e), 0);
	did("put 102, let go of 102, let go of 104");
	fails = "put 2";
	assert_int_equal(scenario_chains_prepare(s, &scenario, &e), 0);
	did("hold 0, hold 2, hold 3, hold 4, hold 5, hold 6, load 0, load 2, load 3");
	assert_int_equal(scenario_chains_set(s, &e), -EIO);
	did("put 1, put 2");
	error_clear(&e);
	fails = "restore 0";
	assert_int_equal(scenario_chains_restore(s, &e), -EIO);
	did("restore 0, let go of 1, put 102, let go of 102, let go of 2, let go of 3, let go of "
	    "104");
	assert_string_equal(e.text, "restore 0 fails");
	scenario_chains_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_off),
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(a_scenarios_own_comes_off),
		cmocka_unit_test(a_change),
		cmocka_unit_test(what_is_tidied_up),
		cmocka_unit_test(what_fails),
	};

	return cmocka_run_group_tests_name("scenario_chains", tests, parse, clear_text);
}
