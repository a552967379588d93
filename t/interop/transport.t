#!/bin/sh
# SPDX-License-Identifier: ISC
# Transport mode is agreed on as the peer's log says; its user-space ESP and ours carry tunnel mode
# only, so both say why it comes to nothing.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

log() {
	cat "$PEER_DIR/$theirs/log"
}

facing cl transport
ours
not_ok "the peer cannot install what was agreed on" initiate
like "$(log)" 'parsed IKE_AUTH response 1 \[ IDr AUTH N\(USE_TRANSP\) SA TSi TSr' \
	"our gateway agrees to transport mode"
like "$(log)" 'IPsec SA: unsupported mode' "the peer takes it for that"
is "$(event child-sa .mode)" transport "so do we"
is "$(event child-sa '.["local-ts"] + .["remote-ts"] | join(" ")')" "10.9.0.1/32 10.9.0.2/32" \
	"between the outer addresses"
wait_for 5 has_event refused
like "$(event refused .sentence)" 'transport mode cannot be carried|no such outbound SA' \
	"our data plane says that it cannot"

facing cl transport
ours --mode tunnel
not_ok "the peer cannot route its own outer addresses into a tunnel" initiate
is "$(event child-sa .mode)" tunnel "a gateway for tunnels answers with one"
like "$(log)" 'parsed IKE_AUTH response 1 \[ IDr AUTH SA TSi TSr' "as the peer hears"
unlike "$(log)" 'unsupported mode' "and takes it for"

facing gw transport
ours --once
ends_with 81 "our client ends when the peer cannot"
like "$(log)" 'parsed IKE_AUTH request 1 \[[^]]*N\(USE_TRANSP\)' "it had asked for transport mode"

facing gw psk
ours --mode transport --once
ends_with 86 "selectors of a tunnel are no outer addresses"
done_testing
