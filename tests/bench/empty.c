// SPDX-License-Identifier: GPL-2.0-or-later
/* A process that does nothing, linked as xlab is: what `xlab down` cannot be quicker than. */

int main(void)
{
	return 0;
}
