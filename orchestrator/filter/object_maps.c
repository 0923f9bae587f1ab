// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps defined the old way,
 *
 *   struct bpf_map_def SEC("maps") seen = { .type = …, .key_size = 4, … };
 *
 * are a symbol and some numbers in a section "maps" (or "maps/…"). libbpf takes them no more since
 * 1.0, but Aya and cilium/ebpf do, and compilers go on making them. So they become what libbpf
 * takes, a variable for each in a section ".maps", whose type has the numbers:
 *
 *   struct { int (*type)[…]; int (*key_size)[4]; … } seen;
 *
 * The symbols move to that section, and what refers to them follows. Where an object has such a
 * section as well, they come behind what is there.
 */
#include "orchestrator/filter/object_maps.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gelf.h>
#include <linux/bpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/typed_value.h"

/* How each definition begins, 4 bytes each, the oldest without the last; behind them come an id,
 * pinning and inner maps, each loader's in its own way.
 */
enum { TYPE, KEY_SIZE, VALUE_SIZE, ENTRIES, FLAGS, FIELDS };
static const char *const fields[FIELDS] = {
	[TYPE] = "type",	   [KEY_SIZE] = "key_size", [VALUE_SIZE] = "value_size",
	[ENTRIES] = "max_entries", [FLAGS] = "map_flags",
};
#define FIELDS_MIN FLAGS

#define FIELD_BITS 64 /* of the variable that stands for a map: pointers */
#define NEW_SIZE   (FIELDS * FIELD_BITS / 8)
#define MAPS_MAX   1024
#define ALIGN_MAX  65536

struct old_map {
	int number; /* of its symbol */
	GElf_Sym symbol;
	const char *name;
	uint32_t values[FIELDS];
	int variable; /* in BTF */
};

struct conversion {
	Elf *elf;
	size_t names; /* the section with the sections' names */
	Elf_Scn *symtab;
	size_t strings; /* the section with the symbols' names */
	struct old_map *maps;
	size_t n;
	Elf_Scn *today;	    /* the section ".maps" of an object that has both kinds, or NULL */
	size_t today_bytes; /* what is in it: the others come behind */
	uint32_t today_id;  /* what BTF says of it, or 0 */
	struct btf *btf;
	char *new_names, *new_maps;
};

/* Of which the kernel takes nothing else, so that some loaders fill them in where a definition has
 * 0; flags are added.
 */
static const struct {
	uint32_t type, key_size, value_size, flags;
} only_choice[] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 0, 0 },      { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 0, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 0 }, { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0 },
	{ BPF_MAP_TYPE_DEVMAP, 4, 4, 0 },     { BPF_MAP_TYPE_CPUMAP, 4, 4, 0 },
	{ BPF_MAP_TYPE_XSKMAP, 4, 4, 0 },     { BPF_MAP_TYPE_LPM_TRIE, 0, 0, BPF_F_NO_PREALLOC },
};

static void fill_in(struct old_map *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(only_choice); i++) {
		if (m->values[TYPE] != only_choice[i].type)
			continue;
		if (!m->values[KEY_SIZE])
			m->values[KEY_SIZE] = only_choice[i].key_size;
		if (!m->values[VALUE_SIZE])
			m->values[VALUE_SIZE] = only_choice[i].value_size;
		m->values[FLAGS] |= only_choice[i].flags;
	}
}

static const char *section_name(const struct conversion *c, Elf_Scn *scn, GElf_Shdr *header)
{
	const char *name = NULL;

	if (gelf_getshdr(scn, header))
		name = elf_strptr(c->elf, c->names, header->sh_name);
	return name ? name : "";
}

static bool is_old(const char *section)
{
	return !strcmp(section, "maps") || !strncmp(section, "maps/", 5);
}

static Elf_Scn *find_section(const struct conversion *c, const char *wanted)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(c->elf, scn)))
		if (!strcmp(section_name(c, scn, &header), wanted))
			return scn;
	return NULL;
}

static bool is_needed(const struct conversion *c)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	bool old = false;

	while ((scn = elf_nextscn(c->elf, scn)))
		old |= is_old(section_name(c, scn, &header));
	return old;
}

static int failed(struct error *e)
{
	return error_input(e, "its section \"maps\" cannot be converted: %s", elf_errmsg(-1));
}

