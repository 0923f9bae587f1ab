// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of more than one section: words of a table, interfaces, filters, chains. */
#include "orchestrator/model/labfile_values.h"

#include <errno.h>
#include <string.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"

int labfile_read_enum(const struct ini_where *at, const char *what, const char *value,
		      const struct enum_name *table, uint32_t *out, struct error *e)
{
	return enum_value(table, value, out)
		       ? 0
		       : ini_misspelt(at, e, what, value, enum_next, (void *)table);
}

#define VALUE_SIZE 128 /* longer than two addresses, any name or number */

/* Split at commas and blanks but in "a text". As text_word(). */
static int list_word(const char **at, char word[static VALUE_SIZE])
{
	const char *start = *at + strspn(*at, ", \t\n\r\v\f"), *quote = start + (*start == '!');
	const char *end = *quote == '"' ? strchr(quote + 1, '"') : NULL;
	size_t len;

	if (!end)
		return text_word(at, word, VALUE_SIZE);
	*at = end + 1;
	len = (size_t)(*at - start);
	if (len >= VALUE_SIZE)
		return -ENAMETOOLONG;
	memcpy(word, start, len);
	word[len] = '\0';
	return 1;
}

int labfile_read_list(const struct ini_where *at, const char *value, void *object, struct error *e,
		      word_reader *read)
{
	const char *rest = value;
	char word[VALUE_SIZE];
	int more, err = 0, one, n = 0;

	while ((more = list_word(&rest, word))) {
		one = more < 0 ? ini_refuse(at, e, "the list has a value that is too long")
			       : read(at, word, object, e);
		err = one ? one : err;
		n++;
	}
	return n ? err : ini_refuse(at, e, "the list is empty");
}

#define WORD_SIZE 128 /* NODE:IFACE, a filter's name */

/* The next word, and what is blank behind it. */
static int read_name(const struct ini_where *at, const char **rest, const char *a, const char *what,
		     char word[static WORD_SIZE], struct error *e)
{
	word[0] = '\0';
	if (text_word(rest, word, WORD_SIZE) < 0)
		return ini_refuse(at, e, "%s %s's name is too long", a, what);
	*rest += strspn(*rest, " \t");
	return word[0] ? 0 : ini_refuse(at, e, "the %s is missing", what);
}

int labfile_read_iface(const struct ini_where *at, const char **rest, const struct labfile *labfile,
		       size_t *iface, struct error *e)
{
	char word[WORD_SIZE];
	int err = read_name(at, rest, "an", "interface", word, e);

	if (err)
		return err;
	*iface = topology_iface(&labfile->topo, word);
	return *iface == NONE ? topology_complain(at, e, "interface", word, &labfile->topo) : 0;
}

int labfile_read_filter(const struct ini_where *at, const char **rest,
			const struct labfile *labfile, size_t *filter, struct error *e)
{
	char word[WORD_SIZE];
	int err = read_name(at, rest, "a", "filter", word, e);

	if (err)
		return err;
	*filter = labfile_filter(labfile, word);
	return *filter == NONE
		       ? ini_unknown(at, e, "filter", word, labfile_next_filter, (void *)labfile)
		       : 0;
}

int chain_read_filters(const struct ini_where *at, const char *rest, const struct labfile *labfile,
		       struct chain_config *chain, struct error *e)
{
	int err = 0;

	rest += strspn(rest, ", \t");
	while (*rest) {
		size_t filter = NONE;
		int one = labfile_read_filter(at, &rest, labfile, &filter, e);
		char *FREE_AUTO why = one ? NULL : labfile_why_not(labfile, chain->iface, filter);

		rest += strspn(rest, ", \t");
		if (chain->n_filters == XLAB_CHAIN_MAX)
			return ini_complain(at, e, "a chain has at most %d filters",
					    XLAB_CHAIN_MAX);
		if (why)
			one = ini_complain(at, e, "%s", why);
		if (!one)
			*(char **)array_add(&chain->filters, &chain->n_filters, sizeof(char *)) =
				labfile->filters[filter].name;
		err = one ? one : err;
	}
	return err;
}

struct step *step_add(const struct ini_where *at, struct labfile_reading *r)
{
	struct scenario *s = &r->labfile->scenarios[r->current];
	struct step *step = array_add(&s->steps, &s->n_steps, sizeof(*step));

	*step = (struct step){
		.src = NONE,
		.dst = NONE,
		.owner = NONE,
		.zone = NONE,
		.from = NONE,
		.packet = NONE,
		.as = NONE,
		.by = NONE,
		.at = NONE,
		.control = s->control,
		.warm = s->warm,
		.read_from = at->key,
		.line_text = xstrdup(at->key->value),
		.line = at->key->line,
	};
	return step;
}

void reading_stands(struct labfile_reading *r, const struct chain_config *chain)
{
	for (size_t i = 0; i < chain->n_filters; i++)
		r->stands[labfile_filter(r->labfile, chain->filters[i])] = true;
}

const struct chain_config *reading_chain(const struct labfile_reading *r, size_t iface)
{
	const struct scenario *s = &r->labfile->scenarios[r->current];
	size_t step = r->changed[iface];

	return step ? &s->steps[step - 1].change.chain : labfile_chain(r->labfile, s, iface);
}
