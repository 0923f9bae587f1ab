// SPDX-License-Identifier: GPL-2.0-or-later
/* The process: its words to a command, its end to an exit status. Only this file prints errors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/commands.h"
#include "orchestrator/util/sanitize.h"

/* A file that xlab opens must never become its standard output. Those that are
 * missing are opened the wrong way round, so that using them is still an error.
 */
static int standard_fds_hold(struct error *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return error_sys(e, -errno, "cannot open /dev/null");
	return 0;
}

/* A handler, unlike SIG_IGN, is not inherited by what exec and shell start. */
static void write_fails_instead(int signal_number)
{
	(void)signal_number;
}

static int run_command(char **words, int *status, struct error *e)
{
	const struct command *c = command_find(commands, words[0]);
	struct invocation in;
	bool help = false;
	int err;

	if (!c)
		return command_unknown(commands, words[0], e);
	err = invocation_read(&in, commands, c, words + 1, &help, e);
	if (help)
		usage_print_command(c, stdout);
	else if (c->needs_root && geteuid() != 0)
		/* Before what is wrong with the arguments: sudo comes in front of all of them. */
		err = error_state(e, -EPERM, "%s needs root: try `sudo xlab %s ...`", c->name,
				  c->name);
	else if (!err)
		err = c->run(&in, status, e);
	invocation_clear(&in);
	return err;
}

static const char *option_name(void *cookie, size_t i)
{
	static const char *const options[] = { "--help", "--version", NULL };

	(void)cookie;
	return options[i];
}

static int unknown_option(const char *word, struct error *e)
{
	char *FREE_AUTO offer = text_offer(word, option_name, NULL);

	return error_input(e, "there is no option %s before a command%s", word, offer);
}

static int xlab(char **words, int *status, struct error *e)
{
	if (!words[0]) {
		usage_print(commands, stderr);
		return error_input(e, "which command?");
	}
	if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
		usage_print(commands, stdout);
	else if (strcmp(words[0], "--version") == 0)
		puts("xlab " XLAB_VERSION);
	else if (words[0][0] == '-')
		return unknown_option(words[0], e);
	else
		return run_command(words, status, e);
	return 0;
}

/* Output that never arrived is noticed here, once for all commands. */
static int output_end(struct error *e)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return 0;
	/* It failed earlier, when nobody looked: one more byte tells why. */
	if (!errno && write(STDOUT_FILENO, "\n", 1) == 1)
		return error_state(e, -EIO, "standard output took only a part of what there was");
	return error_sys(e, -errno, "standard output");
}

/* What is wrong with a file begins with its place, for editors; all else with our name. */
static void tell(const struct error *e)
{
	sanitize_print(stderr, "%s%s\n", e->placed ? "" : "xlab: ", e->text);
}

int main(int argc, char **argv)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct error ERROR_AUTO output = ERROR_INIT;
	struct sigaction pipe = { .sa_handler = write_fails_instead, .sa_flags = SA_RESTART };
	sigset_t at_start;
	int status = 0;

	(void)argc;
	/* Where whoever starts xlab ignores it, it would not hear how its children end. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigaction(SIGPIPE, &pipe, NULL);
	(void)sigprocmask(SIG_SETMASK, NULL, &at_start);
	if (standard_fds_hold(&e) || xlab(argv + 1, &status, &e)) {
		if (!status)
			status = e.kind ? (int)e.kind : ERROR_STATE;
		tell(&e);
	}
	if (output_end(&output)) {
		status = status ? status : (int)output.kind;
		tell(&output);
	}
	/* A signal that ended the command ends the process, now that all is told. */
	(void)sigprocmask(SIG_SETMASK, &at_start, NULL);
	return status;
}