/* Sections that lie over each other, or that are aligned to anything, would make a huge file. */
static int check_sections(struct conversion *c, size_t size, struct error *e)
{
	Elf_Scn *scn = NULL;
	GElf_Xword in_file;
	GElf_Shdr header;

	while ((scn = elf_nextscn(c->elf, scn))) {
		if (!gelf_getshdr(scn, &header))
			return failed(e);
		if (header.sh_type == SHT_SYMTAB) {
			c->symtab = scn;
			c->strings = header.sh_link;
		}
		in_file = header.sh_type == SHT_NOBITS ? 0 : header.sh_size;
		if (in_file > size || header.sh_addralign > ALIGN_MAX)
			return error_input(e, "the object is damaged: its sections are larger than "
					      "the file");
		size -= in_file;
	}
	return c->symtab ? 0 : error_input(e, "the object has maps, and no symbols that name them");
}

static int add_map(struct conversion *c, int number, const GElf_Sym *s, Elf_Scn *scn,
		   struct error *e)
{
	const char *name = elf_strptr(c->elf, c->strings, s->st_name);
	Elf_Data *data = elf_getdata(scn, NULL);
	uint64_t size = data ? data->d_size : 0, left;
	struct old_map *m;

	left = size - MIN(s->st_value, size);
	if (s->st_size && s->st_size < left)
		left = s->st_size;
	if (!name || left < FIELDS_MIN * sizeof(m->values[0]))
		return error_input(e,
				   "map %s: its definition in section \"maps\" has %llu bytes, and "
				   "at least %zu are needed: type, key size, value size, entries",
				   name ? name : "", (unsigned long long)left,
				   FIELDS_MIN * sizeof(m->values[0]));
	if (GELF_ST_BIND(s->st_info) == STB_LOCAL)
		return error_input(e, "map %s is static, which libbpf takes no map to be", name);
	if (c->n == MAPS_MAX)
		return error_input(e, "the object has over %d maps", MAPS_MAX);
	m = array_add(&c->maps, &c->n, sizeof(*m));
	m->number = number;
	m->symbol = *s;
	m->name = name;
	memcpy(m->values, (const char *)data->d_buf + s->st_value, MIN(left, sizeof(m->values)));
	fill_in(m);
	return 0;
}

/* Labels of the compiler's are local, too. */
static bool names_map(const GElf_Sym *s)
{
	unsigned char type = GELF_ST_TYPE(s->st_info);

	return type == STT_OBJECT || (type == STT_NOTYPE && GELF_ST_BIND(s->st_info) != STB_LOCAL);
}

static int find_maps(struct conversion *c, struct error *e)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL);
	GElf_Sym s;
	int err = 0;

	for (int i = 0; gelf_getsym(symbols, i, &s) && !err; i++) {
		Elf_Scn *scn = elf_getscn(c->elf, s.st_shndx);
		GElf_Shdr header;

		if (names_map(&s) && is_old(section_name(c, scn, &header)))
			err = add_map(c, i, &s, scn, e);
	}
	return err;
}

/* Where the variable @name is in its section, or 0. */
static uint32_t offset_of(const struct conversion *c, const char *name)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL);
	GElf_Sym s;

	for (int i = 0; gelf_getsym(symbols, i, &s); i++) {
		const char *called = elf_strptr(c->elf, c->strings, s.st_name);

		if (GELF_ST_TYPE(s.st_info) == STT_OBJECT && called && !strcmp(called, name))
			return (uint32_t)s.st_value;
	}
	return 0;
}

/* The section that a DATASEC of the object's own BTF describes is going to be another one's: it
 * gets a name that is no section's, and what libbpf would have asked the section for.
 */
static void retire(struct conversion *c, struct btf_type *sec, uint32_t name)
{
	struct btf_var_secinfo *v = btf_var_secinfos(sec);

	sec->name_off = name;
	sec->size = 1; /* with none it would ask all the same */
	for (int i = 0; i < btf_vlen(sec); i++, v++) {
		const struct btf_type *var = btf__type_by_id(c->btf, v->type);

		v->offset = offset_of(c, var ? typed_value_name(c->btf, var->name_off) : "");
		sec->size = MAX(sec->size, v->offset + v->size);
	}
}

static int retire_all(struct conversion *c)
{
	int name = btf__add_str(c->btf, "old.maps");

	for (uint32_t id = 1; id < btf__type_cnt(c->btf); id++) {
		/* Ours to change: since the string was added it is no longer the raw data. */
		struct btf_type *t = (struct btf_type *)(uintptr_t)btf__type_by_id(c->btf, id);
		const char *called = typed_value_name(c->btf, t->name_off);

		if (!btf_is_datasec(t))
			continue;
		if (!strcmp(called, ".maps"))
			c->today_id = id;
		if (is_old(called) || id == c->today_id)
			retire(c, t, (uint32_t)name);
	}
	return MIN(name, 0);
}

