// SPDX-License-Identifier: GPL-2.0-or-later
/* A BPF object file of the user's: its bytes, and which of its programs is meant. Opened, set and
 * tried it is by filter_object.c.
 */
#include "orchestrator/filter/object_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/statefile.h"
#include "lab/text.h"

#define OBJECT_BYTES_MAX (64L << 20)

/* As README.md and the man page have it. Without the folder, Debian's clang finds no asm/types.h.
 */
#define COMPILE_LINE "`clang -target bpf -O2 -g -I/usr/include/$(uname -m)-linux-gnu -c FILE.bpf.c`"

static int check_elf(const char *path, const void *bytes, size_t size, struct error *e)
{
	const Elf64_Ehdr *elf = bytes;

	if (size < sizeof(*elf) || memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
		return error_input(
			e,
			"%s is not an ELF file, and so no BPF object: make one with " COMPILE_LINE,
			path);
	if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_machine != EM_BPF)
		return error_input(e,
				   "%s is an ELF file for another machine, not for BPF: compile it "
				   "with " COMPILE_LINE,
				   path);
	if (elf->e_ident[EI_DATA] != ELFDATA2LSB)
		return error_input(
			e, "%s has the other byte order: compile it with `clang -target bpfel`",
			path);
	if (elf->e_type != ET_REL)
		return error_input(e, "%s is no relocatable object", path);
	return 0;
}

int object_file_read(const char *path, void **bytes, size_t *size, struct error *e)
{
	/* Not blocked by a fifo, nor caught by a terminal. */
	int FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *FREE_AUTO read_bytes = NULL;
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		(void)error_input(e, "the object %s cannot be read: %s", path, strerror(-err));
		return e->err;
	}
	if (!S_ISREG(st.st_mode))
		return error_input(e, "the object %s is not a file", path);
	if (st.st_size > OBJECT_BYTES_MAX)
		return error_input(e, "the object %s has %lld bytes; at most %ld are read", path,
				   (long long)st.st_size, OBJECT_BYTES_MAX);
	read_bytes = xreallocarray(NULL, 1, (size_t)st.st_size + 1);
	err = read_all(fd, read_bytes, (size_t)st.st_size, size);
	if (!err && *size < (size_t)st.st_size)
		err = -EIO;
	if (err)
		return error_sys(e, err, "cannot read %s", path);
	err = check_elf(path, read_bytes, *size, e);
	if (err)
		return err;
	*bytes = steal_pointer(&read_bytes);
	return 0;
}

/* Any section that does not name another type of program: older loaders took the type from the
 * user and not from there. libbpf knows no type then, unless it was told to take XDP.
 */
static bool can_be_xdp(const struct bpf_program *prog)
{
	enum bpf_prog_type type = bpf_program__type(prog);
	const char *section = bpf_program__section_name(prog);

	return (type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_UNSPEC) &&
	       !strstr(section, "/devmap") && !strstr(section, "/cpumap");
}

/* "xdp", "xdp.frags" and the "xdp_…" of older objects. */
static bool is_xdp(const struct bpf_program *prog)
{
	return can_be_xdp(prog) && !strncmp(bpf_program__section_name(prog), "xdp", 3);
}

/* "a, b, c": malloc'ed; NULL if there is none. */
static char *list_functions(struct bpf_object *obj)
{
	struct bpf_program *prog;
	char *list = NULL;

	bpf_object__for_each_program (prog, obj) {
		if (can_be_xdp(prog))
			text_list_add(&list, "%s", bpf_program__name(prog));
	}
	return list;
}

static int no_function(struct bpf_object *obj, const char *function, struct error *e)
{
	char *FREE_AUTO list = list_functions(obj);

	if (!list)
		return error_input(e, "the object has no function %s, and no XDP program at all",
				   function);
	return error_input(e, "the object has no function %s; its XDP programs are: %s", function,
			   list);
}

static int named_main(struct bpf_object *obj, const char *function, struct bpf_program **main,
		      struct error *e)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, obj) {
		if (strcmp(bpf_program__name(prog), function) != 0)
			continue;
		if (!can_be_xdp(prog))
			return error_input(
				e,
				"%s is not an XDP program: its section is \"%s\", and only "
				"SEC(\"xdp\"), SEC(\"xdp.frags\") and sections that name no other "
				"kind of program can stand in a chain",
				function, bpf_program__section_name(prog));
		*main = prog;
		return 0;
	}
	return no_function(obj, function, e);
}

/* How many programs @fits says, with *@last the last of them. */
static size_t count(struct bpf_object *obj, bool (*fits)(const struct bpf_program *),
		    struct bpf_program **last)
{
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program (prog, obj) {
		if (!fits(prog))
			continue;
		*last = prog;
		n++;
	}
	return n;
}

static bool is_any(const struct bpf_program *prog)
{
	(void)prog;
	return true;
}

static int only_main(struct bpf_object *obj, struct bpf_program **main, struct error *e)
{
	size_t n = count(obj, is_xdp, main);
	struct bpf_program *other;

	if (!n)
		n = count(obj, can_be_xdp, main);
	if (n == 1)
		return 0;
	if (n > 1) {
		char *FREE_AUTO list = list_functions(obj);

		return error_input(
			e,
			"the object has %zu XDP programs: name one of them after a colon "
			"(object.bpf.o:function): %s",
			n, list);
	}
	if (count(obj, is_any, &other))
		return error_input(e,
				   "the object has no XDP program: %s has section \"%s\", and "
				   "SEC(\"xdp\") or SEC(\"xdp.frags\") is needed",
				   bpf_program__name(other), bpf_program__section_name(other));
	return error_input(e, "the object has no program at all");
}

int object_file_main(struct bpf_object *obj, const char *function, struct bpf_program **main,
		     struct error *e)
{
	return function && *function ? named_main(obj, function, main, e) : only_main(obj, main, e);
}
