// SPDX-License-Identifier: MIT
/* What nm must find: a function of a library's that its version map does not name. */
int ward_planted(void);

int ward_planted(void)
{
	return 0;
}
