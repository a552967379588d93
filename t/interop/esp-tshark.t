#!/bin/sh
# SPDX-License-Identifier: ISC
# Wireshark's own ESP opens what we seal, with the keys of --keylog, and finds every ICV right.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program tshark
. "$SRC/t/esp.sh"

shark() {
	WIRESHARK_CONFIG_DIR=$trash/keys tshark -r outer.pcapng -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "$@" 2>/dev/null
}

for suite in aes128gcm16: aes192gcm16: aes256gcm16: aes128:sha256 aes192:sha384 aes256:sha512; do
	rm -rf keys outer.pcapng capturing
	mkdir -m 755 keys
	stream 1 2 "${suite%:*}" "${suite#*:}" '' >a.json
	stream 2 1 "${suite%:*}" "${suite#*:}" '' >b.json
	tunnel a ta a.json --keylog "$trash/keys"
	first=$spawned
	tunnel b tb b.json
	second=$spawned
	address a ta 1 2
	address b tb 2 1
	spawn_in a capture "$BUILD/t/demo/packet-capture" va outer.pcapng
	capture=$spawned
	sleep 0.5
	ok "$suite passes" pings -s 777 10.9.0.2
	sleep 0.3
	end_process "$capture"
	end_process "$first"
	end_process "$second"
	shark -V >verbose
	is "$(grep -c 'Integrity Check Value.*correct\|\[Good: True\]' verbose)" 6 "6 good ICVs"
	is "$(grep -c 'incorrect\|\[Good: False\]' verbose)" 0 "and no bad one"
	is "$(shark -Y 'esp && icmp && data.len == 769' | wc -l)" 6 "6 pings to be read inside"
done

sed -i 's/"0x0/"0x1/2' keys/esp_sa
not_ok "with another key none" sh -c 'test "$1" -gt 0' sh "$(shark -Y 'esp && icmp' | wc -l)"
done_testing
