// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/engine/rig.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "lab/text.h"
#include "orchestrator/chain/attach.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/lab_up.h"
#include "orchestrator/model/labfile_read.h"

int rig_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

const char *rig_engine(void)
{
	const char *engine = getenv("XLAB_TEST_ENGINE");

	return engine && *engine ? engine : "inline";
}

bool rig_is_libxdp(void)
{
	return !strcmp(rig_engine(), "libxdp");
}

unsigned int rig_kernel(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	return major * 100 + minor;
}

static void die(const char *what, const struct error *e)
{
	fail_msg("%s: %s", what, e->text ? e->text : "no words");
}

/* OBJECTS/ -> the folder, which may be relative to where the test runs. */
static char *fill_in(const char *filters)
{
	FREE_AUTO char *here = getcwd(NULL, 0);
	FREE_AUTO char *folder =
		text_format("%s/%s/tests/engine/", *BUILD_DIR == '/' ? "" : here, BUILD_DIR);
	char *text = strdup(""), *longer;
	const char *at;

	while ((at = strstr(filters, "OBJECTS/"))) {
		longer = text_format("%s%.*s%s", text, (int)(at - filters), filters, folder);
		free(text);
		text = longer;
		filters = at + strlen("OBJECTS/");
	}
	longer = text_format("%s%s", text, filters);
	free(text);
	return longer;
}

static char *lab_text(const char *filters, const char *ends)
{
	FREE_AUTO char *sections = fill_in(filters);

	return text_format("[lab]\nname = rig\nengine = %s\n[node left]\n[node right]\n"
			   "[iface left:l0]\npeer = right:r0\naddress = 10.9.0.1/24\n"
			   "mac = 02:00:00:00:00:01\n%s\n"
			   "[iface right:r0]\npeer = left:l0\naddress = 10.9.0.2/24\n"
			   "mac = 02:00:00:00:00:02\n%s\n%s",
			   rig_engine(), ends, ends, sections);
}

static void write_file(const char *path, const char *filters, const char *ends)
{
	FREE_AUTO char *text = lab_text(filters, ends);
	FILE_AUTO FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

void rig_up_with(struct lab *lab, const char *filters, const char *ends)
{
	const struct lab_options options = { .nameless = true, .command = "test" };
	ERROR_AUTO struct error e = ERROR_INIT;
	char path[] = "/tmp/xlab-rig-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	(void)close(fd);
	write_file(path, filters, ends);
	err = lab_up(lab, path, &options, &e);
	(void)unlink(path);
	if (err)
		die("the lab does not come up", &e);
}

void rig_up(struct lab *lab, const char *filters)
{
	rig_up_with(lab, filters, "");
}

void rig_reread(struct lab *lab, const char *filters)
{
	FREE_AUTO char *text = lab_text(filters, "");
	const struct plan_options nameless = { .nameless = true };
	ERROR_AUTO struct error e = ERROR_INIT;

	plan_clear(&lab->plan);
	labfile_clear(&lab->labfile);
	if (labfile_parse(&lab->labfile, "/tmp/xlab-rig", "/tmp", text, strlen(text), &e) ||
	    plan_make(&lab->plan, &lab->labfile.topo, &nameless, &e))
		die("the lab cannot be read again", &e);
}

void rig_down(struct lab *lab)
{
	ERROR_AUTO struct error e = ERROR_INIT;

	if (lab_down(lab, false, &e))
		die("the lab does not go down", &e);
	lab_close(lab);
}

int rig_setup(void **state, const char *filters)
{
	static struct lab lab;

	rig_up(&lab, filters);
	*state = &lab;
	return 0;
}

int rig_teardown(void **state)
{
	rig_down(*state);
	return 0;
}

size_t rig_end(const struct lab *lab)
{
	return topology_iface(&lab->labfile.topo, "right:r0");
}

int rig_chain(struct lab *lab, const char *filters, struct error *e)
{
	char *names[128];
	struct chain_config chain = { .iface = rig_end(lab), .filters = names };
	char name[NAME_MAX_LEN + 1];

	while (text_word(&filters, name, sizeof(name)) == 1) {
		size_t filter = labfile_filter(&lab->labfile, name);

		assert_true(filter != NONE);
		names[chain.n_filters++] = lab->labfile.filters[filter].name;
	}
	return chain_set(lab, &chain, false, e);
}

void rig_must_chain(struct lab *lab, const char *filters)
{
	ERROR_AUTO struct error e = ERROR_INIT;

	if (rig_chain(lab, filters, &e))
		die(filters, &e);
}

uint32_t rig_attached(const struct lab *lab, const char *netns, const char *name)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	NETLINK_AUTO struct netlink *rt = NULL;
	ERROR_AUTO struct error e = ERROR_INIT;
	struct rt_link_state link;

	if (netns_visit(&visit, lab->state, netns, &e) || netlink_open(NETLINK_ROUTE, &rt, &e) ||
	    rt_link_get(rt, name, 0, &link, &e))
		die("asking what is attached", &e);
	return attach_of(&link).prog_id;
}

uint32_t rig_run(const struct lab *lab, const void *frame, size_t size, size_t *after)
{
	FD_AUTO int fd = bpf_prog_get_fd_by_id(rig_attached(lab, "right", "r0"));
	static uint8_t out[16384];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (__u32)size,
		    .data_out = out, .data_size_out = sizeof(out));

	assert_true(fd >= 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	if (after)
		*after = opts.data_size_out;
	return opts.retval;
}

void rig_frame(uint8_t *frame, size_t size, uint16_t port)
{
	static const uint8_t head[] = {
		2,  0, 0, 0, 0, 2, 2, 0, 0,  0,	 0, 1, 8,  0,			 /* Ethernet */
		69, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2, /* IPv4 */
		4,  0, 0, 0, 0, 0, 0, 0, /* UDP from port 1024 */
	};
	uint16_t length = htons((uint16_t)(size - 14)), dst = htons(port);

	assert_true(size >= sizeof(head));
	memset(frame, 0, size);
	memcpy(frame, head, sizeof(head));
	memcpy(frame + 16, &length, 2);
	memcpy(frame + 36, &dst, 2);
	length = htons((uint16_t)(size - 34));
	memcpy(frame + 38, &length, 2);
}

struct xlab_count rig_count(const struct lab *lab, size_t position, uint32_t action)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct chain_view view;
	struct xlab_count count;

	if (chain_read(lab, rig_end(lab), &view, &e))
		die("reading the chain", &e);
	assert_true(position <= view.record.n_filters);
	count = position == view.record.n_filters ? view.passed
						  : view.rows[position].verdicts[action];
	chain_view_clear(&view);
	return count;
}
