# What is sent to the kernel is looked at in its place; what it and the lab's record would say is given.
$(B)/tests/unit/test_messages: override LDFLAGS += -Wl,--wrap=netlink_talk,--wrap=rt_link_get,--wrap=state_journal
$(B)/tests/unit/test_chain_record: override LDFLAGS += -Wl,--wrap=state_read,--wrap=state_write
$(B)/tests/unit/test_answers: override LDFLAGS += -Wl,--wrap=netlink_talk
$(B)/tests/unit/test_status: override LDFLAGS += -Wl,--wrap=state_journal
$(B)/tests/unit/test_diagnosis: override LDFLAGS += -Wl,--wrap=netns_visit,--wrap=netlink_open,--wrap=netlink_talk,--wrap=links_find,--wrap=open
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
	interrupt_pending)
