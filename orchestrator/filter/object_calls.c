// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands in a PROG_ARRAY from the start is written as the values of its definition:
 *
 *   struct { … __array(values, int(void *)); } jumps SEC(".maps") = { .values = { [1] = &f } };
 *
 * which makes relocations of the section .maps that name f.
 */
#include "orchestrator/filter/object_calls.h"

#include <string.h>

#include <bpf/libbpf.h>
#include <gelf.h>

#include "lab/array.h"

bool object_calls_has(const struct object_calls *calls, const struct bpf_program *prog)
{
	for (size_t i = 0; i < calls->n; i++)
		if (calls->progs[i] == prog)
			return true;
	return false;
}

static void add(struct object_calls *calls, struct bpf_object *obj, const char *name)
{
	/* Names of maps stand there, too. */
	struct bpf_program *prog = name ? bpf_object__find_program_by_name(obj, name) : NULL;

	if (prog && !object_calls_has(calls, prog))
		*(struct bpf_program **)array_add(&calls->progs, &calls->n, sizeof(void *)) = prog;
}

/* Of the relocations in @rel. */
static void add_all(struct object_calls *calls, struct bpf_object *obj, Elf *elf, Elf_Scn *rel,
		    const GElf_Shdr *header)
{
	Elf_Scn *table = elf_getscn(elf, header->sh_link);
	Elf_Data *rels = elf_getdata(rel, NULL), *symbols = elf_getdata(table, NULL);
	GElf_Shdr symtab;
	GElf_Sym symbol;
	GElf_Rel r;

	if (!rels || !symbols || !gelf_getshdr(table, &symtab))
		return;
	for (int i = 0; gelf_getrel(rels, i, &r); i++)
		if (gelf_getsym(symbols, (int)GELF_R_SYM(r.r_info), &symbol))
			add(calls, obj, elf_strptr(elf, symtab.sh_link, symbol.st_name));
}

static bool is_maps(Elf *elf, size_t section)
{
	Elf_Scn *scn = elf_getscn(elf, section);
	size_t names = 0;
	GElf_Shdr header;
	const char *name;

	if (elf_getshdrstrndx(elf, &names) || !gelf_getshdr(scn, &header))
		return false;
	name = elf_strptr(elf, names, header.sh_name);
	return name && !strcmp(name, ".maps");
}

void object_calls_find(struct object_calls *calls, struct bpf_object *obj, const void *bytes,
		       size_t size)
{
	Elf_Scn *scn = NULL;
	Elf *elf;

	*calls = (struct object_calls){ 0 };
	(void)elf_version(EV_CURRENT);
	/* Nothing is written there. */
	elf = elf_memory((char *)(uintptr_t)bytes, size);
	while (elf && (scn = elf_nextscn(elf, scn))) {
		GElf_Shdr header;

		if (gelf_getshdr(scn, &header) && header.sh_type == SHT_REL &&
		    is_maps(elf, header.sh_info))
			add_all(calls, obj, elf, scn, &header);
	}
	(void)elf_end(elf);
}
