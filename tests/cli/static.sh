#!/bin/bash
# SPDX-License-Identifier: MIT
# The static checks that take seconds (`make static` has all of them). TAP on stdout.
exec "$(dirname "$0")/../static/run" --fast
