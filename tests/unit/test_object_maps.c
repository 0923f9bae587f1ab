// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps defined the old way, in small objects that are made here: what becomes of their sections,
 * symbols and types, all of it, and what is refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>
#include <gelf.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/filter/object_maps.h"

struct part { /* a section; the first is 1 */
	const char *name;
	const void *bytes;
	size_t size;
};

struct symbol {
	const char *name;
	unsigned char bind, type, other;
	uint16_t part;
	uint64_t value, size;
};

struct object {
	struct part parts[6];
	const struct symbol *symbols;
	size_t n_symbols;
};

#define SYMBOLS(list) .symbols = (list), .n_symbols = ARRAY_SIZE(list)

/* --- Calls that fail ------------------------------------------------------------------------ */

/* The one that fails next, with that error; 0: it does less than it was asked for. */
static enum call { NONE, MAKE, WRITE, READ } failing;
static int failing_err;

static bool fails(enum call call)
{
	if (failing != call)
		return false;
	failing = NONE;
	errno = failing_err;
	return true;
}

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	return fails(MAKE) ? -1 : __real_memfd_create(name, flags);
}

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	if (!fails(WRITE))
		return __real_write(fd, bytes, size);
	return failing_err ? -1 : (ssize_t)size - 1;
}

/* libelf reads, too, but never all of it at once. */
static size_t whole;

ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
	if (size < whole || !fails(READ))
		return __real_pread(fd, bytes, size, at);
	return failing_err ? -1 : (ssize_t)size - 1;
}

/* --- Making one ----------------------------------------------------------------------------- */

struct strings {
	char text[65536];
	size_t size;
};

static uint32_t put_string(struct strings *s, const char *text)
{
	size_t at = s->size;

	assert_true(at + strlen(text) < sizeof(s->text));
	memcpy(s->text + at, text, strlen(text) + 1);
	s->size += strlen(text) + 1;
	return (uint32_t)at;
}

static Elf64_Shdr *put_section(Elf *elf, uint32_t name, uint32_t type, const void *bytes,
			       size_t size)
{
	Elf_Scn *scn = elf_newscn(elf);
	Elf_Data *data = elf_newdata(scn);
	Elf64_Shdr *header = elf64_getshdr(scn);

	data->d_buf = (void *)(uintptr_t)bytes;
	data->d_size = size;
	data->d_align = 8;
	data->d_type = type == SHT_SYMTAB ? ELF_T_SYM : ELF_T_BYTE;
	header->sh_name = name;
	header->sh_type = type;
	return header;
}

/* Behind its parts stand the symbols, if it has any, and all names. */
static void put_tables(Elf *elf, const struct object *o, size_t n, struct strings *names)
{
	Elf64_Sym *symbols = xcalloc(o->n_symbols + 1, sizeof(*symbols));
	uint32_t symtab = put_string(names, ".symtab"), strtab = put_string(names, ".strtab");
	Elf64_Shdr *header;

	for (size_t i = 0; i < o->n_symbols; i++) {
		const struct symbol *s = &o->symbols[i];

		symbols[i + 1] = (Elf64_Sym){ .st_name = put_string(names, s->name),
					      .st_info = ELF64_ST_INFO(s->bind, s->type),
					      .st_other = s->other,
					      .st_shndx = s->part,
					      .st_value = s->value,
					      .st_size = s->size };
	}
	if (o->symbols) {
		header = put_section(elf, symtab, SHT_SYMTAB, symbols,
				     (o->n_symbols + 1) * sizeof(*symbols));
		header->sh_link = (uint32_t)n + 2;
		header->sh_entsize = sizeof(*symbols);
	}
	(void)put_section(elf, strtab, SHT_STRTAB, names->text, names->size);
	elf64_getehdr(elf)->e_shstrndx = (uint16_t)(n + 1 + (o->symbols != NULL));
	assert_true(elf_update(elf, ELF_C_WRITE) > 0);
	free(symbols);
}

