# What this machine has, and others do not.
$(B)/tests/unit/test_kernel_btf: override LDFLAGS += -Wl,--wrap=mmap
$(B)/tests/unit/test_run_in_child: override LDFLAGS += -Wl,--wrap=getppid
$(B)/tests/unit/test_capture: override LDFLAGS += -Wl,--wrap=dlopen
# What is sent to the kernel is looked at in its place; what it and the lab's record would say is given.
$(B)/tests/unit/test_messages: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netlink_talk rt_link_get state_journal \
	ethtool_offloads_off sysctl_apply_link sysctl_write netns_enter)
$(B)/tests/unit/test_answers: override LDFLAGS += -Wl,--wrap=netlink_talk,--wrap=netlink_listen
$(B)/tests/unit/test_progress: override LDFLAGS += -Wl,--wrap=netlink_clock_ns,--wrap=isatty,--wrap=ioctl
$(B)/tests/unit/test_chain_record: override LDFLAGS += -Wl,--wrap=state_read,--wrap=state_write,--wrap=state_path,--wrap=readdir
$(B)/tests/unit/test_step_run: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,diagnosis_neighbour serves_died serves_fd ppoll)
$(B)/tests/unit/test_status: override LDFLAGS += -Wl,--wrap=state_journal
$(B)/tests/unit/test_diagnosis: override LDFLAGS += -Wl,--wrap=netns_visit,--wrap=netlink_open,--wrap=netlink_talk,--wrap=links_find,--wrap=open
$(B)/tests/unit/test_own_links: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,state_journal rt_link_each rt_link_del \
	rt_link_get rt_link_get_other netns_open netns_enter netns_cookie lab_links_delete ioctl)
$(B)/tests/unit/test_ready: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netlink_clock_ns nanosleep rt_link_get \
	rt_port_await rt_own6_each)
$(B)/tests/unit/test_datagrams: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,mnl_socket_sendto mnl_socket_recvfrom \
	ppoll)
$(B)/tests/unit/test_build: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,op_state_apply op_name_apply op_netns_apply \
	op_veth_apply op_ready_apply op_state_undo op_name_undo op_veth_undo goes_with_its_namespace \
	name_conflicts_check state_forget netns_names_remove unmount_begin unmount_end netns_wait_begin \
	netns_wait_await netns_wait_end state_journal state_lab_dir interrupt_pending getrlimit setrlimit)
$(B)/tests/unit/test_netns_wait: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,unshare netns_current netns_enter \
	netns_open netlink_open netlink_close netlink_join netlink_talk netlink_listen netlink_clock_ns \
	interrupt_pending opendir fopen)
$(B)/tests/unit/test_linker: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,link_load_btf link_load_for_log trace_load \
	link_maps_merge_constants link_maps_check link_btf_describe)
$(B)/tests/unit/test_link_maps: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,bpf_object__next_map bpf_map__is_internal \
	bpf_map__map_flags bpf_map__value_size map_fd bpf_map_lookup_elem bpf_map_create bpf_map_update_elem \
	bpf_map_freeze bpf_obj_get_info_by_fd)
$(B)/tests/unit/test_chain_read: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,attach_point_open state_journal state_read \
	counters_open counters_map)
$(B)/tests/unit/test_attach: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netlink_talk rt_link_get uname bpf_prog_load \
	bpf_prog_get_fd_by_id bpf_obj_get_info_by_fd bpf_btf_load bpf_raw_tracepoint_open)
$(B)/tests/unit/test_chain_libxdp: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,run_in_child filter_maps_dir bpffs_mount \
	unshare netns_current netlink_open rt_veth_add filter_object_open filter_maps_settle globals_poke chain_engine_auto \
	xdp_program__create xdp_program__set_xdp_frags_support xdp_program__set_run_prio \
	xdp_program__set_chain_call_enabled xdp_program__attach_multi xdp_program__fd \
	xdp_multiprog__get_from_ifindex xdp_multiprog__is_legacy xdp_multiprog__main_prog state_path bpffs_remove)
$(B)/tests/unit/test_link_btf: override LDFLAGS += -Wl,--wrap=bpf_object__btf
$(B)/tests/unit/test_trace_load: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,link_load_btf link_load trace_instrument \
	bpf_object__btf)
$(B)/tests/unit/test_trace: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,link_insert bpf_object__btf bpf_map_create mmap \
	munmap)
$(B)/tests/unit/test_link_load: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,bpf_btf_load bpf_prog_load)
$(B)/tests/unit/test_scenario_chains: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,chain_hold chain_load chain_put chain_set \
	chain_restore chain_ready_clear chain_tidy chain_may_send)
$(B)/tests/unit/test_neighbours: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netns_visit netlink_open netlink_close \
	netlink_talk if_nametoindex sysconf)
$(B)/tests/unit/test_probe_ping: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,subprocess_start step_run_wait \
	step_run_settled child_signal echoes_answered)
