/* SPDX-License-Identifier: MIT */
/*
 * The one page of a server: a form for a patient's values or a table, what the model says of them
 * as text and as a drawing, and what the server is by its evidence. Made once; it holds no
 * patient's data, and takes nothing from elsewhere.
 */
#ifndef WARD_WORKER_PAGE_H
#define WARD_WORKER_PAGE_H

#include "failure.h"
#include "infer.h"
#include "standing.h"

/**
 * struct page - text and header
 * @html: NUL terminated
 * @policy: content security policy, which lets the page's own script and style run and no others
 */
struct page {
	char *html;
	char *policy;
};

/**
 * page_make() - make it
 * @page: filled in; page_free() in any case
 * @infer: plan, run and model
 * @standing: looked at
 * @failure: no memory
 *
 * Return: 0 or -1.
 */
int page_make(struct page *page, const struct infer *infer, const struct standing *standing,
	      struct failure *failure);

/** page_free() - forget it; all zero will do */
void page_free(struct page *page);

#endif /* WARD_WORKER_PAGE_H */