static void *make(const struct object *o, size_t *size)
{
	struct strings *names = xcalloc(1, sizeof(*names));
	int FD_AUTO fd = memfd_create("made", MFD_CLOEXEC);
	size_t n = 0;
	void *bytes;
	Elf64_Ehdr *head;
	Elf *elf;

	(void)elf_version(EV_CURRENT);
	names->size = 1;
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	head = elf64_newehdr(elf);
	head->e_ident[EI_DATA] = ELFDATA2LSB;
	head->e_type = ET_REL;
	head->e_machine = EM_BPF;
	for (const struct part *p = o->parts; n < ARRAY_SIZE(o->parts) && p->name; p++, n++)
		(void)put_section(elf, put_string(names, p->name), SHT_PROGBITS, p->bytes, p->size);
	put_tables(elf, o, n, names);
	(void)elf_end(elf);
	free(names);
	*size = (size_t)lseek(fd, 0, SEEK_END);
	bytes = xcalloc(1, *size);
	assert_int_equal(pread(fd, bytes, *size, 0), *size);
	return bytes;
}

/* --- What became of it ---------------------------------------------------------------------- */

static const char *section_of(Elf *elf, size_t index, Elf64_Shdr **header)
{
	Elf_Scn *scn = elf_getscn(elf, index);
	size_t names;

	*header = scn ? elf64_getshdr(scn) : NULL;
	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	return *header ? elf_strptr(elf, names, (*header)->sh_name) : "";
}

static void tell_symbols(Elf *elf, Elf_Scn *scn, const Elf64_Shdr *header, char **said)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	Elf64_Shdr *in;

	for (size_t i = 1; i < data->d_size / sizeof(Elf64_Sym); i++) {
		const Elf64_Sym *s = &((const Elf64_Sym *)data->d_buf)[i];

		text_add(said, "", "%s: %s+%d of %d, type %d, bind %d, other %d\n",
			 elf_strptr(elf, header->sh_link, s->st_name),
			 section_of(elf, s->st_shndx, &in), (int)s->st_value, (int)s->st_size,
			 ELF64_ST_TYPE(s->st_info), ELF64_ST_BIND(s->st_info), s->st_other);
	}
}

/* The type of a variable in .maps, a struct whose fields point to arrays: their lengths. */
static void tell_fields(const struct btf *btf, const struct btf_type *t, char **said)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const struct btf_type *pointer = btf__type_by_id(btf, m->type);
		const struct btf_type *array = btf__type_by_id(btf, pointer->type);

		assert_true(btf_is_ptr(pointer) && btf_is_array(array));
		assert_int_equal(btf_member_bit_offset(t, (uint32_t)i), 64 * i);
		assert_int_equal(btf_member_bitfield_size(t, (uint32_t)i), 0);
		text_add(said, "", " %s=%u", btf__name_by_offset(btf, m->name_off),
			 btf_array(array)->nelems);
	}
}

static void tell_types(const struct btf *btf, char **said)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id), *var, *type;

		if (btf_is_typedef(t))
			text_add(said, "", "type %s\n", btf__name_by_offset(btf, t->name_off));
		if (!btf_is_datasec(t))
			continue;
		text_add(said, "", "[%s] of %u\n", btf__name_by_offset(btf, t->name_off), t->size);
		for (int i = 0; i < btf_vlen(t); i++) {
			const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];

			var = btf__type_by_id(btf, v->type);
			type = btf__type_by_id(btf, var->type);
			text_add(said, "", "%s: +%u of %u", btf__name_by_offset(btf, var->name_off),
				 v->offset, v->size);
			if (btf_is_struct(type) && type->size == 40)
				tell_fields(btf, type, said);
			text_add(said, "", "\n");
		}
	}
}

