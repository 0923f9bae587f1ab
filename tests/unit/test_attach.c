// SPDX-License-Identifier: GPL-2.0-or-later
/* One program onto an interface: what is asked of the kernel, and what its refusals mean; and what
 * it is found to be able to do. talk.c takes requests; rules.mk has other answers given here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/rtnl.h"
#include "orchestrator/chain/attach.h"
#include "orchestrator/chain/chain_probe.h"
#include "tests/unit/talk.h"

static struct rt_link_state link_now; /* with an ifindex of 0: it cannot be asked for */
static int no_prog;		      /* an errno: programs cannot be opened by their id */
static const char *prog_name;	      /* NULL: nor be asked for their name */

int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e);
int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e)
{
	(void)rt;
	assert_null(name);
	assert_int_equal(ifindex, 3);
	if (!link_now.ifindex)
		return error_state(e, -ENODEV, "gone");
	*out = link_now;
	return 0;
}

int __wrap_bpf_prog_get_fd_by_id(__u32 id);
int __wrap_bpf_prog_get_fd_by_id(__u32 id)
{
	assert_in_range(id, 7, 8);
	if (!no_prog)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	errno = no_prog;
	return -1;
}

int __wrap_bpf_obj_get_info_by_fd(int fd, void *info, __u32 *len);
int __wrap_bpf_obj_get_info_by_fd(int fd, void *info, __u32 *len)
{
	struct bpf_prog_info *prog = info;

	assert_int_equal(*len, sizeof(*prog));
	if (fd < 0 || !prog_name) {
		errno = EBADF;
		return -1;
	}
	(void)strncpy(prog->name, prog_name, sizeof(prog->name) - 1);
	prog->id = 8;
	return 0;
}

#define NATIVE	XDP_MODE_CHOICE_NATIVE
#define GENERIC XDP_MODE_CHOICE_GENERIC

/* Its number is the value's; -1: it is not there. */
static int64_t asked_for(uint16_t type)
{
	const struct nlmsghdr *message = talk_asked(talk.n_asked - 1);
	const struct nlattr *xdp, *attr;
	int64_t found = -1;

	mnl_attr_for_each (xdp, message, sizeof(struct ifinfomsg)) {
		assert_int_equal(mnl_attr_get_type(xdp), IFLA_XDP);
		mnl_attr_for_each_nested (attr, xdp)
			if (mnl_attr_get_type(attr) == type)
				found = (int32_t)mnl_attr_get_u32(attr);
	}
	return found;
}

#define NOBODY XDP_FLAGS_UPDATE_IF_NOEXIST

