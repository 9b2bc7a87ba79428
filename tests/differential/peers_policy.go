// SPDX-License-Identifier: MIT

// What the peers' validation, and go-sev-guest's look at lists of what is revoked, say of a
// case. The options are the case's, as policies.py draws them.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	sevabi "github.com/google/go-sev-guest/abi"
	sevkds "github.com/google/go-sev-guest/kds"
	sevpb "github.com/google/go-sev-guest/proto/sevsnp"
	sevvalidate "github.com/google/go-sev-guest/validate"
	tdxvalidate "github.com/google/go-tdx-guest/validate"
)

type digests map[string][]string

type snpOptions struct {
	Lists            digests  `json:"lists"`
	VmplMax          int      `json:"vmpl_max"`
	Debug            bool     `json:"debug"`
	Smt              bool     `json:"smt"`
	MigrateMA        bool     `json:"migrate_ma"`
	SingleSocket     bool     `json:"single_socket"`
	Abi              uint16   `json:"abi"`
	Platform         bool     `json:"platform"`
	PlatformSmt      bool     `json:"platform_smt"`
	PlatformTsme     bool     `json:"platform_tsme"`
	IDKey            []string `json:"id_key"`
	AuthorKey        []string `json:"author_key"`
	RequireIDBlock   bool     `json:"require_id_block"`
	RequireAuthorKey bool     `json:"require_author_key"`
	MinTcb           []int    `json:"min_tcb"`
	MinLaunchTcb     []int    `json:"min_launch_tcb"`
	GuestSvn         uint32   `json:"guest_svn"`
	Build            uint8    `json:"build"`
	Version          uint16   `json:"version"`
	Provisional      bool     `json:"provisional"`
	Product          []string `json:"product"`
}

func unhex(text string) []byte {
	out, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return out
}

func unhexAll(texts []string) (out [][]byte) {
	for _, text := range texts {
		out = append(out, unhex(text))
	}
	return out
}

func levels(of []int) (out sevkds.TCBParts) {
	if len(of) == 4 {
		out = sevkds.TCBParts{BlSpl: uint8(of[0]), TeeSpl: uint8(of[1]), SnpSpl: uint8(of[2]),
			UcodeSpl: uint8(of[3])}
	}
	return out
}

func (o *snpOptions) base(reportData []byte) sevvalidate.Options {
	out := sevvalidate.Options{
		GuestPolicy: sevabi.SnpPolicy{ABIMajor: uint8(o.Abi >> 8), ABIMinor: uint8(o.Abi),
			SMT: o.Smt, MigrateMA: o.MigrateMA, Debug: o.Debug, SingleSocket: o.SingleSocket},
		MinimumGuestSvn: o.GuestSvn, MinimumBuild: o.Build, MinimumVersion: o.Version,
		MinimumTCB: levels(o.MinTcb), MinimumLaunchTCB: levels(o.MinLaunchTcb),
		PermitProvisionalFirmware: o.Provisional, RequireAuthorKey: o.RequireAuthorKey,
		RequireIDBlock: o.RequireIDBlock, TrustedIDKeyHashes: unhexAll(o.IDKey),
		TrustedAuthorKeyHashes: unhexAll(o.AuthorKey)}
	if o.Platform {
		out.PlatformInfo = &sevabi.SnpPlatformInfo{SMTEnabled: o.PlatformSmt,
			TSMEEnabled: o.PlatformTsme}
	}
	if len(reportData) > 0 {
		out.ReportData = reportData
	}
	return out
}

func snpList(out *sevvalidate.Options, name string, value []byte) {
	switch name {
	case "measurement":
		out.Measurement = value
	case "host_data":
		out.HostData = value
	case "family_id":
		out.FamilyID = value
	case "image_id":
		out.ImageID = value
	case "report_id":
		out.ReportID = value
	case "report_id_ma":
		out.ReportIDMA = value
	case "chip_id":
		out.ChipID = value
	default:
		panic(name)
	}
}

// The peers take one value of a field, ward several: any of them will do.
func anyOf(values []string, try func([]byte) error) (err error) {
	for _, value := range values {
		if err = try(unhex(value)); err == nil {
			return nil
		}
	}
	return err
}

