/* SPDX-License-Identifier: MIT */
/* Figures by generic netlink, over a plain socket. */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <linux/ward.h>
#include <linux/ward_netlink.h>
#include <stdbool.h>
#include <stdint.h>

/** struct figures - attributes that are numbers; @has tells which came */
struct figures {
	uint64_t value[WARD_A_MAX + 1];
	bool has[WARD_A_MAX + 1];
};

/* A socket of the family "ward", or the test ends. */
int wire_open(void);
/* 0 and the answer's figures, or -errno. @id may be NULL. */
int wire_ask(int wire, uint8_t cmd, const uint8_t *id, struct figures *out);

/* 0 or -errno of what only acts. */
int wire_do(int wire, uint8_t cmd, const uint8_t *id);

/** struct figure - an attribute that is a number, of 4 or 8 bytes */
struct figure {
	uint16_t type, len;
	uint64_t value;
};

/* The same with @n numbers; @out may be NULL, where nothing but an errno comes. */
int wire_figures(int wire, uint8_t cmd, const struct figure *in, int n, struct figures *out);

#endif /* MODEL_WIRE_H */
