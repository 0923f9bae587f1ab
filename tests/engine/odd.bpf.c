// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs of many kinds, a function each, to be linked: what they do with a
 * packet is little, and what they are made of is the test.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct bpf_map;

/* Read-only globals, set by the lab file. */
const volatile __u32 verdict = XDP_PASS;
const volatile __s16 small = -1;
const volatile _Bool flag;
const volatile char word[8] = "none";
const volatile __u8 mac[6];
const volatile __u32 addr;
const volatile __u8 addr4[4];
const volatile __u8 addr6[16];
const volatile __u8 three_bytes[3];
const volatile enum xdp_action chosen = XDP_PASS;
const volatile enum { FEW = -5, MANY = 0x1ffffffffLL } large = FEW;

static __u64 seen_static;
__u64 seen = 100;
int zeroed;
__u32 custom SEC(".data.custom") = 7;

static __noinline int weigh(struct xdp_md *ctx, int by)
{
	return (ctx->data_end - ctx->data) * by;
}

__noinline int judge(struct xdp_md *ctx)
{
	return weigh(ctx, 3) > 0 ? verdict : XDP_ABORTED;
}

/* Static and global subprograms, of equal names when it stands twice in a chain. */
SEC("xdp")
int functions(struct xdp_md *ctx)
{
	return judge(ctx);
}

/* A global function that takes void * must be loaded as a static one. */
SEC("xdp")
int pointer(void *ctx)
{
	struct xdp_md *md = ctx;

	return md->data_end - md->data > 14 ? verdict : XDP_ABORTED;
}

SEC("xdp")
int data(struct xdp_md *ctx)
{
	seen_static++;
	seen++;
	zeroed++;
	custom += seen_static == 1;
	return seen == 100 + seen_static && custom == 8 && zeroed > 0 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int settings(struct xdp_md *ctx)
{
	if (small != -300 || !flag || word[0] != 'h' || word[1] != 'i' || word[2])
		return XDP_ABORTED;
	if (large != -7)
		return XDP_ABORTED;
	if (mac[5] != 0x10 || addr != bpf_htonl(0x0a000001))
		return XDP_ABORTED;
	if (addr4[0] != 10 || addr4[3] != 2 || addr6[0] != 0xfd || addr6[15] != 3 || three_bytes[0])
		return XDP_ABORTED;
	return chosen;
}

struct locked {
	struct bpf_spin_lock lock;
	__u32 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

SEC("xdp")
int locking(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&locks, &key);

	if (!l)
		return XDP_ABORTED;
	bpf_spin_lock(&l->lock);
	l->n++;
	bpf_spin_unlock(&l->lock);
	return XDP_PASS;
}

static long add(__u32 i, void *sum)
{
	*(__u32 *)sum += i;
	return 0;
}

static long look_at(struct bpf_map *map, __u32 *key, struct locked *value, __u32 *found)
{
	*found = 1;
	return 0;
}

SEC("xdp")
int callbacks(struct xdp_md *ctx)
{
	__u32 sum = 0, found = 0;

	if (bpf_loop(5, add, &sum, 0) != 5)
		return XDP_ABORTED;
	bpf_for_each_map_elem(&locks, look_at, &found, 0);
	return found ? XDP_PASS : XDP_ABORTED;
}

static long first(__u32 i, void *sum)
{
	*(__u32 *)sum += 1;
	return 0;
}

static long second(__u32 i, void *sum)
{
	*(__u32 *)sum += 2;
	return 0;
}

const volatile __u32 rounds; /* none */

/* Callbacks that are never called, which the kernel takes out. */
SEC("xdp")
int idle(struct xdp_md *ctx)
{
	__u32 sum = 0;

	bpf_loop(rounds, first, &sum, 0);
	bpf_loop(rounds, second, &sum, 0);
	return sum ? XDP_ABORTED : XDP_PASS;
}

static __noinline int loop_idly(__u32 *sum)
{
	bpf_loop(rounds, first, sum, 0);
	return 0;
}

/* In a function of its own, beside one that is called after all. */
SEC("xdp")
int half_idle(struct xdp_md *ctx)
{
	__u32 sum = 0;

	loop_idly(&sum);
	bpf_loop(3, second, &sum, 0);
	return sum == 6 ? XDP_PASS : XDP_ABORTED;
}

struct timed {
	struct bpf_timer timer;
	__u32 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timed);
} timers SEC(".maps");

static int fire(void *map, int *key, struct timed *t)
{
	t->fired++;
	return 0;
}