static void a_program_takes_the_place_of_one(void **state)
{
	static const struct {
		enum xdp_mode mode;
		uint32_t old_id;
		int64_t flags;
	} swaps[] = {
		{ NATIVE, 0, XDP_FLAGS_DRV_MODE | NOBODY },
		{ GENERIC, 0, XDP_FLAGS_SKB_MODE | NOBODY },
		{ NATIVE, 7, XDP_FLAGS_DRV_MODE | XDP_FLAGS_REPLACE },
		{ GENERIC, 7, XDP_FLAGS_SKB_MODE | XDP_FLAGS_REPLACE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(swaps); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		const struct ifinfomsg *link;

		talk_forget();
		assert_int_equal(attach_swap(NULL, 3, swaps[i].mode, 40, swaps[i].old_id, &e), 0);
		assert_int_equal(talk.n_asked, 1);
		assert_int_equal(talk_asked(0)->nlmsg_type, RTM_SETLINK);
		link = mnl_nlmsg_get_payload(talk_asked(0));
		assert_int_equal(link->ifi_index, 3);
		assert_int_equal(asked_for(IFLA_XDP_FD), 40);
		assert_int_equal(asked_for(IFLA_XDP_FLAGS), swaps[i].flags);
		if (swaps[i].old_id)
			assert_true(asked_for(IFLA_XDP_EXPECTED_FD) >= 0);
		else
			assert_int_equal(asked_for(IFLA_XDP_EXPECTED_FD), -1);
	}
}

static void a_program_is_taken_off(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	talk_forget();
	assert_int_equal(attach_remove(NULL, 3, NATIVE, 7, &e), 0);
	assert_int_equal(asked_for(IFLA_XDP_FD), -1);
	assert_int_equal(asked_for(IFLA_XDP_FLAGS), XDP_FLAGS_DRV_MODE | XDP_FLAGS_REPLACE);
	assert_true(asked_for(IFLA_XDP_EXPECTED_FD) >= 0);
	/* It has gone itself. */
	talk_forget();
	no_prog = ENOENT;
	assert_int_equal(attach_remove(NULL, 3, NATIVE, 7, &e), 0);
	assert_int_equal(talk.n_asked, 0);
	assert_null(e.text);
	no_prog = EPERM;
	assert_int_equal(attach_remove(NULL, 3, NATIVE, 7, &e), -EPERM);
	assert_non_null(strstr(e.text, "cannot open XDP program 7: "));
	assert_int_equal(talk.n_asked, 0);
	no_prog = 0;
}

/* @generic, @native: what stands there when the kernel has refused; UINT32_MAX: not to be known. */
static void refusals_are_explained(void **state)
{
	static const struct {
		int refused;
		enum xdp_mode mode;
		uint32_t old_id, generic, native;
		int err;
		const char *words;
	} cases[] = {
		{ -ERANGE, NATIVE, 0, 0, 0, -ERANGE, "(3506 bytes at most; " },
		{ -EOPNOTSUPP, NATIVE, 0, 0, 0, -EOPNOTSUPP,
		  "native XDP is not supported on it (a bridge and lo have none in native mode): "
		  "say mode = generic" },
		{ -EOPNOTSUPP, GENERIC, 0, 0, 0, -EOPNOTSUPP,
		  "generic XDP is not supported on it (a bridge and lo have none in native mode)" },
		{ -EBUSY, NATIVE, 7, 8, 0, -EBUSY,
		  "a program stands there in generic mode, and the two modes exclude each other" },
		{ -EEXIST, GENERIC, 0, 0, 8, -EBUSY, "a program stands there in native mode" },
		{ -EBUSY, NATIVE, 7, 0, 8, -EBUSY, "another tool's XDP program is attached there" },
		{ -EEXIST, NATIVE, 0, 0, 8, -EBUSY,
		  "another tool's XDP program is attached there" },
		{ -EBUSY, NATIVE, 7, 0, 7, -EBUSY, "its XDP program was changed by another tool" },
		{ -EBUSY, NATIVE, 7, 0, 0, -EBUSY, "its XDP program was changed by another tool" },
		{ -EEXIST, NATIVE, 7, 0, 7, -EEXIST,
		  "the kernel changes no XDP program there while an interface over it" },
		{ -EEXIST, NATIVE, 0, UINT32_MAX, 0, -EEXIST, "the kernel changes no XDP program" },
		{ -EIO, NATIVE, 0, 0, 0, -EIO, "cannot attach XDP in native mode: refused" },
		{ -EIO, GENERIC, 0, 0, 0, -EIO, "cannot attach XDP in generic mode: refused" },
	};

	(void)state;
	prog_name = "";
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		int err;

		talk_forget();
		talk.answer = cases[i].refused;
		link_now = (struct rt_link_state){ .ifindex = cases[i].generic != UINT32_MAX,
						   .skb_prog = cases[i].generic,
						   .drv_prog = cases[i].native };
		err = attach_swap(NULL, 3, cases[i].mode, 40, cases[i].old_id, &e);
		if (err != cases[i].err || e.err != err)
			fail_msg("%zu: %d, not %d: %s", i, err, cases[i].err, e.text);
		if (!strstr(e.text, cases[i].words))
			fail_msg("%zu: no \"%s\" in: %s", i, cases[i].words, e.text);
		if (strstr(e.text, "generic XDP is not"))
			assert_null(strstr(e.text, "say mode"));
	}
	talk_forget();
}

/* The one before has gone, or cannot be looked at. */
static void what_stood_there_has_gone(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	talk_forget();
	link_now = (struct rt_link_state){ .ifindex = 3 };
	no_prog = ENOENT;
	assert_int_equal(attach_swap(NULL, 3, NATIVE, 40, 7, &e), -EBUSY);
	assert_string_equal(e.text, "its XDP program was changed by another tool just now");
	error_clear(&e);
	no_prog = EPERM;
	assert_int_equal(attach_swap(NULL, 3, NATIVE, 40, 7, &e), -EPERM);
	assert_non_null(strstr(e.text, "cannot open XDP program 7: "));
	assert_int_equal(talk.n_asked, 0);
	no_prog = 0;
}