/* Sections but for the tables, symbols, and sections as BTF has them. */
static char *told(const void *bytes, size_t size)
{
	char *said = xstrdup("");
	Elf *elf = elf_memory((char *)(uintptr_t)bytes, size);
	Elf_Scn *scn = NULL;

	assert_non_null(elf);
	while ((scn = elf_nextscn(elf, scn))) {
		Elf64_Shdr *header;
		const char *name = section_of(elf, elf_ndxscn(scn), &header);

		if (header->sh_type == SHT_SYMTAB) {
			tell_symbols(elf, scn, header, &said);
		} else if (!strcmp(name, ".BTF")) {
			Elf_Data *data = elf_getdata(scn, NULL);
			struct btf *btf = btf__new(data->d_buf, (uint32_t)data->d_size);

			assert_non_null(btf);
			assert_int_equal(header->sh_type, SHT_PROGBITS);
			assert_int_equal(header->sh_flags, 0);
			tell_types(btf, &said);
			btf__free(btf);
		} else if (header->sh_type != SHT_STRTAB) {
			assert_int_equal(header->sh_addralign, 8);
			text_add(&said, "", "%s: %d bytes, type %d, flags %d\n", name,
				 (int)header->sh_size, (int)header->sh_type, (int)header->sh_flags);
		}
	}
	(void)elf_end(elf);
	return said;
}

static void becomes(const struct object *o, const char *wanted)
{
	void *FREE_AUTO bytes = NULL, *FREE_AUTO out = NULL;
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO said = NULL;
	size_t size, out_size = 0;

	bytes = make(o, &size);
	if (object_maps_convert(bytes, size, &out, &out_size, &e))
		fail_msg("%s", e.text);
	assert_non_null(out);
	said = told(out, out_size);
	assert_string_equal(said, wanted);
}

static void refused_bytes(const void *bytes, size_t size, int err, const char *why)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	size_t out_size = 0;
	void *out = &out_size;

	assert_int_equal(object_maps_convert(bytes, size, &out, &out_size, &e), err);
	assert_null(out);
	if (why && !strstr(e.text, why))
		fail_msg("\"%s\" is not in \"%s\"", why, e.text);
}

static void refused(const struct object *o, const char *why)
{
	size_t size;
	void *FREE_AUTO bytes = make(o, &size);

	refused_bytes(bytes, size, -EINVAL, why);
}

/* --- What is taken -------------------------------------------------------------------------- */

#define GLOBAL STB_GLOBAL, STT_OBJECT, STV_DEFAULT

static const uint32_t array[] = { BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 7, 1 };

/* Of every loader's length, whose symbols say it or do not; a section's other symbols are none. */
static void definitions_become_variables(void **state)
{
	static const uint32_t maps[] = {
		BPF_MAP_TYPE_ARRAY, 4, 8,  2,	       /* 16 bytes, and what follows is another's */
		BPF_MAP_TYPE_HASH,  8, 16, 3, 1,       /* 20 */
		BPF_MAP_TYPE_HASH,  1, 2,  5, 4, 7, 1, /* 28, of which each loader has its own */
	};
	static const uint32_t lpm[] = { BPF_MAP_TYPE_HASH, 4, 4, 9 };
	static const struct symbol symbols[] = {
		{ "label", STB_LOCAL, STT_NOTYPE, STV_DEFAULT, 1, 0, 0 },
		{ "maps", STB_LOCAL, STT_SECTION, STV_DEFAULT, 1, 0, 0 },
		{ "first", GLOBAL, 1, 0, 16 },
		{ "second", STB_WEAK, STT_OBJECT, STV_HIDDEN, 1, 16, 20 },
		{ "third", STB_GLOBAL, STT_NOTYPE, STV_DEFAULT, 1, 36, 0 },
		{ "prefixes", GLOBAL, 2, 0, 0 },
		{ "function", STB_GLOBAL, STT_FUNC, STV_DEFAULT, 1, 0, 0 },
		{ "other", GLOBAL, 3, 0, 4 },
	};
	const struct object o = { .parts = { { "maps", maps, sizeof(maps) },
					     { "maps/lpm", lpm, sizeof(lpm) },
					     { "mapsx", array, 4 } },
				  SYMBOLS(symbols) };

	(void)state;
	becomes(&o,
		"old.maps: 64 bytes, type 1, flags 0\n"
		"old.maps: 16 bytes, type 1, flags 0\n"
		"mapsx: 4 bytes, type 1, flags 0\n"
		"label: old.maps+0 of 0, type 0, bind 0, other 0\n"
		"maps: old.maps+0 of 0, type 3, bind 0, other 0\n"
		"first: .maps+0 of 40, type 1, bind 1, other 0\n"
		"second: .maps+40 of 40, type 1, bind 2, other 0\n"
		"third: .maps+80 of 40, type 1, bind 1, other 0\n"
		"prefixes: .maps+120 of 40, type 1, bind 1, other 0\n"
		"function: old.maps+0 of 0, type 2, bind 1, other 0\n"
		"other: mapsx+0 of 4, type 1, bind 1, other 0\n"
		"[.maps] of 160\n"
		"first: +0 of 40 type=2 key_size=4 value_size=8 max_entries=2 map_flags=0\n"
		"second: +40 of 40 type=1 key_size=8 value_size=16 max_entries=3 map_flags=1\n"
		"third: +80 of 40 type=1 key_size=1 value_size=2 max_entries=5 map_flags=4\n"
		"prefixes: +120 of 40 type=1 key_size=4 value_size=4 max_entries=9 map_flags=0\n"
		".maps: 160 bytes, type 1, flags 3\n");
}

