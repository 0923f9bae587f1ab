/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CAPTURE_H
#define XLAB_CAPTURE_H

/* Captures, pcap and pcapng, by libpcap. That is loaded when something first asks for it, so that
 * xlab runs where it is not installed.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

struct error;

#define CAPTURE_PACKET_MAX 262144 /* libpcap's own limit of a packet's bytes */

/* libpcap's own structures, as its ABI 0.8 has them. */
struct pcap;
struct pcap_dumper;
struct pcap_pkthdr {
	struct timeval ts;
	uint32_t caplen, len; /* bytes captured, and on the wire */
};
struct bpf_insn;
struct bpf_program {
	unsigned int bf_len;
	struct bpf_insn *bf_insns;
};

/* What xlab calls of it, by its name without "pcap_". */
struct libpcap {
	struct pcap *(*open_offline)(const char *path, char *errbuf);
	struct pcap *(*open_dead)(int linktype, int snaplen);
	void (*close)(struct pcap *p);
	int (*datalink)(struct pcap *p);
	const char *(*datalink_val_to_name)(int linktype);
	int (*next_ex)(struct pcap *p, struct pcap_pkthdr **header, const uint8_t **bytes);
	const char *(*geterr)(struct pcap *p);
	struct pcap_dumper *(*dump_open)(struct pcap *p, const char *path);
	void (*dump)(uint8_t *dumper, const struct pcap_pkthdr *header, const uint8_t *bytes);
	int (*dump_flush)(struct pcap_dumper *dumper);
	void (*dump_close)(struct pcap_dumper *dumper);
	int (*compile)(struct pcap *p, struct bpf_program *program, const char *expression,
		       int optimize, uint32_t netmask);
	void (*freecode)(struct bpf_program *program);
	int (*offline_filter)(const struct bpf_program *program, const struct pcap_pkthdr *header,
			      const uint8_t *bytes);
};

#define LIBPCAP_ERRBUF	 256
#define LIBPCAP_ETHERNET 1 /* DLT_EN10MB */

/* Loaded once. NULL: it is not there, and @e names the Debian package. */
const struct libpcap *libpcap(struct error *e);

/* Opened for reading. The frames must be Ethernet's. */
struct capture;
int capture_open(struct capture **capture, const char *path, struct error *e);
void capture_close(struct capture *capture); /* NULL is none */

/* 1: the next packet, whose @bytes are @size of the @length that it had, until the one behind it is
 * asked for; 0: there is none; or an error.
 */
int capture_next(struct capture *capture, const uint8_t **bytes, size_t *size, size_t *length,
		 struct error *e);

/* Packet @number, from 1 on; its @size bytes are malloc'ed. One that is not there whole is an
 * error.
 */
int capture_read_one(const char *path, uint32_t number, uint8_t **bytes, size_t *size,
		     struct error *e);

/* A capture of one packet; @path "-" is stdout. */
int capture_write_one(const char *path, const uint8_t *bytes, size_t size, struct error *e);

#endif
