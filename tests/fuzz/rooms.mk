# SPDX-License-Identifier: MIT
# Targets outside of the verifier, one by one:
#   ROOM_target  what of userspace/ it is linked with besides; HELP_target: of tests/fuzz/
#   PKG_target   libraries that this takes, by pkg-config
#   WRAP_target  functions that the target stands in for (the linker's --wrap)
ROOM_pe := wardctl/measure_pe wardctl/measure_boot wardctl/measure_event
ROOM_boot := $(ROOM_pe)
ROOM_ovmf := wardctl/measure_ovmf
ROOM_brokerconf := broker/config broker/limits broker/file broker/text
ROOM_nsm := agent/nitro agent/backend lib/trouble lib/sys
ROOM_sevguest := agent/sev_guest agent/backend lib/trouble lib/sys
ROOM_qgs := agent/qgs agent/tdx_guest agent/backend lib/trouble lib/sys
WRAP_qgs := connect
ROOM_wardconf := wardctl/config_read wardctl/config_settings wardctl/fetch_source wardctl/pace \
	wardctl/policy_words wardctl/size wardctl/device_words
HELP_wardconf := folder ctl
WRAP_wardconf := getpwnam getgrnam
ROOM_keyfile := lib/keyfile
ROOM_dataset := $(addprefix lib/,dataset dataset_cipher dataset_stream dataset_write recipient recipient_table \
	seal_how hpke key buffer session error sys)
ROOM_channel := lib/channel_frame
ROOM_federation := common/federation_file $(addprefix worker/,wire net gradient loss memory stats plan plan_read infile \
	failure) $(addprefix lib/,buffer session error sys)
ROOM_fetch := $(addprefix wardctl/,fetch_amd fetch_amd_check fetch_cache fetch_http fetch_import fetch_intel \
	fetch_intel_check fetch_item fetch_pool fetch_retry infile outfile progress) \
	common/collateral_key common/collateral_need
HELP_fetch := fetch_world no_curl ctl
ROOM_import := $(ROOM_fetch)
HELP_import := $(HELP_fetch) folder
ROOM_vault := wardctl/skr wardctl/skr_sign wardctl/maa_key lib/trouble
HELP_vault := vault_world
ROOM_x5c := $(ROOM_vault)
HELP_x5c := $(HELP_vault)
WRAP_x5c := jws_verify
ROOM_maa := wardctl/maa_answer wardctl/maa_key lib/trouble
HELP_maa := ctl
ROOM_memory := worker/memory worker/failure lib/buffer lib/session lib/error lib/sys
ROOM_plan := worker/plan worker/plan_read worker/infile worker/net $(ROOM_memory)
ROOM_csv := worker/table worker/field worker/number lib/table $(ROOM_memory)
ROOM_infer := $(addprefix worker/,proto infer infer_csv infer_json design course trained model_file onnx outfile \
	safetensors safetensors_read table field number stats loss) $(ROOM_plan)
PKG_infer := libevent
ROOM_jwk := broker/jwe broker/jwk lib/kbs_key lib/kbs_rsa
PKG_jwk := jose
ROOM_rcar := $(filter-out $(addprefix broker/,main http tls world metrics_listener \
	admin_listener),$(patsubst userspace/%.c,%,$(wildcard userspace/broker/*.c))) \
	lib/keyfile lib/hpke lib/sys common/collateral_pick common/collateral_key common/collateral_need \
	lib/trouble lib/tss lib/tss_key lib/tss_link lib/wiping
PKG_rcar := libssl jose sqlite3 libpq tss2-esys tss2-mu tss2-rc
WRAP_rcar := journal
