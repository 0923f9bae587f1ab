// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/model/suite_words.h"

#include <errno.h>
#include <string.h>

#include "bpf/xlab.h"
#include "lab/error.h"

int suite_read_word(const struct ini_where *at, const char *what, const char *value,
		    const struct word *table, uint32_t *out, struct error *e)
{
	return word_value(table, value, out)
		       ? 0
		       : ini_misspelt(at, e, what, value, word_next, (void *)table);
}

#define WORD_SIZE 128 /* NODE:IFACE, a filter's name */

int suite_read_iface(const struct ini_where *at, const char **rest, const struct suite *suite,
		     size_t *iface, struct error *e)
{
	char word[WORD_SIZE] = "";

	if (text_word(rest, word, sizeof(word)) < 0)
		return ini_refuse(at, e, "an interface's name is too long");
	*rest += strspn(*rest, " \t");
	if (!word[0])
		return ini_refuse(at, e, "the interface is missing");
	*iface = topology_iface(&suite->topo, word);
	return *iface == NONE ? topology_complain(at, e, "interface", word, &suite->topo) : 0;
}

int suite_read_filter(const struct ini_where *at, const char **rest, const struct suite *suite,
		      size_t *filter, struct error *e)
{
	char word[WORD_SIZE] = "";

	if (text_word(rest, word, sizeof(word)) < 0)
		return ini_refuse(at, e, "a filter's name is too long");
	*rest += strspn(*rest, " \t");
	if (!word[0])
		return ini_refuse(at, e, "the filter is missing");
	*filter = suite_filter(suite, word);
	return *filter == NONE
		       ? ini_unknown(at, e, "filter", word, suite_name_filter, (void *)suite)
		       : 0;
}

int chain_read_filters(const struct ini_where *at, const char *rest, const struct suite *suite,
		       struct chain_config *chain, struct error *e)
{
	int err = 0;

	rest += strspn(rest, ", \t");
	while (*rest) {
		size_t filter = NONE, *added;
		int one = suite_read_filter(at, &rest, suite, &filter, e);

		rest += strspn(rest, ", \t");
		if (chain->n_filters == XLAB_CHAIN_MAX)
			return ini_complain(at, e, "a chain has at most %d filters",
					    XLAB_CHAIN_MAX);
		added = array_add(&chain->filters, &chain->n_filters, sizeof(*added));
		if (!added)
			return -ENOMEM;
		*added = filter;
		err = one ? one : err;
	}
	return err;
}