/* The type that says what the map is; its variable. A type that could not be added is none to
 * refer to: what would is not added, either.
 */
static int add_variable(struct btf *btf, int number, const struct old_map *m)
{
	int ids[FIELDS], id, err = 0;

	/* Fields go to the type that was added last, so what they point to comes before. */
	for (size_t i = 0; i < FIELDS; i++)
		ids[i] = btf__add_ptr(btf, btf__add_array(btf, number, number, m->values[i]));
	id = btf__add_struct(btf, NULL, NEW_SIZE);
	for (size_t i = 0; i < FIELDS && !err; i++)
		err = btf__add_field(btf, fields[i], ids[i], (uint32_t)i * FIELD_BITS, 0);
	return err ? err : btf__add_var(btf, m->name, BTF_VAR_GLOBAL_ALLOCATED, id);
}

static size_t new_bytes(const struct conversion *c)
{
	return c->today_bytes + c->n * NEW_SIZE;
}

/* The variables that were in the section before. */
static int add_todays(struct conversion *c)
{
	int n = c->today_id ? btf_vlen(btf__type_by_id(c->btf, c->today_id)) : 0, err = 0;

	for (int i = 0; i < n && !err; i++) {
		/* Anew each time: what is added may move them. */
		struct btf_var_secinfo v =
			btf_var_secinfos(btf__type_by_id(c->btf, c->today_id))[i];

		err = btf__add_datasec_var_info(c->btf, (int)v.type, v.offset, v.size);
	}
	return err;
}

static int add_variables(struct conversion *c)
{
	int number = btf__add_int(c->btf, "int", sizeof(int), BTF_INT_SIGNED), err;

	for (size_t i = 0; i < c->n; i++)
		c->maps[i].variable = add_variable(c->btf, number, &c->maps[i]);
	(void)btf__add_datasec(c->btf, ".maps", (uint32_t)new_bytes(c));
	err = add_todays(c);
	for (size_t i = 0; i < c->n && !err; i++)
		err = btf__add_datasec_var_info(c->btf, c->maps[i].variable,
						(uint32_t)(c->today_bytes + i * NEW_SIZE),
						NEW_SIZE);
	return err;
}

/* The object's own types, if it has any, and those of the maps. */
static int make_btf(struct conversion *c, struct error *e)
{
	Elf_Scn *scn = find_section(c, ".BTF");
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	int err;

	c->btf = data && data->d_size ? btf__new(data->d_buf, (uint32_t)data->d_size)
				      : btf__new_empty();
	err = c->btf ? retire_all(c) : -errno;
	if (!err)
		err = add_variables(c);
	return err ? error_sys(e, err, "the BTF of the object cannot tell of its maps") : 0;
}

/* Let the section's data be these. False: it is none, or libelf has no data of it. */
static bool put(Elf_Scn *scn, void *bytes, size_t size)
{
	Elf_Data *data = elf_getdata(scn, NULL);

	if (!data)
		return false;
	data->d_buf = bytes;
	data->d_size = size;
	(void)elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return true;
}

/* A new section, its name at @name of the names. */
static Elf_Scn *add_section(struct conversion *c, size_t name, uint64_t flags)
{
	Elf_Scn *scn = elf_newscn(c->elf);
	GElf_Shdr header;

	if (!scn || !gelf_getshdr(scn, &header) || !elf_newdata(scn))
		return NULL;
	header.sh_name = (GElf_Word)name;
	header.sh_type = SHT_PROGBITS;
	header.sh_flags = flags;
	header.sh_addralign = 8;
	return gelf_update_shdr(scn, &header) ? scn : NULL;
}

static const char new_names[] = "\0.maps\0.BTF\0old.maps";
enum { NAME_MAPS = 1, NAME_BTF = 7, NAME_OLD = 12 };

/* Room for the new names behind the old ones, of which there are some; *@at: where they are. */
static bool add_names(struct conversion *c, size_t *at)
{
	Elf_Scn *scn = elf_getscn(c->elf, c->names);
	const Elf_Data *data = elf_getdata(scn, NULL);

	*at = data->d_size;
	c->new_names = xcalloc(1, *at + sizeof(new_names));
	memcpy(c->new_names, data->d_buf, *at);
	memcpy(c->new_names + *at, new_names, sizeof(new_names));
	return put(scn, c->new_names, *at + sizeof(new_names));
}

