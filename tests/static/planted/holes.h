/* SPDX-License-Identifier: MIT */
/* What pahole must find: four bytes that nobody names, which would take stack to user space. */
struct ward_planted {
	unsigned int size;
	unsigned long long at;
};
