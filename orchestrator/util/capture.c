// SPDX-License-Identifier: GPL-2.0-or-later
/* The one file that knows libpcap: loads it, and reads and writes captures by it. */
#include "orchestrator/util/capture.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"

#define LIBRARY "libpcap.so.0.8"

#define FUNCTION(name)                                        \
	{                                                     \
		"pcap_" #name, offsetof(struct libpcap, name) \
	}
static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(open_offline),
	FUNCTION(open_dead),
	FUNCTION(close),
	FUNCTION(datalink),
	FUNCTION(datalink_val_to_name),
	FUNCTION(next_ex),
	FUNCTION(geterr),
	FUNCTION(dump_open),
	FUNCTION(dump),
	FUNCTION(dump_flush),
	FUNCTION(dump_close),
	FUNCTION(compile),
	FUNCTION(freecode),
	FUNCTION(offline_filter),
};

/* It stays loaded: nothing is gained by letting go of it. */
const struct libpcap *libpcap(struct error *e)
{
	static struct libpcap library;
	struct libpcap found;
	void *handle;

	if (library.open_offline)
		return &library;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		(void)error_state(e, -ENOENT, "libpcap is missing (%s): apt-get install libpcap0.8",
				  dlerror());
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function) {
			(void)error_state(e, -ENOSYS, LIBRARY " has no %s", functions[i].name);
			(void)dlclose(handle);
			return NULL;
		}
		memcpy((char *)&found + functions[i].offset, &function, sizeof(function));
	}
	library = found;
	return &library;
}

struct capture {
	const struct libpcap *lib;
	struct pcap *pcap;
	char *path;
	uint32_t number; /* of the packet read last */
};

/* Of a fifo or a terminal libpcap would wait for more, without an end. */
static int check_file(const char *path, struct error *e)
{
	struct stat st;

	if (stat(path, &st))
		return error_input(e, "cannot read the capture %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_input(e, "the capture %s is no regular file", path);
	return st.st_size ? 0 : error_input(e, "the capture %s is empty", path);
}

static int check_link(const struct capture *c, struct error *e)
{
	int type = c->lib->datalink(c->pcap);
	const char *name = c->lib->datalink_val_to_name(type);

	if (type == LIBPCAP_ETHERNET)
		return 0;
	return error_input(e,
			   "the capture %s has no Ethernet frames (its link type is %d, %s); "
			   "capture on one interface, not on any",
			   c->path, type, name ? name : "unknown");
}

int capture_open(struct capture **capture, const char *path, struct error *e)
{
	const struct libpcap *lib = libpcap(e);
	char why[LIBPCAP_ERRBUF] = "";
	struct capture *c;
	int err;

	*capture = NULL;
	if (!lib)
		return e->err;
	err = check_file(path, e);
	if (err)
		return err;
	c = xcalloc(1, sizeof(*c));
	*c = (struct capture){ .lib = lib, .path = xstrdup(path) };
	c->pcap = lib->open_offline(path, why);
	err = c->pcap ? check_link(c, e)
		      : error_input(e, "%s is no capture that libpcap can read: %s", path, why);
	if (err)
		capture_close(c);
	else
		*capture = c;
	return err;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		c->lib->close(c->pcap);
	free(c->path);
	free(c);
}

int capture_next(struct capture *c, const uint8_t **bytes, size_t *size, size_t *length,
		 struct error *e)
{
	struct pcap_pkthdr *header;
	int more = c->lib->next_ex(c->pcap, &header, bytes);

	if (more == -2) /* PCAP_ERROR_BREAK: the file's end */
		return 0;
	if (more != 1)
		return error_input(e, "the capture %s cannot be read behind packet %u: %s", c->path,
				   c->number, c->lib->geterr(c->pcap));
	c->number++;
	*size = header->caplen;
	*length = header->len;
	return 1;
}

int capture_read_one(const char *path, uint32_t number, uint8_t **bytes, size_t *size,
		     struct error *e)
{
	const uint8_t *in = NULL;
	struct capture *c;
	size_t length = 0;
	int err = capture_open(&c, path, e), more = 1;

	if (!c)
		return err;
	while (c->number < number && more == 1)
		more = capture_next(c, &in, size, &length, e);
	if (more < 0)
		err = more;
	else if (!more)
		err = error_input(e, "the capture %s has %u packet%s: there is no packet %u", path,
				  c->number, c->number == 1 ? "" : "s", number);
	else if (*size < length)
		err = error_input(e,
				  "of packet %u of the capture %s only %zu of %zu bytes were "
				  "captured; capture whole packets (tcpdump -s 0)",
				  number, path, *size, length);
	else
		*bytes = xmemdup(in, *size);
	capture_close(c);
	return err;
}

int capture_write_one(const char *path, const uint8_t *bytes, size_t size, struct error *e)
{
	const struct pcap_pkthdr header = { .caplen = (uint32_t)size, .len = (uint32_t)size };
	const struct libpcap *lib = libpcap(e);
	struct pcap_dumper *dumper;
	struct pcap *p;
	int err = 0;

	if (!lib)
		return e->err;
	p = lib->open_dead(LIBPCAP_ETHERNET, CAPTURE_PACKET_MAX);
	if (!p)
		out_of_memory();
	dumper = lib->dump_open(p, path);
	if (!dumper) {
		err = error_state(e, -EIO, "cannot write the capture: %s", lib->geterr(p));
	} else {
		lib->dump((uint8_t *)dumper, &header, bytes);
		if (lib->dump_flush(dumper))
			err = error_sys(e, errno ? -errno : -EIO, "cannot write the capture %s",
					path);
		lib->dump_close(dumper);
	}
	lib->close(p);
	return err;
}
