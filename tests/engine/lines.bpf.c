// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines and branches of which a test knows when they run: it looks for the words in comments. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

static __noinline int sized(__u32 size)
{
	__u32 verdict = XDP_PASS;

	if (size > 100) { /* LINE sized */
		barrier_var(verdict);
		verdict = XDP_DROP;
	}
	return verdict;
}

SEC("xdp")
int lines(struct xdp_md *ctx)
{
	__u8 *bytes = (void *)(long)ctx->data; /* LINE always */
	__u32 sum = 0;

	if (bytes + 64 > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	for (int i = 0; i < 2; i++)
		sum = sum << 8 | bytes[i + 36]; /* LINE loop */
	if (sum == 1001) {
		bytes[0] = 2; /* LINE tx */
		return XDP_TX;
	}
	return sized(ctx->data_end - ctx->data);
}

/* All registers hold what is needed later, and @depth bytes of stack are used. */
#define FULL(depth)                                                                               \
	asm volatile("%0 = 0\n r2 = 1\n r3 = 2\n r4 = 4\n r5 = 8\n r6 = 16\n r7 = 32\n r8 = 64\n" \
		     "r9 = 128\n *(u64 *)(r10 - " depth ") = r9\n"                                \
		     "r1 = 256\n"                                                                 \
		     "if r1 == 7 goto +1\n"                                                       \
		     "%0 += r1\n"                                                                 \
		     "%0 += r2\n %0 += r3\n %0 += r4\n %0 += r5\n %0 += r6\n %0 += r7\n"          \
		     "%0 += r8\n %0 += r9\n r1 = *(u64 *)(r10 - " depth ")\n %0 += r1\n"          \
		     : "=&r"(sum)::"r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9")

SEC("xdp")
int crowded(struct xdp_md *ctx)
{
	__u64 sum;

	FULL("8");
	return sum == 639 ? XDP_DROP : XDP_ABORTED;
}

SEC("xdp")
int no_room(struct xdp_md *ctx)
{
	__u64 sum;

	FULL("496");
	return sum == 639 ? XDP_DROP : XDP_ABORTED;
}

/* A branch over @n others, which ends up too far away when those are counted. */
#define WIDE(n)                                 \
	asm volatile("%0 = *(u32 *)(%1 + 16)\n" \
		     "if %0 == 7 goto 1f\n"     \
		     ".rept " n "\n"            \
		     "if %0 == 0 goto +0\n"     \
		     ".endr\n"                  \
		     "1:\n"                     \
		     : "=&r"(queue)             \
		     : "r"(ctx))

SEC("xdp")
int wide(struct xdp_md *ctx)
{
	__u64 queue;

	WIDE("5000");
	return queue == 7 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int wider(struct xdp_md *ctx)
{
	__u64 queue;

	WIDE("7000");
	return queue == 7 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