/* What the kernel takes nothing else for goes without saying; what is said stands. */
static void what_goes_without_saying_is_filled_in(void **state)
{
	static const struct {
		uint32_t definition[5];
		uint32_t key_size, value_size, flags;
	} rows[] = {
		{ { BPF_MAP_TYPE_HASH }, 0, 0, 0 },
		{ { BPF_MAP_TYPE_ARRAY }, 4, 0, 0 },
		{ { BPF_MAP_TYPE_ARRAY, 3, 8, 1, 1024 }, 3, 8, 1024 },
		{ { BPF_MAP_TYPE_PERCPU_ARRAY }, 4, 0, 0 },
		{ { BPF_MAP_TYPE_PROG_ARRAY }, 4, 4, 0 },
		{ { BPF_MAP_TYPE_PROG_ARRAY, 5, 6 }, 5, 6, 0 },
		{ { BPF_MAP_TYPE_PERF_EVENT_ARRAY }, 4, 4, 0 },
		{ { BPF_MAP_TYPE_DEVMAP }, 4, 4, 0 },
		{ { BPF_MAP_TYPE_DEVMAP, 4, 8 }, 4, 8, 0 },
		{ { BPF_MAP_TYPE_CPUMAP }, 4, 4, 0 },
		{ { BPF_MAP_TYPE_XSKMAP }, 4, 4, 0 },
		{ { BPF_MAP_TYPE_LPM_TRIE }, 0, 0, BPF_F_NO_PREALLOC },
		{ { BPF_MAP_TYPE_LPM_TRIE, 8, 4, 1, BPF_F_RDONLY },
		  8,
		  4,
		  BPF_F_NO_PREALLOC | BPF_F_RDONLY },
	};
	static const struct symbol symbols[] = { { "m", GLOBAL, 1, 0, 20 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint32_t *d = rows[i].definition;
		const struct object o = { .parts = { { "maps", d, sizeof(rows[i].definition) } },
					  SYMBOLS(symbols) };
		char *FREE_AUTO wanted = text_format(
			"old.maps: 20 bytes, type 1, flags 0\nm: .maps+0 of 40, type 1, bind 1, "
			"other 0\n"
			"[.maps] of 40\nm: +0 of 40 type=%u key_size=%u value_size=%u "
			"max_entries=%u "
			"map_flags=%u\n.maps: 40 bytes, type 1, flags 3\n",
			d[0], rows[i].key_size, rows[i].value_size, d[3], rows[i].flags);

		becomes(&o, wanted);
	}
}

/* BTF as clang has it: the offsets in sections are left to the symbols. @type is that of a variable
 * in .maps, if not its own.
 */
static struct btf *both_kinds(uint32_t type)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), sec;

	assert_true(btf__add_var(btf, "newer", BTF_VAR_GLOBAL_ALLOCATED, number) > 0);
	assert_true(btf__add_var(btf, "ways", BTF_VAR_GLOBAL_ALLOCATED, number) > 0);
	assert_true(btf__add_var(btf, "older", BTF_VAR_GLOBAL_ALLOCATED, number) > 0);
	assert_true(btf__add_var(btf, "nobody", BTF_VAR_GLOBAL_ALLOCATED, number) > 0);
	sec = btf__add_datasec(btf, ".maps", 0);
	assert_int_equal(btf__add_datasec_var_info(btf, number + 1, 0, 16), 0);
	assert_int_equal(btf__add_datasec_var_info(btf, number + 2, 0, 12), 0);
	if (type)
		btf_var_secinfos(btf__type_by_id(btf, (uint32_t)sec))->type = type;
	assert_true(btf__add_typedef(btf, "maps", number) > 0); /* is no section */
	(void)btf__add_datasec(btf, "maps", 0);
	assert_int_equal(btf__add_datasec_var_info(btf, number + 3, 0, 20), 0);
	(void)btf__add_datasec(btf, "maps/none", 0);
	(void)btf__add_datasec(btf, "maps/nobody's", 0); /* no symbol is called so */
	assert_int_equal(btf__add_datasec_var_info(btf, number + 4, 0, 4), 0);
	(void)btf__add_datasec(btf, ".data", 4);
	assert_int_equal(btf__add_datasec_var_info(btf, number + 3, 0, 4), 0);
	return btf;
}

