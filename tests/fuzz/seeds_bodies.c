// SPDX-License-Identifier: MIT
/*
 * What a policy can say beside lists of digests, and what it can't: a member or two each. An
 * apostrophe stands for JSON's quotation mark.
 */
#include <stddef.h>

#include "policy_bodies.h"

const char *const policy_bodies[] = {
	"'allow_debug':true", "'vmpl_max':3", "'vmpl_max':0", "'accept_unmeasured':true",
	/* AMD */
	"'min_tcb':{'milan':{'snp':255}}", "'min_tcb':{'genoa':{'snp':1,'bootloader':1}}",
	"'min_tcb':{'milan':{'bootloader':0,'tee':0,'snp':0,'microcode':0}}",
	"'min_tcb':{'milan':{'fmc':1}}", "'min_tcb':{'turin':{'fmc':1,'tee':2}}",
	"'min_tcb':{'milan':{'bootloader':255,'tee':255,'snp':255,'microcode':255}}",
	"'min_tcb':{'milan':{'snp':0},'genoa':{'snp':0},'turin':{'snp':0}}",
	"'snp':{'require_id_block':true}", "'snp':{'require_author_key':true}",
	"'snp':{'product':['milan']}", "'snp':{'product':['milan-1','turin']}",
	"'snp':{'product':['genoa']}", "'snp':{'product':['milan-16']}",
	"'snp':{'min_version':'1.55'}", "'snp':{'min_version':'255.0.0'}",
	"'snp':{'min_version':'0.0.1'}", "'snp':{'min_version':'1.300'}",
	"'snp':{'min_version':'1000.1'}", "'snp':{'min_version':'1.055'}",
	"'snp':{'min_version':'1.1.1.1'}", "'snp':{'min_build':250}", "'snp':{'min_guest_svn':9}",
	"'snp':{'permit_provisional':false}", "'snp':{'min_abi':'1.51'}",
	"'snp':{'guest_policy':{'smt':false}}", "'snp':{'guest_policy':{'min_abi':'1.51'}}",
	"'snp':{'guest_policy':{'min_abi':'255.255'}}",
	"'snp':{'guest_policy':{'min_abi':'256.1'}}", "'snp':{'guest_policy':{'min_abi':'1.'}}",
	"'snp':{'guest_policy':{'smt':true,'migrate_ma':false,'single_socket':true}}",
	"'snp':{'platform_info':{'smt':true,'tsme':true}}", "'snp':{'launch_mitigations':[0,63]}",
	"'snp':{'current_mitigations':[64]}", "'snp':{'current_mitigations':[1]}",
	"'snp':{'launch_mitigations':[-1]}", "'snp':{'chip_id':['a1a1a1a1a1a1a1a1']}",
	"'snp':{'chip_id':['a1a1']}", "'snp':{'min_launch_tcb':{'milan':{'snp':255}}}",
	"'snp':{'min_committed_tcb':{'genoa':{'snp':1}}}",
	/* Intel: bits, versions, what is published */
	"'tdx':{'attributes':{'mask':'0xff','value':'0x1'}}",
	"'tdx':{'attributes':{'mask':'0x20000000'}}", "'tdx':{'xfam':{'value':'0x3'}}",
	"'tdx':{'xfam':{'mask':'0x3','value':'0x3'}}", "'tdx':{'xfam':{'mask':'0x0'}}",
	"'tdx':{'xfam':{'mask':'0x1','value':'0x2'}}", "'tdx':{'xfam':{'mask':'0xg'}}",
	"'tdx':{'xfam':{'mask':'0x'}}", "'tdx':{'xfam':{'mask':'0x11111111111111111'}}",
	"'tdx':{'min_tee_tcb_svn':'" Z32 "'}", "'tdx':{'min_tee_tcb_svn':'" D32 "'}",
	"'tdx':{'min_tee_tcb_svn2':'" Z32 "'}", "'tdx':{'min_tee_tcb_svn2':'" D32 "'}",
	"'tdx':{'min_qe_svn':1}", "'tdx':{'min_qe_svn':60000}", "'tdx':{'min_pce_svn':1}",
	"'tdx':{'min_pce_svn':60000}", "'tdx':{'mrsignerseam':['" Z96 "']}",
	"'tdx':{'mrtd':['0x" D96 "']}", "'allow_debug':true,'tdx':{'mrtd':['" Z96 "']}",
	"'tdx':{'mrtd':['" D96 "'],'rtmr1':['" Z96 "'],'rtmr2':['" Z96 "']}",
	"'sgx':{'isvprodid':[0,65535]}", "'sgx':{'isvprodid':[70000]}",
	"'sgx':{'min_isvsvn':60000}", "'sgx':{'min_isvsvn':1}", "'sgx':{'min_qe_svn':60000}",
	"'sgx':{'min_pce_svn':60000}", "'sgx':{'min_qe_svn':1,'min_pce_svn':1}",
	"'allow_debug':true,'sgx':{'min_pce_svn':1}", "'sgx':{'attributes':{'mask':'0x2'}}",
	"'sgx':{'attributes':{'mask':'0x4','value':'0x4'}}",
	"'sgx':{'mrsigner':['" D64 "'],'isvprodid':[1]}", "'sgx':{'mrsigner':['" D64 "']}",
	"'collateral':{'crl':'required'}", "'collateral':{'crl':'if-given'}",
	"'collateral':{'crl':'never'}", "'collateral':{'tcb_status':['UpToDate']}",
	"'collateral':{'tcb_status':['OutOfDate','SWHardeningNeeded']}",
	"'collateral':{'tcb_status':['UpToDate','SWHardeningNeeded','ConfigurationNeeded',"
	"'ConfigurationAndSWHardeningNeeded','OutOfDate','OutOfDateConfigurationNeeded',"
	"'TDRelaunchAdvised','TDRelaunchAdvisedConfigurationNeeded']}",
	"'collateral':{'tcb_status':['Revoked']}", "'collateral':{'grace_days':30}",
	"'collateral':{'grace_days':5}", "'collateral':{'max_age_days':30}",
	"'collateral':{'max_age_days':60}", "'collateral':{'max_age_days':0}",
	"'collateral':{'advisories_refused':['INTEL-SA-00002']}",
	"'collateral':{'advisories_refused':['INTEL-SA-00009']}",
	"'collateral':{'advisories_accepted':['INTEL-SA-00001','INTEL-SA-00002']}",
	"'collateral':{'tcb_status':['OutOfDate'],'advisories_refused':['INTEL-SA-00002']}",
	"'collateral':{'tcb_status':['OutOfDate'],'advisories_refused':['INTEL-SA-00009']}",
	"'collateral':{'tcb_status':['OutOfDate'],'advisories_accepted':['INTEL-SA-00002']}",
	"'collateral':{'tcb_status':['OutOfDate'],'advisories_accepted':['INTEL-SA-00001',"
	"'INTEL-SA-00002']}",
	"'collateral':{'tcb_status':['OutOfDate'],'max_age_days':60}",
	"'collateral':{'tcb_status':['OutOfDate'],'max_age_days':30}",
	"'collateral':{'advisories_refused':['a b']}",
	"'collateral':{'advisories_refused':['\\u007f']}",
	"'collateral':{'advisories_refused':['INTEL-SA-00001-INTEL-SA-00002']}",
	/* Azure, TPM */
	"'azure':{'secure_boot':true}", "'azure':{'secure_boot':false}",
	"'azure':{'tpm_enabled':true}", "'azure':{'tpm_enabled':false}",
	"'azure':{'tpm_persisted':true}", "'azure':{'tpm_persisted':false}",
	"'azure':{'console_enabled':true}", "'azure':{'console_enabled':false}",
	"'azure':{'vm_id':['01234567-89ab-cdef-0123-456789abcdef']}",
	"'azure':{'vm_id':['0123456--89ab-cdef-0123-456789abcdef']}",
	"'azure':{'vm_id':['01234567089ab-cdef-0123-456789abcdef']}",
	"'azure':{'root_cert_thumbprint':['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']}",
	"'azure':{'root_cert_thumbprint':['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB']}",
	"'tpm':{'required':false,'accept_unpinned_ak':true}", "'tpm':{'pcrs':{'sha256':{'24':[]}}}",
	"'tpm':{'ak':['000b" D64 "','000b" D32 "']}", "'tpm':{'pcrs':{'sha1':{'4':[]}}}",
	"'tpm':{'pcrs':{'sha256':{'4':['" D64 "']},'sha384':{'4':['" D96 "']}}}",
	"'tpm':{'ak':['" D64 "'],'pcrs':{'sha256':{'7':['" D64 "'],'4':['" D64 "']}}}",
	"'tpm':{'pcrs':{'sha256':{'04':['" D64 "']}}}",
	"'tpm':{'pcrs':{'sha256':{'x':['" D64 "']}}}",
	/* Nitro, Arm, NVIDIA */
	"'nitro':{'pcrs':{'1':['" Z96 "'],'2':['" Z96 "']}}", "'nitro':{'pcrs':{'32':['" Z96 "']}}",
	"'allow_debug':true,'nitro':{'module_id':['i-0']}", "'nitro':{'module_id':['',7]}",
	"'cca':{'lifecycle':['secured']}", "'cca':{'lifecycle':['debug','unknown']}",
	"'psa':{'lifecycle':['secured','recoverable-debug']}", "'psa':{'lifecycle':['assembly']}",
	"'allow_debug':true,'cca':{'lifecycle':['non-psa-rot-debug']}",
	"'allow_debug':true,'psa':{'lifecycle':['assembly']}",
	"'allow_debug':true,'cca':{'rim':['" D96 "']}",
	"'cca':{'rim':['" D64 "','" D96 "','" D128 "','" D32 "']}",
	"'cca':{'rim':['" D64 "','" D96 "','" D128 "']}", "'cca':{'rem':{'00':['" D64 "']}}",
	"'cca':{'rem':{'3':['" D64 "'],'2':['" D64 "']}}", "'cca':{'rem':{'4':['" D64 "']}}",
	"'cca':{'sw_components':[{'type':'none such','signer':['" D64 "']}]}",
	"'psa':{'sw_components':[{'measurement':['" D64 "']},{'signer':['" D96 "']}]}",
	"'cca':{'platform_keys':[{'public_key':'" D128 D128 D128 D128 D128 D128 D128 D128 D128
	"'}]}",
	"'cca':{'platform_keys':[{'public_key':'AAA'},7]}",
#define KEY "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYN67npA/ErspMLWVJE9whWqMud2AS9Gx9jeT3DQmcXdqAzCQdTZxx+BC2NIu1nv5eyaM+lmNliJkEKaKkExCCA=="
	"'psa':{'keys':[{'public_key':'" KEY "','implementation_id':'" D64 "','instance_id':'" D64
	"a1'}]}",
	"'psa':{'keys':[{'public_key':'" KEY "','implementation_id':'" D32 "','instance_id':'" D64
	"'}]}",
	"'psa':{'keys':[{'public_key':'" KEY "','instance_id':'" D64 "a1'}]}",
	/* the DER is shorter than what base64 has of it; and not at all on the curve */
	"'psa':{'keys':[{'public_key':'MFgwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQQAEYN67npA/ErspMLWVJE"
	"9whWqMud2AS9Gx9jeT3DQmcXdqAzCQdTZxx+BC2NIu1nv5eyaM+lmNliJkEKaKkExCCA=='}]}",
	"'gpu':{'arch':['hopper']}", "'gpu':{'arch':['blackwell']}", "'gpu':{'arch':['turing']}",
	"'gpu':{'device_id':['48b02d92494badf4']}",
	"'gpu':{'device_id':['48b02d92494bad','48b02d92494badf4\\u0000']}",
	"'gpu':{'device_id':['48b02d92494badf4\\u0000']}", "'gpu':{'driver_version':['a\\u0001']}",
	"'gpu':{'device_id':['48b02d92494badf5','48b02d92494badf6','48b02d92494badf7',"
	"'48b02d92494badf8',"
	"'48b02d92494badf9','48b02d92494badfa','48b02d92494badfb','48b02d92494badfc',"
	"'48b02d92494badfd']}",
	"'gpu':{'driver_version':['\\u007f']}", "'gpu':{'driver_version':['" D32 "']}",
	"'gpu':{'driver_version':['a\\u0000b']}", "'gpu':{'vbios_version':['96.00.9f.00.01']}",
	"'gpu':{'vbios_version':['96.00.9F.00.01\\u0000']}",
	"'gpu':{'vbios_version':['96.00.9F.00-01']}", "'gpu':{'measurements':{'256':['" D96 "']}}",
	"'gpu':{'measurements':{'1000':['" D96 "']}}", "'gpu':{'measurements':{'01':['" D96 "']}}",
	"'gpu':{'measurements':{'255':['" D96 "']}}",
	/* claims */
	"'uid':[0,1000]", "'uid':[4294967295]", "'uid':[4294967296]",
	"'gid':[{'name':'x','value':1000},0]", "'gid':[7]",
	"'cgroup':['/','/system.slice/train.service']", "'cgroup':['']",
	"'uid':[1000,0,1,2,3],'gid':[1000,0],'userns_level_max':0", "'userns_level_max':7",
	"'posture':['module-sig']",
	"'posture':['module-sig','mem-encrypt','exclusive','init-on-free']", "'taint_mask':0",
	"'taint_mask':9223372036854775807", "'lease_max':60", "'lease_max':1000000",
	"'module':{'version':['0.1.0','1.2.3'],'min_version':'0.0.1'}",
	"'module':{'version':['9.9.9']}", "'module':{'version':['0.0.1'],'min_version':'1.0.0'}",
	"'module':{'min_version':'65535.255.255'}", "'module':{'version':['70000.1.1']}",
	"'module':{'version':['1.300.1']}", "'module':{'min_version':'0.0.0'}",
	"'module':{'version':['1.1.1','1.1.2','1.1.3','1.1.4','1.1.5','1.1.6','1.1.7','1.1.8',"
	"'1.1.9',"
	"'2.1.1','2.1.2','2.1.3','2.1.4','2.1.5','2.1.6','2.1.7','2.1.8','2.1.9','3.1.1',"
	"'3.1.2',"
	"'3.1.3','3.1.4','3.1.5','3.1.6','3.1.7','3.1.8','3.1.9','4.1.1','4.1.2','4.1.3',"
	"'4.1.4']}",
	"'ledger':{'max_live_bytes':0,'max_peak_bytes':9223372036854775807}",
	"'ledger':{'max_peak_bytes':0}", "'ledger':{'class_b':'refuse'}",
	"'ledger':{'shared':'refuse'}", "'ledger':{'shared':'allow'}",
	"'chain':{'events':'complete'}", "'chain':{'dropped':'refuse'}", "'sealed':true", "'keys':'kernel'",
	"'max_age':600", "'max_age':4294967295", "'max_age':600,'clock_leeway':86400",
	"'max_age':0", "'purpose':'release'", "'purpose':'none such'",
	"'evidence':['tdx'],'allow_tee':['snp']", "'evidence':['tdx'],'tdx':{}",
	"'allow_tee':['snp','tdx'],'evidence':['tdx','psa']",
	/* clocks: forgiven, and not; who looks on, and nobody */
	"'clock_leeway':100", "'clock_leeway':101", "'clock_leeway':102", "'clock_leeway':103",
#define TD "'accept_unmeasured':true,'allow_tee':['tdx'],"
	TD "'clock_leeway':400", TD "'clock_leeway':401", TD "'clock_leeway':402",
	TD "'clock_leeway':403",
	/* names */
	"'uid':[{'name':'\\u0007','value':1}]", "'uid':[{'name':'\\u00e4','value':1}]",
	"'uid':[{'name':'a'}]", "'measurement':['0xa']", "'measurements':[]",
	"'a-name-that-is-like-none-and-is-far-too-long-to-be-one':1", "'snp':{'idkey':[]}",
	"'snp':{'q':[]}", "'uid':[{'name':'\\u007f','value':1}]",
	"'snp':{'min_version':'1.3000'}", NULL,
};
