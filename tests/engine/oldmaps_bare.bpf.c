// SPDX-License-Identifier: GPL-2.0-or-later
/* The same without BTF, as Aya's release builds are. */
#include "tests/engine/oldmaps.bpf.c"
