// SPDX-License-Identifier: GPL-2.0-or-later
/* One line on standard error, drawn over again. It needs no colour and no more of a terminal than
 * \r. */
#include "lab/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lab/netlink.h"

#define QUIET_NS 1000000000ULL /* what ends sooner shows none */
#define EVERY_NS 100000000ULL

#define BAR	    30
#define COLUMNS_MIN 80 /* for the bar as well */

void progress_begin(struct progress *p, const char *what, size_t total)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .what = what, .total = total };
	if (total && term && *term && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO))
		p->next_ns = netlink_clock_ns() + QUIET_NS;
}

/* A terminal that does not tell how wide it is gets the bar. */
static bool is_wide(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ||
	       size.ws_col >= COLUMNS_MIN;
}

static void draw(const struct progress *p)
{
	size_t filled = p->done * BAR / p->total;
	char bar[BAR + 1];

	memset(bar, ' ', BAR);
	memset(bar, '#', filled);
	bar[BAR] = '\0';
	(void)fprintf(stderr, "\r%s: %zu of %zu", p->what, p->done, p->total);
	if (is_wide())
		(void)fprintf(stderr, " [%s]", bar);
	(void)fflush(stderr);
}

void progress_step(struct progress *p)
{
	progress_set(p, p->done + 1);
}

void progress_set(struct progress *p, size_t done)
{
	uint64_t now;

	p->done = done < p->total ? done : p->total;
	if (!p->next_ns)
		return;
	now = netlink_clock_ns();
	if (now < p->next_ns)
		return;
	draw(p);
	p->next_ns = now + EVERY_NS;
	p->shown = true;
}

void progress_clear(struct progress *p)
{
	int len = snprintf(NULL, 0, "%s: %zu of %zu", p->what, p->total, p->total);

	if (!p->shown)
		return;
	if (is_wide())
		len += BAR + 3;
	(void)fprintf(stderr, "\r%*s\r", len, "");
	(void)fflush(stderr);
	p->shown = false;
}