static bool rename_old(const struct conversion *c, size_t name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	bool renamed = true;

	while ((scn = elf_nextscn(c->elf, scn))) {
		if (!is_old(section_name(c, scn, &header)))
			continue;
		header.sh_name = (GElf_Word)name;
		renamed &= gelf_update_shdr(scn, &header) != 0;
	}
	return renamed;
}

static bool move_symbols(const struct conversion *c, size_t section)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL);
	bool moved = true;

	for (size_t i = 0; i < c->n; i++) {
		GElf_Sym s = c->maps[i].symbol;

		/* Of an assembler, or hidden from other objects: libbpf wants neither. */
		s.st_info = GELF_ST_INFO(GELF_ST_BIND(s.st_info), STT_OBJECT);
		s.st_other = STV_DEFAULT;
		s.st_shndx = (GElf_Section)section;
		s.st_value = c->today_bytes + i * NEW_SIZE;
		s.st_size = NEW_SIZE;
		moved &= gelf_update_sym(symbols, c->maps[i].number, &s) != 0;
	}
	return moved;
}

/* *@size: that of the whole file, then. */
static int rewrite(struct conversion *c, size_t *size, struct error *e)
{
	Elf_Scn *btf = find_section(c, ".BTF"), *maps;
	uint32_t btf_size = 0;
	const void *raw = btf__raw_data(c->btf, &btf_size);
	int64_t written;
	size_t at;

	if (!raw)
		return error_sys(e, -ENOMEM, "cannot write the BTF of the object's maps");
	if (!add_names(c, &at) || !rename_old(c, at + NAME_OLD))
		return failed(e);
	if (!btf)
		btf = add_section(c, at + NAME_BTF, 0);
	maps = c->today ? c->today : add_section(c, at + NAME_MAPS, SHF_ALLOC | SHF_WRITE);
	if (elf_ndxscn(maps) >= SHN_LORESERVE)
		return failed(e);
	/* Nobody reads what is in it. */
	c->new_maps = xcalloc(1, new_bytes(c));
	if (!put(maps, c->new_maps, new_bytes(c)) || !put(btf, (void *)(uintptr_t)raw, btf_size) ||
	    !move_symbols(c, elf_ndxscn(maps)))
		return failed(e);
	written = elf_update(c->elf, ELF_C_WRITE);
	if (written < 0)
		return failed(e);
	*size = (size_t)written;
	return 0;
}

static int convert(struct conversion *c, size_t *size, struct error *e)
{
	int err = check_sections(c, *size, e);
	Elf_Data *data;

	c->today = find_section(c, ".maps");
	data = c->today ? elf_getdata(c->today, NULL) : NULL;
	c->today_bytes = data ? (data->d_size + 7) & ~(size_t)7 : 0;
	if (!err)
		err = find_maps(c, e);
	if (!err)
		err = make_btf(c, e);
	return err ? err : rewrite(c, size, e);
}

static int read_back(int fd, size_t size, void **out, struct error *e)
{
	char *FREE_AUTO bytes = xreallocarray(NULL, 1, size);
	ssize_t n = pread(fd, bytes, size, 0);

	if (n != (ssize_t)size)
		return error_sys(e, n < 0 ? -errno : -EIO, "cannot read the object back");
	*out = steal_pointer(&bytes);
	return 0;
}

/* A file in memory, since libelf writes to files only. */
static int open_file(const void *bytes, size_t size, struct error *e)
{
	int FD_AUTO fd = memfd_create("object", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(e, -errno, "cannot make a file in memory");
	if (write(fd, bytes, size) != (ssize_t)size)
		return error_sys(e, errno ? -errno : -ENOSPC, "cannot write a file in memory");
	return steal_fd(&fd);
}

static int convert_file(int fd, size_t size, void **out, size_t *out_size, struct error *e)
{
	struct conversion c = { .elf = elf_begin(fd, ELF_C_RDWR, NULL) };
	bool needed = c.elf && !elf_getshdrstrndx(c.elf, &c.names) && is_needed(&c);
	int err = needed ? convert(&c, &size, e) : 0;

	(void)elf_end(c.elf);
	btf__free(c.btf);
	free(c.maps);
	free(c.new_names);
	free(c.new_maps);
	*out_size = size;
	return err || !needed ? err : read_back(fd, size, out, e);
}

int object_maps_convert(const void *bytes, size_t size, void **out, size_t *out_size,
			struct error *e)
{
	int FD_AUTO fd = open_file(bytes, size, e);

	*out = NULL;
	(void)elf_version(EV_CURRENT);
	return fd < 0 ? fd : convert_file(fd, size, out, out_size, e);
}
