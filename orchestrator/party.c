/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/party.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "lab/text.h"

#define OUTPUT_MAX 65536 /* bytes kept of what a child says */
#define READS_MAX  32	 /* at a time: more than a pipe holds */

static void stream_keep(struct stream *s, const char *bytes, size_t n)
{
	char *text;

	if (s->size + n > OUTPUT_MAX)
		return;
	text = realloc(s->text, s->size + n + 1);
	if (!text)
		return;
	memcpy(text + s->size, bytes, n);
	s->text = text;
	s->size += n;
	text[s->size] = '\0';
}

/* Read what is there, but not for ever from a child that never stops; at its end the fd is closed.
 */
static void stream_read(struct stream *s)
{
	for (int i = 0; i < READS_MAX && s->fd >= 0; i++) {
		char bytes[4096];
		ssize_t n = read(s->fd, bytes, sizeof(bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0) {
			stream_keep(s, bytes, (size_t)n);
			continue;
		}
		(void)close(s->fd);
		s->fd = -1;
	}
}

void party_end(struct party *p)
{
	if (!p->started)
		return;
	child_end(&p->child);
	cleanup_fd(&p->out.fd);
	cleanup_fd(&p->err.fd);
	free(p->out.text);
	free(p->err.text);
	*p = (struct party){ 0 };
}

static int open_stream(struct stream *s, int *theirs)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->fd = fds[0];
	*theirs = fds[1];
	return fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int party_start(struct party *p, const struct state *state, const char *netns,
		const char *const *argv, int in, uint64_t keep, struct error *e)
{
	int FD_AUTO ns = netns_open(state, netns, e);
	int FD_AUTO out = -1;
	int FD_AUTO err = -1;
	struct spawn what;
	int failed;

	if (ns < 0)
		return ns;
	p->netns = netns;
	p->child = (struct child)CHILD_NONE;
	p->out.fd = p->err.fd = -1;
	p->started = true;
	failed = open_stream(&p->out, &out);
	if (!failed)
		failed = open_stream(&p->err, &err);
	if (failed)
		return error_sys(e, failed, "cannot make a pipe");
	what = (struct spawn){
		.argv = argv, .netns = ns, .in = in, .out = out, .err = err, .keep = keep
	};
	return spawn(&what, &p->child, e);
}

void party_listen(struct party *p)
{
	if (!p->started)
		return;
	if (!p->ended)
		p->ended = child_collect(&p->child, &p->status) != -EAGAIN;
	/* After the exit: what it wrote before is in the pipes now. */
	stream_read(&p->out);
	stream_read(&p->err);
}

char *party_trouble(const struct party *p, const char *program)
{
	const char *text = p->err.text ? p->err.text : "";
	size_t end = strlen(text), start;

	while (end && text[end - 1] == '\n')
		end--;
	for (start = end; start && text[start - 1] != '\n';)
		start--;
	if (end > start)
		return text_format("%s in %s says: %.*s", program, p->netns, (int)(end - start),
				   text + start);
	if (WIFSIGNALED(p->status))
		return text_format("%s in %s was killed by signal %d", program, p->netns,
				   WTERMSIG(p->status));
	return text_format("%s in %s ended with status %d", program, p->netns,
			   WEXITSTATUS(p->status));
}