static const struct symbol both[] = {
	{ "newer", STB_LOCAL, STT_NOTYPE, STV_DEFAULT, 2, 4, 0 }, /* a label of the same name */
	{ "newer", GLOBAL, 2, 12, 16 },
	{ "ways", GLOBAL, 2, 0, 12 },
	{ "older", GLOBAL, 1, 8, 20 },
};

/* Behind what is there, where the next multiple of 8 is. */
static void both_kinds_stand_in_one_section(void **state)
{
	static const size_t sizes[] = { 28, 32 };
	static const char bytes[32] = { 0 };
	static const uint32_t maps[7] = { 0, 0, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 };
	struct btf *btf = both_kinds(0);
	uint32_t size;
	const void *raw = btf__raw_data(btf, &size);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct object o = { .parts = { { "maps", maps, sizeof(maps) },
						     { ".maps", bytes, sizes[i] },
						     { ".BTF", raw, size } },
					  SYMBOLS(both) };

		becomes(&o, "old.maps: 28 bytes, type 1, flags 0\n"
			    ".maps: 72 bytes, type 1, flags 0\n"
			    "[old.maps] of 28\n"
			    "newer: +12 of 16\n"
			    "ways: +0 of 12\n"
			    "type maps\n"
			    "[old.maps] of 28\n"
			    "older: +8 of 20\n"
			    "[old.maps] of 1\n"
			    "[old.maps] of 4\n"
			    "nobody: +0 of 4\n"
			    "[.data] of 4\n"
			    "older: +0 of 4\n"
			    "[.maps] of 72\n"
			    "newer: +12 of 16\n"
			    "ways: +0 of 12\n"
			    "older: +32 of 40 type=2 key_size=4 value_size=8 max_entries=2 "
			    "map_flags=0\n"
			    "newer: .maps+4 of 0, type 0, bind 0, other 0\n"
			    "newer: .maps+12 of 16, type 1, bind 1, other 0\n"
			    "ways: .maps+0 of 12, type 1, bind 1, other 0\n"
			    "older: .maps+32 of 40, type 1, bind 1, other 0\n");
	}
	btf__free(btf);
}

static void an_object_without_them_stays(void **state)
{
	static const struct symbol symbols[] = { { "m", GLOBAL, 1, 0, 20 } };
	static const char *const names[] = { ".maps", "mapsx", "map", "amaps" };
	static const char text[] = "no object";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct object o = { .parts = { { names[i], array, 20 } }, SYMBOLS(symbols) };
		size_t size;
		void *FREE_AUTO bytes = make(&o, &size);

		refused_bytes(bytes, size, 0, NULL);
	}
	refused_bytes(text, sizeof(text), 0, NULL);
}

/* --- What is not ---------------------------------------------------------------------------- */

