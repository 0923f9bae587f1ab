# Programs that stand for anybody's: most of them do not look at the packet.
$(B)/tests/engine/%.bpf.o: BPF_CFLAGS += -Wno-unused-parameter

# Objects without BTF, as clang makes them without -g.
$(B)/tests/engine/bare.bpf.o: BPF_CFLAGS := $(filter-out -g,$(BPF_CFLAGS))
$(B)/tests/engine/oldmaps_bare.bpf.o: BPF_CFLAGS := $(filter-out -g,$(BPF_CFLAGS))

# The frames that filters are tested with go through instrumented chains as well.
$(B)/tests/engine/test_trace: $(B)/tests/filters/frame.o

# Nobody waits long for a lock; files take little at once, and folders cannot be read.
$(B)/tests/engine/test_state: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netlink_time_left write read readdir)

# Who unmounts begins when somebody waits for it.
$(B)/tests/engine/test_mountpoint: override LDFLAGS += -Wl,--wrap=umount2,--wrap=poll

# Not every kernel has all that is looked for.
$(B)/tests/engine/test_drop_trace: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,kernel_btf_offset kernel_btf_open \
	bpf_object__open_skeleton bpf_map__set_max_entries ring_buffer__new bpf_raw_tracepoint_open)

# Not every map can be made, or be there; nor every lock.
$(B)/tests/engine/test_listener: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,libbpf_num_possible_cpus bpf_map_create \
	bpf_obj_pin bpf_obj_get ring_buffer__new ring_buffer__consume counters_map mkdir open flock fstat pwrite)

# Nor can every map in a map be had.
$(B)/tests/engine/test_map_copy: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,bpf_map_create bpf_map_get_fd_by_id \
	bpf_map_lookup_batch bpf_map_lookup_elem bpf_obj_get_info_by_fd)

# Another command may be quicker.
$(B)/tests/engine/test_objects: override LDFLAGS += -Wl,--wrap=rename

# What a program's first process needs is refused to it.
$(B)/tests/engine/test_node_program: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,prctl poll dup2 close_range fork mmap \
	syscall)

# What a packet socket gives, and does not take.
$(B)/tests/engine/test_tap: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,socket bind setsockopt recvmsg)