static void what_is_attached(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct attached now;
	uint32_t id = 0;

	(void)state;
	link_now = (struct rt_link_state){ .ifindex = 3, .drv_prog = 5 };
	assert_int_equal(attach_query(NULL, 3, &now, &e), 0);
	assert_int_equal(now.prog_id, 5);
	assert_int_equal(now.mode, NATIVE);
	link_now.skb_prog = 6;
	assert_int_equal(attach_query(NULL, 3, &now, &e), 0);
	assert_int_equal(now.prog_id, 6);
	assert_int_equal(now.mode, GENERIC);
	link_now.ifindex = 0;
	assert_int_equal(attach_query(NULL, 3, &now, &e), -ENODEV);
	assert_string_equal(e.text, "cannot ask for the interface's XDP program: gone");
	error_clear(&e);
	prog_name = "p";
	assert_int_equal(attach_prog_id(1, &id, &e), 0);
	assert_int_equal(id, 8);
	assert_int_equal(attach_prog_id(-1, &id, &e), -EBADF);
}

/* By its name, where there is one to be known; and how to take it off. */
static void another_tools_program_is_named(void **state)
{
	static const struct {
		const char *name;
		int no_prog;
		const char *off, *words;
	} cases[] = {
		{ "theirs", 0, NULL,
		  "another tool's XDP program is attached there (id 7, name theirs) and stays; "
		  "take "
		  "it off with the tool that put it there" },
		{ "theirs", 0, "ip link",
		  "another tool's XDP program is attached there (id 7, name theirs) and stays; "
		  "take "
		  "it off with the tool that put it there, or with `ip link`" },
		{ "", 0, NULL,
		  "another tool's XDP program is attached there (id 7) and stays; take it off with "
		  "the tool that put it there" },
		{ NULL, 0, NULL,
		  "another tool's XDP program is attached there (id 7) and stays; take it off with "
		  "the tool that put it there" },
		{ "theirs", ENOENT, NULL,
		  "another tool's XDP program is attached there (id 7) and stays; take it off with "
		  "the tool that put it there" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		prog_name = cases[i].name;
		no_prog = cases[i].no_prog;
		assert_int_equal(attach_foreign(7, cases[i].off, &e), -EBUSY);
		assert_string_equal(e.text, cases[i].words);
	}
	no_prog = 0;
}

/* --- What the kernel can do ---------------------------------------------------------------------
 */

static struct utsname kernel;
static enum { BTF, TARGET, EXT, LINK, NOTHING } fails_at;
static int fails_with;
static int target_fd, ext_fd;
static __u32 func_id;

int __wrap_uname(struct utsname *name);
int __wrap_uname(struct utsname *name)
{
	*name = kernel;
	return *kernel.release ? 0 : -1;
}

int __wrap_bpf_btf_load(const void *data, size_t size, struct bpf_btf_load_opts *opts);
int __wrap_bpf_btf_load(const void *data, size_t size, struct bpf_btf_load_opts *opts)
{
	struct btf *btf = btf__new(data, (__u32)size);
	const struct btf_type *func, *proto, *pointer, *number;
	int id;

	(void)opts;
	id = btf__find_by_name_kind(btf, "probe", BTF_KIND_FUNC);
	assert_true(id > 0);
	func_id = (__u32)id;
	func = btf__type_by_id(btf, func_id);
	assert_int_equal(btf_vlen(func), BTF_FUNC_GLOBAL);
	proto = btf__type_by_id(btf, func->type);
	assert_int_equal(btf_vlen(proto), 1);
	pointer = btf__type_by_id(btf, btf_params(proto)->type);
	assert_true(btf_is_ptr(pointer));
	assert_int_equal(pointer->type, btf__find_by_name_kind(btf, "xdp_md", BTF_KIND_STRUCT));
	number = btf__type_by_id(btf, proto->type);
	assert_int_equal(number->size, 4);
	assert_int_equal(btf_int_encoding(number), BTF_INT_SIGNED);
	btf__free(btf);
	return fails_at == BTF ? fails_with : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n, struct bpf_prog_load_opts *opts);
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n, struct bpf_prog_load_opts *opts)
{
	const struct bpf_func_info *info = opts->func_info;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)name;
	assert_string_equal(license, "GPL");
	assert_int_equal(n, 2);
	assert_int_equal(insns[0].code, BPF_ALU64 | BPF_MOV | BPF_K);
	assert_int_equal(insns[0].dst_reg, BPF_REG_0);
	assert_int_equal(insns[0].imm, XDP_PASS);
	assert_int_equal(insns[1].code, BPF_JMP | BPF_EXIT);
	assert_int_equal(opts->func_info_cnt, 1);
	assert_int_equal(info->insn_off, 0);
	assert_int_equal(info->type_id, func_id);
	if (type == BPF_PROG_TYPE_XDP) {
		assert_int_equal(opts->attach_btf_id, 0);
		assert_int_equal(opts->attach_prog_fd, 0);
		target_fd = fd;
	} else {
		assert_int_equal(type, BPF_PROG_TYPE_EXT);
		assert_int_equal(opts->attach_btf_id, func_id);
		assert_int_equal(opts->attach_prog_fd, target_fd);
		ext_fd = fd;
	}
	if (fails_at != (type == BPF_PROG_TYPE_XDP ? TARGET : EXT))
		return fd;
	(void)close(fd);
	return fails_with;
}

