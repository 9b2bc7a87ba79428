/* SPDX-License-Identifier: MIT */
/* What a request is answered with where there is no libcurl. */
#ifndef TEST_FUZZ_NO_CURL_H
#define TEST_FUZZ_NO_CURL_H

#include "fuzz.h"

extern struct wv_bytes no_curl_headers, no_curl_body;

#endif /* TEST_FUZZ_NO_CURL_H */
