// SPDX-License-Identifier: GPL-2.0-or-later
/* Objects changed before libbpf opens them: a small one that is made here, byte by byte. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/util/object_bytes.h"

enum { NONE, CODE, SYMBOLS, STRINGS, BSS, SECTIONS };

/* A name that is looked for stands behind the end of both tables, too, where nobody may look. */
struct object {
	Elf64_Ehdr head;
	char code[20]; /* first has 0-7, second 8-19 */
	char names[48];
	Elf64_Sym symbols[5], no_symbol;
	Elf64_Shdr sections[SECTIONS], no_section;
	char end[5]; /* its size is no multiple of what sections are aligned to */
};

#define SIZE (offsetof(struct object, end) + sizeof(((struct object *)0)->end))

#define NAMES "\0.symtab\0.strtab\0.bss\0first\0second\0far\0.behind"

static size_t name(const char *text)
{
	return (size_t)((const char *)memmem(NAMES, sizeof(NAMES), text, strlen(text) + 1) - NAMES);
}

static Elf64_Sym symbol(const char *text, uint16_t section, size_t value, size_t size)
{
	return (Elf64_Sym){ .st_name = (uint32_t)name(text),
			    .st_shndx = section,
			    .st_value = value,
			    .st_size = size };
}

static Elf64_Shdr section(const char *text, size_t offset, size_t size)
{
	return (Elf64_Shdr){ .sh_name = (uint32_t)name(text),
			     .sh_offset = offset,
			     .sh_size = size };
}

#define PART(member) offsetof(struct object, member), sizeof(((struct object *)0)->member)

static struct object *make(void)
{
	static const char code[] = "FFFFFFFFsecondsecond";
	struct object *o = xcalloc(1, sizeof(*o));

	o->head.e_shoff = offsetof(struct object, sections);
	o->head.e_shnum = SECTIONS;
	o->head.e_shstrndx = STRINGS;
	memcpy(o->code, code, sizeof(o->code));
	memcpy(o->names, NAMES, sizeof(NAMES));
	memcpy(o->end, "end", 4);
	o->symbols[1] = symbol("first", CODE, 0, 8);
	o->symbols[2] = symbol("second", CODE, 8, 12);
	o->symbols[3] = symbol("far", SECTIONS, 0, 0);
	o->symbols[4] = symbol(".bss", BSS, 24, 8);
	o->no_symbol = symbol(".behind", CODE, 8, 12);
	o->sections[CODE] = section("", PART(code));
	o->sections[SYMBOLS] = section(".symtab", PART(symbols));
	o->sections[STRINGS] = section(".strtab", PART(names));
	o->sections[BSS] = section(".bss", 0, 32);
	o->no_section = section(".bss", 0, 32);
	return o;
}

static void only_bss_is_lengthened(void **state)
{
	struct object *FREE_AUTO was = make();
	struct object *FREE_AUTO is = make();

	(void)state;
	assert_int_equal(object_lengthen(is, 4096), 0);
	was->sections[BSS].sh_size = 4096;
	assert_memory_equal(is, was, SIZE);
	is->sections[BSS].sh_name = 0;
	was->sections[BSS].sh_name = 0;
	assert_int_equal(object_lengthen(is, 8192), -ENOENT);
	assert_memory_equal(is, was, SIZE);
}

static void only_one_symbol_is_moved(void **state)
{
	struct object *FREE_AUTO was = make();
	struct object *FREE_AUTO is = make();

	(void)state;
	assert_int_equal(object_move_symbol(is, ".bss", 100), 0);
	was->symbols[4].st_value += 100;
	assert_memory_equal(is, was, SIZE);
	assert_int_equal(object_move_symbol(is, ".behind", 100), -ENOENT);
	assert_memory_equal(is, was, SIZE);
}

static void none_without_tables(void **state)
{
	(void)state;
	for (int i = SYMBOLS; i <= STRINGS; i++) {
		struct object *FREE_AUTO is = make();

		is->sections[i].sh_name = 0;
		assert_int_equal(object_move_symbol(is, "first", 8), -ENOENT);
	}
}

/* Behind all that was there, at a multiple of 8. */
static void a_function_gets_other_code(void **state)
{
	static const char code[] = "other code, which is longer";
	struct object *FREE_AUTO was = make();
	struct object *is = make();
	size_t size = SIZE, at = (SIZE + 7) / 8 * 8;
	void *bytes = is;

	(void)state;
	assert_true(SIZE % 8);
	assert_int_equal(object_graft(&bytes, &size, "none", code, 8), -ENOENT);
	assert_int_equal(object_graft(&bytes, &size, ".behind", code, 8), -ENOENT);
	assert_int_equal(object_graft(&bytes, &size, "far", code, 8), -ENOENT);
	assert_int_equal(object_graft(&bytes, &size, "first", code, 8), -EINVAL);
	assert_ptr_equal(bytes, is);
	assert_memory_equal(bytes, was, SIZE);

	assert_int_equal(object_graft(&bytes, &size, "second", code, sizeof(code)), 0);
	assert_int_equal(size, at + 8 + sizeof(code));
	was->sections[CODE].sh_offset = at;
	was->sections[CODE].sh_size = 8 + sizeof(code);
	was->symbols[2].st_size = sizeof(code);
	assert_memory_equal(bytes, was, SIZE);
	assert_memory_equal((char *)bytes + at, "FFFFFFFF", 8);
	assert_memory_equal((char *)bytes + at + 8, code, sizeof(code));

	/* and once more, where it is now: that size is a multiple of 8 */
	at = size;
	assert_int_equal(size % 8, 4);
	at += 4;
	assert_int_equal(object_graft(&bytes, &size, "second", "four", 4), 0);
	assert_int_equal(size, at + 12);
	assert_memory_equal((char *)bytes + at, "FFFFFFFFfour", 12);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_bss_is_lengthened),
		cmocka_unit_test(only_one_symbol_is_moved),
		cmocka_unit_test(none_without_tables),
		cmocka_unit_test(a_function_gets_other_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