$(B)/tests/unit/test_probe_nc: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,subprocess_start subprocess_end sockdiag_open \
	sockdiag_ask netlink_close child_sleeps step_run_wait step_run_settled step_run_poll)
$(B)/tests/unit/test_probe_frame: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netns_visit tap_open tap_open_out tap_read send \
	step_run_settled step_run_wait step_run_consume)
$(B)/tests/unit/test_probe: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,netns_visit socket connect getsockname bind \
	if_nametoindex setsockopt getrandom echoes_open echoes_answered probe_nc_bound probe_nc_run probe_ping_run \
	probe_frame_run spawn_find)
$(B)/tests/unit/test_scenario_run: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,probe_tools packet_config_load drop_trace_fd \
	scenario_chains_prepare scenario_chains_strip \
	scenario_chains_set scenario_chains_restore scenario_chains_records listener_open listener_fd \
	listener_subscribe listener_close witness_consume witness_forget witness_shown rules_restore_all \
	chain_restore_all serves_new serves_stop serves_poll serves_died serves_judge neighbours_forget \
	probe_run diagnosis_links diagnosis_neighbour diagnosis_ways probe_check_nc judge_control \
	judge_traffic judge_flow judge_shares judge_see chain_try_load judge_reject step_serve step_exec \
	step_do step_give step_map progress_step interrupt_pending signalfd)
$(B)/tests/unit/test_spawn: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,prctl syscall setns chdir setpgid close_range getppid \
	execve netns_open open pipe2 fcntl clone waitpid)
$(B)/tests/unit/test_subprocess: override LDFLAGS += -Wl,--wrap=read
$(B)/tests/unit/test_explain_text: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,explain_chain explain_filter explain_trace \
	explain_rules explain_call explain_calls_shared rules_watch_rows rules_watch_next)
$(B)/tests/unit/test_witness: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,listener_consume listener_lost drop_trace_consume \
	drop_trace_netns drop_trace_iface drop_trace_reason drop_trace_too_long evidence_on_the_way evidence_add \
	evidence_add_kernel_drop evidence_add_xdp_failure)
$(B)/tests/unit/test_rules_record: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,state_read state_write state_path unlink \
	rules_list rules_add rules_del)
$(B)/tests/unit/test_match_derive: override LDFLAGS += -Wl,--wrap=syscall
$(B)/tests/unit/test_rule_maps: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,counters_cpus bpf_obj_get_info_by_fd mmap \
	munmap syscall)
$(B)/tests/unit/test_filter_maps: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,bpf_object__next_map bpf_map__is_internal \
	bpf_map__autocreate bpf_map__map_flags bpf_map__type bpf_map__key_size bpf_map__value_size bpf_map__name map_fd \
	bpf_object__find_map_by_name bpffs_dir access getpid bpffs_remove prog_capture_begin prog_capture_end \
	filter_object_open filter_object_close calls_trace_capture calls_trace_put counters_withhold \
	filter_object_choose bpf_object__load mkdir bpf_obj_pin program_fill_rules map_value_preset rename \
	bpf_obj_get bpf_obj_get_info_by_fd bpf_map__reuse_fd counters_give dup3)
$(B)/tests/unit/test_programs: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,pcap_code_make object_graft object_lengthen \
	globals_poke bpf_object__find_map_fd_by_name rule_maps_open rule_maps_fill netns_visit netlink_open lab_link_find \
	bpf_map_update_elem)
$(B)/tests/unit/test_prog_capture: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,libbpf_register_prog_handler \
	libbpf_unregister_prog_handler bpf_program__section_name bpf_program__insns bpf_program__insn_cnt \
	bpf_program__set_insns)
$(B)/tests/unit/test_serves: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,node_program_start node_program_ask \
	node_program_ended node_program_end subprocess_poll sockdiag_open sockdiag_ask sockdiag_end_waits netlink_close \
	step_run_wait poll)
$(B)/tests/unit/test_step_kinds: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,node_program_start node_program_ended \
	node_program_end step_run_wait judge_exec judge_exec_control scenario_chains_program if_nametoindex netns_visit \
	bpf_prog_test_run_opts witness_consume judge_give filter_object_open filter_object_close filter_maps_open \
	map_value_compare rules_keep rules_add rules_del scenario_chains_change)
$(B)/tests/unit/test_chain_job: override LDFLAGS += -Wl,--wrap=chain_file_names,--wrap=chain_file_read
$(B)/tests/unit/test_object_maps: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,memfd_create write pread)
$(B)/tests/unit/test_watch: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,resolve_lab resolve_lab_word resolve_again \
	state_lab_dir state_journal colour_wanted listener_open listener_subscribe listener_fd listener_consume \
	listener_lost listener_close chain_recall chain_read pcap_expr_compile pcap_expr_selects poll)
$(B)/tests/unit/test_attach_point: override LDFLAGS += $(addprefix -Wl$(comma)--wrap=,state_read state_write state_journal \
	netns_visit netlink_open lab_link_find bpf_prog_get_fd_by_id attach_swap attach_remove attach_query)
