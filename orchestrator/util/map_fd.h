/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_MAP_FD_H
#define XLAB_MAP_FD_H

struct bpf_map;

/*
 * The fd of a map that has been made or was handed in, else -1. It stays libbpf's. bpf_map__fd()
 * does not tell: from libbpf 1.4 on a map that shall not be made has a placeholder's fd.
 */
int map_fd(const struct bpf_map *map);

#endif
