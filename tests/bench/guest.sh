#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which tests/bench/run counts instructions.
insmod /lib/ward/ward.ko && /bin/guest_cost
