# What is sent to the kernel is looked at in place of it.
$(B)/tests/unit/test_messages: override LDFLAGS += -Wl,--wrap=netlink_talk