// The product by the peer's own reading of CPUID, or of the certificate where there is none.
func snpProduct(report *sevpb.Report, cert []byte, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var product *sevpb.SevProduct
	if fms := report.GetCpuid1EaxFms(); fms != 0 {
		product = sevabi.SevProductFromCpuid1Eax(fms)
	} else {
		parsed, err := x509.ParseCertificate(cert)
		if err != nil {
			return err
		}
		exts, err := sevkds.VcekCertificateExtensions(parsed)
		if err != nil {
			return err
		}
		if product, err = sevkds.ParseProductName(exts.ProductName, sevabi.VcekReportSigner); err != nil {
			return err
		}
	}
	line := strings.ToLower(sevkds.ProductLine(product))
	for _, name := range names {
		if name == line || name == fmt.Sprintf("%s-%d", line, product.GetMachineStepping().GetValue()) {
			return nil
		}
	}
	return fmt.Errorf("product %s is not among %v", line, names)
}

// Parts: as of snp, then report data, ward's policy, these options.
func snpPolicy(c *testCase) error {
	var o snpOptions
	if err := json.Unmarshal(c.parts[6], &o); err != nil {
		panic(err)
	}
	report, err := sevabi.ReportToProto(c.parts[0])
	if err != nil {
		return err
	}
	attestation := &sevpb.Attestation{Report: report, CertificateChain: &sevpb.CertificateChain{
		VcekCert: c.parts[1], VlekCert: c.parts[1], Extras: map[string][]byte{}}}
	err = errors.New("no level")
	for vmpl := 0; vmpl <= o.VmplMax && err != nil; vmpl++ {
		options := o.base(c.parts[4])
		options.VMPL = &vmpl
		err = sevvalidate.SnpAttestation(attestation, &options)
	}
	for name, values := range o.Lists {
		if err != nil {
			return err
		}
		err = anyOf(values, func(value []byte) error {
			options := o.base(c.parts[4])
			snpList(&options, name, value)
			return sevvalidate.SnpAttestation(attestation, &options)
		})
	}
	if err != nil {
		return err
	}
	return snpProduct(report, c.parts[1], o.Product)
}

type tdOptions struct {
	Lists      digests `json:"lists"`
	Attributes string  `json:"attributes"`
	Xfam       string  `json:"xfam"`
	TcbSvn     string  `json:"tcb_svn"`
	QeSvn      uint16  `json:"qe_svn"`
	PceSvn     uint16  `json:"pce_svn"`
}

func (o *tdOptions) base(reportData []byte) *tdxvalidate.Options {
	some := func(text string) []byte {
		if text == "" {
			return nil
		}
		return unhex(text)
	}
	out := &tdxvalidate.Options{
		HeaderOptions: tdxvalidate.HeaderOptions{MinimumQeSvn: o.QeSvn, MinimumPceSvn: o.PceSvn},
		TdQuoteBodyOptions: tdxvalidate.TdQuoteBodyOptions{MinimumTeeTcbSvn: some(o.TcbSvn),
			TdAttributes: some(o.Attributes), Xfam: some(o.Xfam)}}
	if len(reportData) > 0 {
		out.TdQuoteBodyOptions.ReportData = reportData
	}
	return out
}

func tdList(out *tdxvalidate.TdQuoteBodyOptions, name string, value []byte) {
	switch name {
	case "mrseam":
		out.MrSeam = value
	case "mrtd":
		out.MrTd = value
	case "mrconfigid":
		out.MrConfigID = value
	case "mrowner":
		out.MrOwner = value
	case "mrownerconfig":
		out.MrOwnerConfig = value
	case "rtmr0", "rtmr1", "rtmr2", "rtmr3":
		out.Rtmrs = make([][]byte, 4)
		out.Rtmrs[name[4]-'0'] = value
	default:
		panic(name)
	}
}

// Parts: the quote, report data, ward's policy, these options.
func tdPolicy(c *testCase) error {
	var o tdOptions
	if err := json.Unmarshal(c.parts[3], &o); err != nil {
		panic(err)
	}
	if err := tdxvalidate.RawTdxQuote(c.parts[0], o.base(c.parts[1])); err != nil {
		return err
	}
	for name, values := range o.Lists {
		err := anyOf(values, func(value []byte) error {
			options := o.base(c.parts[1])
			tdList(&options.TdQuoteBodyOptions, name, value)
			return tdxvalidate.RawTdxQuote(c.parts[0], options)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// The list of a case in place of what a server would send.
type given []byte

func (g given) Get(string) ([]byte, error) {
	if len(g) == 0 {
		return nil, errors.New("no list")
	}
	return bytes.Clone(g), nil
}
