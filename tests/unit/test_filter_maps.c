// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter's folder of maps: what is done to make it and in which order, what is undone, and what a
 * chain finds in it. The objects, their maps and the folders are the test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/map_value.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/linker/prog_capture.h"
#include "orchestrator/util/map_fd.h"
#include "tests/unit/fails.h"
#include "tests/unit/visit.h"
#include "tests/unit/wrap.h"

static struct lab lab;
static char *said; /* what was done, one after another */
static bool there; /* the folder is, already */
static int met;	   /* the folder, when it is to get its name: this errno, or 0 */

static int does(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int does(const char *what, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_add(&said, "; ", "%s%s", what, text);
	return fails_at(what) ? -1 : 0;
}

/* --- Maps ----------------------------------------------------------------------------------- */

struct bpf_map {	  /* libbpf's is nobody's to look into */
	const char *name; /* NULL: it is the object's end */
	int fd;		  /* -1: it is not made, so far */
	bool internal, not_wanted;
	__u32 flags;
	enum bpf_map_type type;
	__u32 key, value;
};

static const struct bpf_map made[] = {
	{ "o.bss", 11, true, false, 0, BPF_MAP_TYPE_ARRAY, 4, 8 },
	{ "o.data.more", 12, true, false, 0, BPF_MAP_TYPE_ARRAY, 4, 8 },
	{ "o.rodata", 13, true, false, BPF_F_RDONLY_PROG, BPF_MAP_TYPE_ARRAY, 4, 8 },
	{ "sizes", 14, false, false, BPF_F_RDONLY_PROG, BPF_MAP_TYPE_HASH, 4, 8 },
	{ "idle", -1, false, true, 0, BPF_MAP_TYPE_HASH, 4, 8 },
	{ "ways", 15, false, false, 0, BPF_MAP_TYPE_PROG_ARRAY, 4, 4 },
	{ 0 },
};
static struct bpf_map opened[ARRAY_SIZE(made)]; /* the same, when nothing is loaded */

WRAP(struct bpf_map *, bpf_object__next_map, const struct bpf_object *obj,
     const struct bpf_map *map)
{
	const struct bpf_map *next = map ? map + 1 : (const void *)obj;

	return next->name ? (struct bpf_map *)next : NULL;
}

WRAP(bool, bpf_map__is_internal, const struct bpf_map *map)
{
	return map->internal;
}

WRAP(bool, bpf_map__autocreate, const struct bpf_map *map)
{
	return !map->not_wanted;
}

WRAP(__u32, bpf_map__map_flags, const struct bpf_map *map)
{
	return map->flags;
}

WRAP(enum bpf_map_type, bpf_map__type, const struct bpf_map *map)
{
	return map->type;
}

WRAP(__u32, bpf_map__key_size, const struct bpf_map *map)
{
	return map->key;
}

WRAP(__u32, bpf_map__value_size, const struct bpf_map *map)
{
	return map->value;
}

WRAP(const char *, bpf_map__name, const struct bpf_map *map)
{
	return map->name;
}

WRAP(int, map_fd, const struct bpf_map *map)
{
	return map->fd;
}

WRAP(struct bpf_map *, bpf_object__find_map_by_name, const struct bpf_object *obj, const char *name)
{
	const struct bpf_map *map = (const void *)obj;

	while (map->name && strcmp(map->name, name) != 0)
		map++;
	return map->name ? (struct bpf_map *)map : NULL;
}

/* --- What makes a folder -------------------------------------------------------------------- */

char *__wrap_bpffs_dir(const struct lab *of, struct error *e, const char *fmt, ...);
char *__wrap_bpffs_dir(const struct lab *of, struct error *e, const char *fmt, ...)
{
	assert_ptr_equal(of, &lab);
	assert_string_equal(fmt, "filter");
	if (!fails_at("parent"))
		return xstrdup("/bpf");
	(void)error_sys(e, -errno, "no bpffs");
	return NULL;
}

WRAP(int, access, const char *path, int mode)
{
	(void)path;
	assert_int_equal(mode, F_OK);
	if (fails_at("look"))
		return -1;
	errno = ENOENT;
	return there ? 0 : -1;
}

WRAP(pid_t, getpid, void)
{
	return 42;
}

WRAP(void, bpffs_remove, const char *folder)
{
	(void)does("remove", " %s", folder);
}

WRAP(int, prog_capture_begin, struct prog_capture *capture, struct error *e)
{
	*capture = (struct prog_capture){ 0 };
	return does("begin", "%s", "") ? error_sys(e, -errno, "no capture") : 0;
}

WRAP(void, prog_capture_end, struct prog_capture *capture)
{
	(void)capture;
	(void)does("end", "%s", "");
}

WRAP(int, filter_object_open, const struct lab *of, size_t filter, struct filter_object *in,
     struct error *e)
{
	*in = (struct filter_object){ .obj = (struct bpf_object *)made, .frags = true };
	return does("open", " %s", of->labfile.filters[filter].name)
		       ? error_sys(e, -errno, "no object")
		       : 0;
}

WRAP(void, filter_object_close, struct filter_object *in)
{
	assert_ptr_equal(in->obj, made);
	(void)does("close", "%s", "");
}

WRAP(struct captured_prog *, calls_trace_capture, const struct lab *of,
     const struct filter_object *in, struct prog_capture *capture)
{
	assert_ptr_equal(of, &lab);
	assert_ptr_equal(in->obj, made);
	assert_true(capture->frags);
	(void)does("trace", "%s", "");
	return (struct captured_prog *)&lab;
}

WRAP(void, calls_trace_put, const struct lab *of, size_t filter, const struct filter_object *in,
     struct captured_prog *codes)
{
	assert_ptr_equal(of, &lab);
	assert_ptr_equal(in->obj, made);
	assert_ptr_equal(codes, &lab);
	(void)does("traced", " %s", of->labfile.filters[filter].name);
}

WRAP(void, counters_withhold, struct bpf_object *obj)
{
	assert_ptr_equal(obj, made);
	(void)does("withhold", "%s", "");
}

WRAP(void, filter_object_choose, struct filter_object *in, bool main)
{
	assert_ptr_equal(in->obj, made);
	assert_false(main);
	(void)does("choose", "%s", "");
}

WRAP(int, bpf_object__load, struct bpf_object *obj)
{
	assert_ptr_equal(obj, made);
	return does("load", "%s", "") ? -errno : 0;
}

WRAP(int, mkdir, const char *path, mode_t mode)
{
	return does("mkdir", " %s %o", path, mode);
}

WRAP(int, bpf_obj_pin, int fd, const char *path)
{
	return does("pin", " %d %s", fd, path);
}

WRAP(int, program_fill_rules, struct bpf_object *obj, const struct lab *of, size_t filter,
     struct error *e)
{
	assert_ptr_equal(obj, made);
	return does("rules", " %s", of->labfile.filters[filter].name)
		       ? error_sys(e, -errno, "no rules")
		       : 0;
}

WRAP(int, map_value_preset, struct bpf_object *obj, const struct map_preset *p, int fd,
     struct error *e)
{
	assert_ptr_equal(obj, made);
	return does("preset", " %d %s", fd, p->value) ? error_sys(e, -errno, "no room") : 0;
}

WRAP(int, rename, const char *from, const char *to)
{
	if (does("rename", " %s %s", from, to))
		return -1;
	errno = met;
	return met ? -1 : 0;
}

static int read_lab(void **state)
{
	return parse_text(state, &lab.labfile,
			  "[lab]\nname = m\n[node n]\n"
			  "[filter web]\nprogram = port\ndst = 80\n"
			  "[filter one]\nprogram = o.bpf.o:one\nmap.sizes = 1 -> 10\n"
			  "[filter two]\nprogram = o.bpf.o:two\nmap.sizes = 2 -> 20\n"
			  "map.none = 2 -> 21\n"
			  "[filter other]\nprogram = p.bpf.o\nmap.sizes = 2 -> 30\n"
			  "[filter again]\nprogram = o.bpf.o:one\nmap.sizes = 1 -> 40\n");
}

static size_t named(const char *filter)
{
	return labfile_filter(&lab.labfile, filter);
}

static void begin(const char *what)
{
	free(steal_pointer(&said));
	memcpy(opened, made, sizeof(opened));
	for (size_t i = 0; i < ARRAY_SIZE(opened); i++)
		opened[i].fd = -1;
	fails = what;
}

static void was(const char *wanted)
{
	fails = NULL;
	assert_string_equal(said ? said : "", wanted);
}

#define MAKE(filter, owner, withhold)                                        \
	"remove /bpf/" owner "~42; begin; open " filter "; trace; " withhold \
	"choose; load; mkdir /bpf/" owner "~42 700; pin 11 /bpf/" owner      \
	"~42/:bss; pin 12 /bpf/" owner "~42/:data:more; pin 14 /bpf/" owner  \
	"~42/sizes; pin 15 /bpf/" owner "~42/ways; "
#define NAMED(filter, owner) \
	"; traced " filter "; rename /bpf/" owner "~42 /bpf/" owner "; close; end"

/* What is the built-in's counts elsewhere, and has rules; what sections share is made for the first
 * of them in the file, and has what all of them put there.
 */
static const struct {
	const char *filter, *dir, *done;
} folders[] = {
	{ "web", "/bpf/web", MAKE("web", "web", "withhold; ") "rules web" NAMED("web", "web") },
	{ "one", "/bpf/one",
	  MAKE("one", "one", "") "preset 14 10; preset 14 20; preset -1 21" NAMED("one", "one") },
	{ "two", "/bpf/one",
	  MAKE("two", "one", "") "preset 14 10; preset 14 20; preset -1 21" NAMED("two", "one") },
	{ "other", "/bpf/other",
	  MAKE("other", "other", "") "preset 14 30" NAMED("other", "other") },
	{ "again", "/bpf/again",
	  MAKE("again", "again", "") "preset 14 40" NAMED("again", "again") },
};

static void a_folder_is_named_when_it_is_whole(void **state)
{
	static const int met_by[] = { 0, EEXIST, ENOTEMPTY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO dir = NULL;

		begin(NULL);
		dir = filter_maps_dir(&lab, named(folders[i].filter), &e);
		was(folders[i].done);
		assert_string_equal(dir, folders[i].dir);
	}
	/* Another command's is as good. */
	for (size_t i = 1; i < ARRAY_SIZE(met_by); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO dir = NULL;

		begin(NULL);
		met = met_by[i];
		dir = filter_maps_dir(&lab, named("web"), &e);
		met = 0;
		was(MAKE("web", "web", "withhold; ") "rules web; traced web; rename /bpf/web~42 "
						     "/bpf/web; remove /bpf/web~42; close; end");
		assert_string_equal(dir, "/bpf/web");
	}
}

/* Up to @what, of all that is done. */
static char *up_to(const char *done, const char *what)
{
	char *FREE_AUTO first = text_format("; %s", what);
	const char *at = strstr(done, first);

	return at ? xstrndup(done, (size_t)(at + strlen(first) - done) + strcspn(at + 2, ";") -
					   strlen(what))
		  : xstrdup("");
}

static void what_fails_leaves_no_folder(void **state)
{
	static const struct {
		size_t of; /* folders */
		const char *fails, *then, *told;
	} rows[] = {
		{ 0, "parent", "", "no bpffs" },
		{ 0, "look", "", "cannot look at /bpf/web" },
		{ 0, "begin", "", "no capture" },
		{ 0, "open", "; end", "no object" },
		{ 0, "load", "; traced web; remove /bpf/web~42; close; end",
		  "filter web: its maps cannot be made" },
		{ 0, "mkdir", "; traced web; remove /bpf/web~42; close; end",
		  "filter web: cannot make the folder /bpf/web~42 for BPF maps" },
		{ 0, "pin", "; traced web; remove /bpf/web~42; close; end",
		  "filter web: cannot pin map :bss at /bpf/web~42/:bss" },
		{ 0, "rules", "; traced web; remove /bpf/web~42; close; end",
		  "filter web: no rules" },
		{ 0, "rename", "; remove /bpf/web~42; close; end",
		  "cannot name the folder /bpf/web" },
		{ 1, "preset", "; traced one; remove /bpf/one~42; close; end",
		  "filter one: /tmp/t.ini:9: map.sizes = 1 -> 10: no room" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO done = up_to(folders[rows[i].of].done, rows[i].fails);
		char *FREE_AUTO wanted = text_format("%s%s", done, rows[i].then);
		char *FREE_AUTO told = text_format("%s: Operation not permitted", rows[i].told);

		begin(rows[i].fails);
		assert_null(filter_maps_dir(&lab, named(folders[rows[i].of].filter), &e));
		was(wanted);
		assert_int_equal(e.err, -EPERM);
		assert_string_equal(e.text, told);
	}
}

/* --- What a chain finds there --------------------------------------------------------------- */

static struct bpf_map pinned; /* what differs from the map that is asked for, if not 0 */
static int got = -1, get_errno;

WRAP(int, bpf_obj_get, const char *path)
{
	(void)does("get", " %s", path);
	if (get_errno) {
		errno = get_errno;
		return -get_errno;
	}
	return got = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

WRAP(int, bpf_obj_get_info_by_fd, int fd, void *info, __u32 *len)
{
	struct bpf_map_info *of = info;
	const char *name = strrchr(said, '/') + 1;
	const struct bpf_map *map = made;

	assert_int_equal(fd, got);
	assert_int_equal(*len, sizeof(*of));
	while (*name != ':' && strcmp(map->name, name) != 0) /* all that have a ':' are alike */
		map++;
	of->type = pinned.type ? pinned.type : map->type;
	of->key_size = pinned.key ? pinned.key : map->key;
	of->value_size = pinned.value ? pinned.value : map->value;
	return fails_at("info") ? -1 : 0;
}

WRAP(int, bpf_map__reuse_fd, struct bpf_map *map, int fd)
{
	assert_int_equal(fd, got);
	return does("use", " %s", map->name) ? -errno : 0;
}

WRAP(int, counters_give, struct bpf_object *obj, int counters_fd, int rings_fd)
{
	assert_ptr_equal(obj, opened);
	return does("give", " %d %d", counters_fd, rings_fd) ? -errno : 0;
}

WRAP(int, dup3, int from, int to, int flags)
{
	assert_int_equal(from, got);
	assert_int_equal(flags, O_CLOEXEC);
	return does("dup", " %d", to) ? -1 : to;
}

/* What was got is, and nothing else: 0, which is no more than not set, is nobody's to close. */
static bool is_closed(int fd)
{
	return fd < 0 || fcntl(fd, F_GETFD) < 0;
}

static int settles(const char *filter, bool own_arrays, struct error *e)
{
	struct filter_object in = { .obj = (struct bpf_object *)opened, .own_arrays = own_arrays };
	int err = filter_maps_settle(&in, &lab, named(filter), 31, 32, e);

	assert_true(is_closed(got) && !is_closed(0));
	return err;
}

#define USED(name, of) "get /bpf/" name "; use " of
#define THREE(dir)                 \
	USED(dir "/:bss", "o.bss") \
	"; " USED(dir "/:data:more", "o.data.more") "; " USED(dir "/sizes", "sizes")

static void a_chain_has_the_filters_maps(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	there = true;
	begin(NULL);
	assert_int_equal(settles("web", false, &e), 0);
	was("give 31 32; " THREE("web") "; " USED("web/ways", "ways"));
	begin(NULL);
	assert_int_equal(settles("two", false, &e), 0);
	was(THREE("one") "; " USED("one/ways", "ways"));
	begin(NULL);
	assert_int_equal(settles("two", true, &e), 0);
	was(THREE("one"));
	/* One that has its map already, as that of counters. */
	begin(NULL);
	opened[0].fd = 0;
	opened[3].fd = 14;
	assert_int_equal(settles("two", true, &e), 0);
	was(USED("one/:data:more", "o.data.more"));
}

#define CHANGED                                                                            \
	"map o.bss of the object is not what it was when the lab came up: the object has " \
	"changed; "                                                                        \
	"take the lab down and up again"

static void what_is_not_there_is_told(void **state)
{
	static const struct {
		const char *fails;
		int get_errno;
		struct bpf_map pinned;
		int err;
		const char *done, *told;
	} rows[] = {
		{ "parent", 0, { 0 }, -EPERM, "", "no bpffs: Operation not permitted" },
		{ "give",
		  0,
		  { 0 },
		  -EPERM,
		  "give 31 32",
		  "cannot give the filter its counters: Operation not permitted" },
		{ NULL,
		  ENOENT,
		  { 0 },
		  -ENOENT,
		  "give 31 32; get /bpf/web/:bss",
		  "map :bss is not among those of the filter: the object has changed, or the pin "
		  "was removed; take the lab down and up again" },
		{ NULL,
		  EACCES,
		  { 0 },
		  -EACCES,
		  "give 31 32; get /bpf/web/:bss",
		  "cannot open map :bss of the filter: Permission denied" },
		{ "info",
		  0,
		  { 0 },
		  -EPERM,
		  "give 31 32; get /bpf/web/:bss",
		  "cannot ask for map o.bss: Operation not permitted" },
		{ NULL,
		  0,
		  { .type = BPF_MAP_TYPE_HASH },
		  -ESTALE,
		  "give 31 32; get /bpf/web/:bss",
		  CHANGED },
		{ NULL, 0, { .key = 3 }, -ESTALE, "give 31 32; get /bpf/web/:bss", CHANGED },
		{ NULL, 0, { .value = 9 }, -ESTALE, "give 31 32; get /bpf/web/:bss", CHANGED },
		{ "use",
		  0,
		  { 0 },
		  -EPERM,
		  "give 31 32; get /bpf/web/:bss; use o.bss",
		  "cannot use map o.bss: Operation not permitted" },
	};

	(void)state;
	there = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		begin(rows[i].fails);
		get_errno = rows[i].get_errno;
		pinned = rows[i].pinned;
		assert_int_equal(settles("web", false, &e), rows[i].err);
		get_errno = 0;
		pinned = (struct bpf_map){ 0 };
		was(rows[i].done);
		assert_string_equal(e.text, rows[i].told);
	}
}

static void a_map_is_opened_by_its_name(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT, ERROR_AUTO none = ERROR_INIT;
	int fd = -1;

	(void)state;
	there = true;
	begin(NULL);
	assert_int_equal(filter_maps_open(&lab, named("two"), ".data.more", &fd, &e), 0);
	was("get /bpf/one/:data:more");
	assert_int_equal(fd, got);
	assert_false(is_closed(fd));
	(void)close(fd);
	begin(NULL);
	get_errno = EACCES;
	assert_int_equal(filter_maps_open(&lab, named("two"), ".bss", &fd, &e), -EACCES);
	get_errno = 0;
	assert_string_equal(e.text, "cannot open map .bss of filter two: Permission denied");
	begin("parent");
	assert_int_equal(filter_maps_open(&lab, named("two"), ".bss", &fd, &none), -EPERM);
	was("");
}

/* Those of the chain's own become the filter's. */
static void prog_arrays_are_shared(void **state)
{
	static const struct {
		const char *fails;
		int get_errno, err;
		const char *done, *told;
	} rows[] = {
		{ NULL, 0, 0, "get /bpf/one/ways; dup 15", NULL },
		{ "dup", 0, -EPERM, "get /bpf/one/ways; dup 15",
		  "cannot use map ways: Operation not permitted" },
		{ NULL, EACCES, -EACCES, "get /bpf/one/ways",
		  "cannot open map ways of the filter: Permission denied" },
		{ "parent", 0, -EPERM, "", "no bpffs: Operation not permitted" },
	};

	(void)state;
	there = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct filter_object in = { .obj = (struct bpf_object *)made };
		struct error ERROR_AUTO e = ERROR_INIT;

		begin(rows[i].fails);
		get_errno = rows[i].get_errno;
		assert_int_equal(filter_maps_share_arrays(&in, &lab, named("two"), &e),
				 rows[i].err);
		get_errno = 0;
		was(rows[i].done);
		assert_true(is_closed(got) && !is_closed(0));
		if (rows[i].told)
			assert_string_equal(e.text, rows[i].told);
	}
}

static int clear_lab(void **state)
{
	free(said);
	return clear_text(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_named_when_it_is_whole),
		cmocka_unit_test(what_fails_leaves_no_folder),
		cmocka_unit_test(a_chain_has_the_filters_maps),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(a_map_is_opened_by_its_name),
		cmocka_unit_test(prog_arrays_are_shared),
	};

	return cmocka_run_group_tests_name("filter_maps", tests, read_lab, clear_lab);
}
