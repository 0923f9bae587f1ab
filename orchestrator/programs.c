// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

/* The skeletons below use their types. */
#include "bpf/rules.h"
#include "bpf/xlab.h"

#include "bpf/aborted.skel.h"
#include "bpf/drop.skel.h"
#include "bpf/ether.skel.h"
#include "bpf/headers.skel.h"
#include "bpf/hello.skel.h"
#include "bpf/ip.skel.h"
#include "bpf/pass.skel.h"
#include "bpf/port.skel.h"
#include "bpf/redirect.skel.h"
#include "bpf/tx.skel.h"
#include "bpf/unchecked.skel.h"
#include "lab/cleanup.h"
#include "orchestrator/object_file.h"
#include "orchestrator/rules.h"

/* The function of each has the program's own name. */
static const struct {
	const void *(*bytes)(size_t *size);
	const char *function;
} programs[] = {
	[PROGRAM_HELLO] = { hello_bpf__elf_bytes, "hello" },
	[PROGRAM_HEADERS] = { headers_bpf__elf_bytes, "headers" },
	[PROGRAM_ETHER] = { ether_bpf__elf_bytes, "ether" },
	[PROGRAM_IP] = { ip_bpf__elf_bytes, "ip" },
	[PROGRAM_PORT] = { port_bpf__elf_bytes, "port" },
	[PROGRAM_PASS] = { pass_bpf__elf_bytes, "pass" },
	[PROGRAM_DROP] = { drop_bpf__elf_bytes, "drop" },
	[PROGRAM_ABORTED] = { aborted_bpf__elf_bytes, "aborted" },
	[PROGRAM_TX] = { tx_bpf__elf_bytes, "tx" },
	[PROGRAM_REDIRECT] = { redirect_bpf__elf_bytes, "redirect" },
	[PROGRAM_UNCHECKED] = { unchecked_bpf__elf_bytes, "unchecked" },
};

_Static_assert(ARRAY_SIZE(programs) == PROGRAM_OBJECT, "each built-in has an object");

int program_object(enum program_kind kind, const void **bytes, size_t *size, const char **function)
{
	if (kind >= PROGRAM_OBJECT)
		return -EINVAL;
	*bytes = programs[kind].bytes(size);
	*function = programs[kind].function;
	return 0;
}

int program_bytes(const struct filter *filter, void **bytes, size_t *size, const char **function)
{
	size_t rules = rules_size(filter);
	FREE_AUTO void *copy = NULL;
	const void *object;
	int err = program_object(filter->program, &object, size, function);

	if (err)
		return err;
	copy = malloc(*size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, object, *size);
	err = rules ? object_lengthen(copy, rules) : 0;
	if (!err)
		*bytes = steal_pointer(&copy);
	return err;
}
