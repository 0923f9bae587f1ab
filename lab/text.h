/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TEXT_H
#define XLAB_TEXT_H

/* Strict readers of small texts. Nothing is skipped, nothing is guessed:
 * "12abc", " 12" and "+12" are not numbers. Each returns 0 or -EINVAL (the
 * form is wrong) or -ERANGE (the form is right, the value is not); none sets
 * an error object, for the caller knows what to say.
 */

#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address {
	int family; /* AF_INET or AF_INET6 */
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

struct prefix {
	struct address address; /* host bits kept: 10.0.0.1/24 stays so */
	unsigned int len;	/* bits */
};

struct range {
	uint16_t first, last; /* both included */
};

#define ADDRESS_TEXT 46 /* INET6_ADDRSTRLEN */
#define PREFIX_TEXT  50
#define MAC_TEXT     18

int text_u32(const char *s, uint32_t min, uint32_t max, uint32_t *out); /* decimal or 0x… */
int text_bool(const char *s, bool *out);				/* yes no */
int text_mac(const char *s, uint8_t mac[6]);
int text_address(const char *s, struct address *out);
int text_prefix(const char *s, struct prefix *out);    /* length required */
int text_cidr(const char *s, struct prefix *out);      /* without a length: /32 or /128 */
int text_port_range(const char *s, struct range *out); /* "53", "8000-8999" */

/* [A-Za-z0-9][A-Za-z0-9_-]*, at most @max characters, none of lo, all, default, self.
 * On -EINVAL *@why is a static sentence that says which rule was broken.
 */
int text_name(const char *s, size_t max, const char **why);
#define NAME_IFACE_MAX 15
#define NAME_MAX_LEN   63

const char *address_text(const struct address *a, char buf[static ADDRESS_TEXT]);
const char *prefix_text(const struct prefix *p, char buf[static PREFIX_TEXT]);
const char *mac_text(const uint8_t mac[6], char buf[static MAC_TEXT]);
size_t address_size(const struct address *a); /* bytes of its family */
bool address_equal(const struct address *a, const struct address *b);
bool address_is_link_local(const struct address *a); /* IPv6: fe80::/10 */
bool address_is_group(const struct address *a);	     /* multicast, or 255.255.255.255 */
bool prefix_is_broadcast(const struct prefix *net, const struct address *a); /* of that network */
bool prefix_covers(const struct prefix *net, const struct address *a);
struct prefix prefix_network(const struct prefix *p); /* without its host bits */
bool prefix_equal(const struct prefix *a, const struct prefix *b);

/* One of the @n is of that very address, whatever its length. */
bool prefixes_hold(const struct prefix *prefixes, size_t n, const struct address *a);

/* Split at commas and white space; *@at moves on. The next word is copied to
 * @word (its size @size; -ENAMETOOLONG if it does not fit). 1: a word, 0: no more.
 */
int text_word(const char **at, char *word, size_t size);

/* The bytes of the UTF-8 character at @text, in its shortest form, and its code in *@code; 0: none.
 * Not all codes are characters: neither those of surrogates nor those beyond 0x10ffff.
 */
size_t text_utf8(const char *text, uint32_t *code);

/* The candidate nearest to @name by edit distance, or NULL if none is near
 * enough to be offered. @next yields the candidates: NULL at the end.
 */
const char *text_nearest(const char *name, const char *(*next)(void *cookie, size_t i),
			 void *cookie);

/* The end of a message about an unknown @name, malloc'ed: "; did you mean "NEAREST"?", or else
 * "; allowed: A, B, C", or nothing where those are more than anybody would read.
 */
char *text_offer(const char *name, const char *(*next)(void *cookie, size_t i), void *cookie);

/* The same, where all of @allowed is told in any case: "; did you mean "NEAREST"? (allowed: …)". */
char *text_offer_of(const char *name, const char *(*next)(void *cookie, size_t i), void *cookie,
		    const char *allowed);

/* The last line of a text (NULL is none) that is not empty: *@length bytes of it; NULL: there is
 * none. */
const char *text_last_line(const char *text, int *length);

/* Where the last @n lines of a text begin; or if those are longer, its last @max bytes. */
const char *text_last_lines(const char *text, int n, size_t max);

/* malloc'ed printf, never NULL. */
char *text_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *text_vformat(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

/* Make *@text, NULL or malloc'ed, "TEXT BETWEEN WORD"; a list is "LIST, WORD". */
void text_add(char **text, const char *between, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define text_list_add(list, ...) text_add(list, ", ", __VA_ARGS__)

#endif
