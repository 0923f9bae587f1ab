# SPDX-License-Identifier: GPL-2.0-or-later

fresh: $(SNAPSHOT)
	tests/fresh/run $(if $(FULL),--full) $(SUITE)

.PHONY: fresh
