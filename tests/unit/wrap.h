/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_WRAP_H
#define XLAB_TESTS_WRAP_H

/* The head of a function that rules.mk links in the place of @name. */
#define WRAP(type, name, ...)            \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

#endif