static void definitions_that_are_none_are_refused(void **state)
{
	static const struct {
		struct symbol symbol;
		size_t size; /* of the section */
		const char *why;
	} rows[] = {
		{ { "m", GLOBAL, 1, 0, 15 },
		  28,
		  "map m: its definition in section \"maps\" has 15 bytes, "
		  "and at least 16 are needed" },
		{ { "m", GLOBAL, 1, 13, 0 }, 28, "has 15 bytes" },
		{ { "m", GLOBAL, 1, 13, 20 }, 28, "has 15 bytes" },
		{ { "m", GLOBAL, 1, 28, 0 }, 28, "has 0 bytes" },
		{ { "m", GLOBAL, 1, 1000, 0 }, 28, "has 0 bytes" },
		{ { "m", GLOBAL, 1, 0, 0 }, 0, "has 0 bytes" },
		{ { "m", STB_LOCAL, STT_OBJECT, STV_DEFAULT, 1, 0, 20 }, 28, "map m is static" },
		{ { "m", GLOBAL, 1, 0, 16 }, 28, NULL },
		{ { "m", GLOBAL, 1, 12, 0 }, 28, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct symbol symbols[] = { rows[i].symbol, { "n", GLOBAL, 1, 0, 16 } };
		const struct object o = { .parts = { { "maps", array, rows[i].size } },
					  .symbols = symbols,
					  .n_symbols = 1 + (rows[i].size != 0) };
		struct error ERROR_AUTO e = ERROR_INIT;
		size_t size, out_size;
		void *FREE_AUTO bytes = make(&o, &size), *FREE_AUTO out = NULL;

		if (rows[i].why)
			refused_bytes(bytes, size, -EINVAL, rows[i].why);
		else
			assert_int_equal(object_maps_convert(bytes, size, &out, &out_size, &e), 0);
	}
}

static void so_many_maps_and_no_more(void **state)
{
	struct symbol *FREE_AUTO symbols = xcalloc(1025, sizeof(*symbols));

	(void)state;
	for (size_t i = 0; i < 1025; i++)
		symbols[i] = (struct symbol){ "m", GLOBAL, 1, 0, 20 };
	for (size_t n = 1024; n <= 1025; n++) {
		const struct object o = { .parts = { { "maps", array, 20 } },
					  .symbols = symbols,
					  .n_symbols = n };
		struct error ERROR_AUTO e = ERROR_INIT;
		size_t size, out_size;
		void *FREE_AUTO bytes = make(&o, &size), *FREE_AUTO out = NULL;

		if (n > 1024)
			refused_bytes(bytes, size, -EINVAL, "the object has over 1024 maps");
		else
			assert_int_equal(object_maps_convert(bytes, size, &out, &out_size, &e), 0);
	}
}

static void no_symbols_are_refused(void **state)
{
	const struct object o = { .parts = { { "maps", array, 20 } } };

	(void)state;
	refused(&o, "the object has maps, and no symbols that name them");
}

/* Sections may lie over each other, up to what the file has; only what is in it counts. */
static void sections_larger_than_the_file_are_refused(void **state)
{
	static const struct symbol symbols[] = { { "m", GLOBAL, 1, 0, 20 } };
	static const struct {
		uint32_t type;
		int more; /* than all sections may have */
		uint64_t align;
		bool refused;
	} rows[] = {
		{ SHT_PROGBITS, 0, 1, false },	   { SHT_PROGBITS, 1, 1, true },
		{ SHT_NOBITS, 1 << 20, 1, false }, { SHT_PROGBITS, 0, 65536, false },
		{ SHT_PROGBITS, 0, 65537, true },  { SHT_NOBITS, 0, 65536, false },
		{ SHT_NOBITS, 0, 65537, true },
	};
	const struct object o = { .parts = { { "maps", array, 20 }, { "any", array, 20 } },
				  SYMBOLS(symbols) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		size_t size, out_size, others = 0;
		void *FREE_AUTO bytes = make(&o, &size), *FREE_AUTO out = NULL;
		Elf64_Ehdr *head = bytes;
		Elf64_Shdr *sections = (void *)((char *)bytes + head->e_shoff);

		for (size_t k = 0; k < head->e_shnum; k++)
			others += k == 2 ? 0 : sections[k].sh_size;
		sections[2].sh_type = rows[i].type;
		sections[2].sh_offset = 0;
		sections[2].sh_size = size - others + (size_t)rows[i].more;
		sections[2].sh_addralign = rows[i].align;
		if (rows[i].refused)
			refused_bytes(bytes, size, -EINVAL,
				      "its sections are larger than the file");
		else if (object_maps_convert(bytes, size, &out, &out_size, &e))
			fail_msg("row %zu: %s", i, e.text);
	}
}

/* So libelf has none of its bytes, which are read of the one, and are to be ours in the other. */
static void sections_beyond_the_file_are_refused(void **state)
{
	static const struct symbol symbols[] = { { "m", GLOBAL, 1, 0, 0 } };
	static const char *const why[] = { [1] = "map m: its definition in section \"maps\" has 0 "
						 "bytes",
					   [2] = "its section \"maps\" cannot be converted" };
	const struct object o = { .parts = { { "maps", array, 28 }, { ".maps", array, 28 } },
				  SYMBOLS(symbols) };

	(void)state;
	for (size_t part = 1; part < ARRAY_SIZE(why); part++) {
		size_t size;
		void *FREE_AUTO bytes = make(&o, &size);
		Elf64_Shdr *sections = (void *)((char *)bytes + ((Elf64_Ehdr *)bytes)->e_shoff);

		sections[part].sh_offset = 1 << 30;
		refused_bytes(bytes, size, -EINVAL, why[part]);
	}
}

/* What libelf needs a file for. */
static void a_file_in_memory_that_fails(void **state)
{
	static const struct symbol symbols[] = { { "m", GLOBAL, 1, 0, 20 } };
	const struct object o = { .parts = { { "maps", array, 20 } }, SYMBOLS(symbols) };
	static const struct {
		enum call call;
		int err, told;
		const char *why;
	} rows[] = {
		{ MAKE, EMFILE, -EMFILE, "cannot make a file in memory" },
		{ WRITE, ENOMEM, -ENOMEM, "cannot write a file in memory" },
		{ WRITE, 0, -ENOSPC, "cannot write a file in memory" },
		{ READ, EIO, -EIO, "cannot read the object back" },
		{ READ, 0, -EIO, "cannot read the object back" },
	};
	size_t size;
	void *FREE_AUTO bytes = make(&o, &size);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		failing = rows[i].call;
		failing_err = rows[i].err;
		whole = size;
		refused_bytes(bytes, size, rows[i].told, rows[i].why);
	}
}