SEC("xdp")
int timing(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct timed *t = bpf_map_lookup_elem(&timers, &key);

	if (!t)
		return XDP_ABORTED;
	bpf_timer_init(&t->timer, &timers, 1);
	bpf_timer_set_callback(&t->timer, fire);
	return bpf_timer_start(&t->timer, 1000, 0) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int shorten(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -4) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int push(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -14))
		return XDP_ABORTED;
	if ((void *)(long)ctx->data + 14 > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memset((void *)(long)ctx->data, 0xee, 14);
	return XDP_PASS;
}

SEC("xdp")
int meta(struct xdp_md *ctx)
{
	__u32 *mark;

	if (bpf_xdp_adjust_meta(ctx, -4))
		return XDP_ABORTED;
	mark = (void *)(long)ctx->data_meta;
	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return XDP_ABORTED;
	*mark = 42;
	return XDP_PASS;
}

SEC("xdp")
int saw_meta(struct xdp_md *ctx)
{
	__u32 *mark = (void *)(long)ctx->data_meta;

	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return XDP_ABORTED;
	return *mark == 42 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int printing(struct xdp_md *ctx)
{
	char text[16];
	__u64 args[] = { 7 };

	bpf_snprintf(text, sizeof(text), "seven %d", args, sizeof(args));
	return text[6] == '7' ? XDP_PASS : XDP_ABORTED;
}

/* As much stack as a called program can have: 512 bytes less the caller's, which older kernels
 * round up to 32 even if it has none.
 */
SEC("xdp")
int stack(struct xdp_md *ctx)
{
	__u64 deepest = 0;

	asm volatile("*(u64 *)(r10 - 480) = %0\n"
		     "%0 = *(u64 *)(r10 - 480)"
		     : "+r"(deepest));
	return deepest ? XDP_ABORTED : XDP_PASS;
}

/* All that a program can have at all: newer kernels leave it that. */
SEC("xdp")
int whole_stack(struct xdp_md *ctx)
{
	__u64 deepest = 0;

	asm volatile("*(u64 *)(r10 - 512) = %0\n"
		     "%0 = *(u64 *)(r10 - 512)"
		     : "+r"(deepest));
	return deepest ? XDP_ABORTED : XDP_PASS;
}

#define LEVEL(n, next)                                     \
	static __noinline int level##n(struct xdp_md *ctx) \
	{                                                  \
		int r = next(ctx);                         \
		return r + (int)ctx->rx_queue_index;       \
	}
static __noinline int level7(struct xdp_md *ctx)
{
	return XDP_PASS + (int)ctx->rx_queue_index;
}
LEVEL(6, level7)
LEVEL(5, level6)
LEVEL(4, level5)
LEVEL(3, level4)
LEVEL(2, level3)
LEVEL(1, level2)
LEVEL(0, level1)

#define SUM(registers) /* over a call, which clobbers the others */                           \
	asm volatile("r6 = 1\n r7 = 2\n r8 = 4\n" registers " call 8\n r6 += r7\n r6 += r8\n" \
		     "%0 = r6"                                                                \
		     : "=r"(sum)::"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8")

/* Three of the registers that calls preserve: one is left for the chain. */
SEC("xdp")
int three(struct xdp_md *ctx)
{
	__u64 sum;

	SUM("");
	return sum == 7 ? XDP_PASS : XDP_ABORTED;
}

/* All four. */
SEC("xdp")
int four(struct xdp_md *ctx)
{
	__u64 sum;

	SUM("r9 = 8\n r7 += r9\n");
	return sum == 15 ? XDP_PASS : XDP_ABORTED;
}

/* Nine frames: more than any program can have. */
SEC("xdp")
int too_deep(struct xdp_md *ctx)
{
	return level0(ctx);
}

/* Eight frames, which fit a chain only where its first is the chain's own. */
SEC("xdp")
int deep(struct xdp_md *ctx)
{
	return level1(ctx);
}

SEC("xdp")
int less_deep(struct xdp_md *ctx)
{
	return level2(ctx);
}

SEC("xdp")
int refused(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return eth->h_proto ? XDP_DROP : XDP_PASS; /* REFUSED */
}

SEC("tc")
int no_xdp(struct __sk_buff *skb)
{
	return 0;
}

SEC("xdp.frags")
int fragments(struct xdp_md *ctx)
{
	return XDP_PASS;
}

/* Little to run, and much to look at: what stands in a loop is new to the verifier at each turn.
 * Two of these in a chain, and it is too much. A turn is long, as each costs the verifier most at
 * its end.
 */
SEC("xdp")
int heavy(struct xdp_md *ctx)
{
	__u32 sum = ctx->data_end - ctx->data;

	for (int i = 0; i < 2200; i++)
		asm volatile(".rept 256\n"
			     "%[sum] += %[i]\n"
			     ".endr"
			     : [sum] "+r"(sum)
			     : [i] "r"(i));
	return sum ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
