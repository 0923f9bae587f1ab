// SPDX-License-Identifier: GPL-2.0-or-later
/* One question about a map that libbpf's versions answer differently. */
#include "orchestrator/util/map_fd.h"

#include <bpf/libbpf.h>

int map_fd(const struct bpf_map *map)
{
	return bpf_map__autocreate(map) ? bpf_map__fd(map) : -1;
}
