#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-negotiate of a gateway with 1,000 tunnels is killed twenty times under traffic, amid rekeys.
CHECKPOINT_TUNNELS=1000 CHECKPOINT_KILLS=20 CHECKPOINT_SECONDS=240 exec sh "$(dirname "$0")/../cmd/checkpoint.t"