int __wrap_bpf_raw_tracepoint_open(const char *name, int fd);
int __wrap_bpf_raw_tracepoint_open(const char *name, int fd)
{
	assert_null(name);
	assert_int_equal(fd, ext_fd);
	return fails_at == LINK ? fails_with : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void an_engine_for_this_kernel(void **state)
{
	static const struct {
		int at, with;
		enum engine_choice engine;
		const char *why;
	} kernels[] = {
		{ NOTHING, 0, ENGINE_LIBXDP, "this kernel loads EXT programs" },
		{ BTF, -EINVAL, ENGINE_INLINE, "this kernel has no EXT programs (EINVAL)" },
		{ TARGET, -EPERM, ENGINE_INLINE, "this kernel refuses EXT programs (EPERM)" },
		{ EXT, -EINVAL, ENGINE_INLINE, "this kernel has no EXT programs (EINVAL)" },
		{ EXT, -EPERM, ENGINE_INLINE, "this kernel refuses EXT programs (EPERM)" },
		{ LINK, -EOPNOTSUPP, ENGINE_INLINE,
		  "this kernel does not support EXT programs (EOPNOTSUPP)" },
		{ LINK, -E2BIG, ENGINE_INLINE, "this kernel does not load EXT programs" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		const char *why = NULL;

		fails_at = (unsigned int)kernels[i].at;
		fails_with = kernels[i].with;
		assert_int_equal(chain_engine_auto(&why), kernels[i].engine);
		assert_string_equal(why, kernels[i].why);
	}
}

static void an_old_kernel_is_blamed(void **state)
{
	static const struct {
		const char *release;
		bool old;
	} kernels[] = {
		{ "5.17.3-custom", true },
		{ "4.19.0", true },
		{ "5.18.0", false },
		{ "5.18", false },
		{ "6.1.0-9", false },
		{ "unknown", false },
		{ "5", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		(void)strncpy(kernel.release, kernels[i].release, sizeof(kernel.release) - 1);
		kernel.release[strlen(kernels[i].release)] = '\0';
		(void)error_state(&e, -EINVAL, "refused");
		chain_blame_kernel(&e);
		if (!strstr(e.text, "chains need Linux 5.18 or later") == kernels[i].old)
			fail_msg("%s: %s", kernels[i].release, e.text);
		if (kernels[i].old)
			assert_non_null(strstr(e.text, kernels[i].release));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_takes_the_place_of_one),
		cmocka_unit_test(a_program_is_taken_off),
		cmocka_unit_test(refusals_are_explained),
		cmocka_unit_test(what_stood_there_has_gone),
		cmocka_unit_test(what_is_attached),
		cmocka_unit_test(another_tools_program_is_named),
		cmocka_unit_test(an_engine_for_this_kernel),
		cmocka_unit_test(an_old_kernel_is_blamed),
	};

	return cmocka_run_group_tests_name("attach", tests, NULL, NULL);
}
