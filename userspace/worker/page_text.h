/* SPDX-License-Identifier: MIT */
/* Style and script of the page; its policy names their digests. */
#ifndef WARD_WORKER_PAGE_TEXT_H
#define WARD_WORKER_PAGE_TEXT_H

extern const char page_style[];
extern const char page_script[];

#endif /* WARD_WORKER_PAGE_TEXT_H */