/* Types that are none, in the section that gets ours, too. */
static void damaged_types_are_refused(void **state)
{
	static const struct symbol no_name[] = { { "", GLOBAL, 1, 0, 20 } };
	struct btf *btf = both_kinds(0x80000000);
	uint32_t size;
	const void *raw = btf__raw_data(btf, &size);
	const struct object o = { .parts = { { "maps", array, 28 },
					     { ".maps", array, 28 },
					     { ".BTF", raw, size } },
				  SYMBOLS(both) },
			    none = { .parts = { { "maps", array, 28 },
						{ ".maps", array, 28 },
						{ ".BTF", "none", 4 } },
				     SYMBOLS(both) },
			    nameless = { .parts = { { "maps", array, 28 } }, SYMBOLS(no_name) };

	(void)state;
	refused(&o, "the BTF of the object cannot tell of its maps");
	refused(&nameless, "the BTF of the object cannot tell of its maps");
	refused(&none, "the BTF of the object cannot tell of its maps");
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definitions_become_variables),
		cmocka_unit_test(what_goes_without_saying_is_filled_in),
		cmocka_unit_test(both_kinds_stand_in_one_section),
		cmocka_unit_test(an_object_without_them_stays),
		cmocka_unit_test(definitions_that_are_none_are_refused),
		cmocka_unit_test(so_many_maps_and_no_more),
		cmocka_unit_test(no_symbols_are_refused),
		cmocka_unit_test(sections_larger_than_the_file_are_refused),
		cmocka_unit_test(sections_beyond_the_file_are_refused),
		cmocka_unit_test(a_file_in_memory_that_fails),
		cmocka_unit_test(damaged_types_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
