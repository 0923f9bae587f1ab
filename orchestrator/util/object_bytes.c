// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF as clang writes it for BPF: little more than sections and symbols. */
#include "orchestrator/util/object_bytes.h"

#include <errno.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"

static Elf64_Shdr *section_at(void *bytes, size_t i)
{
	const Elf64_Ehdr *elf = bytes;

	return i < elf->e_shnum ? (Elf64_Shdr *)(void *)((char *)bytes + elf->e_shoff) + i : NULL;
}

static Elf64_Shdr *find_section(void *bytes, const char *name)
{
	char *start = bytes;
	const Elf64_Ehdr *elf = bytes;
	Elf64_Shdr *sections = (void *)(start + elf->e_shoff);
	const char *names = start + sections[elf->e_shstrndx].sh_offset;

	for (size_t i = 0; i < elf->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, name))
			return &sections[i];
	return NULL;
}

static Elf64_Sym *find_symbol(void *bytes, const char *name)
{
	const Elf64_Shdr *table = find_section(bytes, ".symtab");
	const Elf64_Shdr *strings = find_section(bytes, ".strtab");
	char *start = bytes;

	for (size_t i = 0; table && strings && i < table->sh_size / sizeof(Elf64_Sym); i++) {
		Elf64_Sym *symbol = (Elf64_Sym *)(void *)(start + table->sh_offset) + i;

		if (!strcmp(start + strings->sh_offset + symbol->st_name, name))
			return symbol;
	}
	return NULL;
}

int object_lengthen(void *bytes, size_t size)
{
	Elf64_Shdr *bss = find_section(bytes, ".bss");

	if (!bss)
		return -ENOENT;
	bss->sh_size = size;
	return 0;
}

int object_move_symbol(void *bytes, const char *name, size_t by)
{
	Elf64_Sym *symbol = find_symbol(bytes, name);

	if (!symbol)
		return -ENOENT;
	symbol->st_value += by;
	return 0;
}

#define SECTION_ALIGN 8

int object_graft(void **bytes, size_t *size, const char *function, const void *code,
		 size_t code_size)
{
	Elf64_Sym *symbol = find_symbol(*bytes, function);
	Elf64_Shdr *section = symbol ? section_at(*bytes, symbol->st_shndx) : NULL;
	size_t at = (*size + SECTION_ALIGN - 1) & ~(size_t)(SECTION_ALIGN - 1), before;
	char *grown;

	if (!section)
		return -ENOENT;
	before = symbol->st_value;
	if (before + symbol->st_size != section->sh_size)
		return -EINVAL;
	/* The section moves behind all others, where there is room. */
	grown = xcalloc(1, at + before + code_size);
	memcpy(grown + at, (char *)*bytes + section->sh_offset, before);
	memcpy(grown + at + before, code, code_size);
	section->sh_offset = at;
	section->sh_size = before + code_size;
	symbol->st_size = code_size;
	memcpy(grown, *bytes, *size);
	free(*bytes);
	*bytes = grown;
	*size = at + before + code_size;
	return 0;
}
