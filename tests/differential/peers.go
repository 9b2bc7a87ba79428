// SPDX-License-Identifier: MIT

// What other verifiers in Go say of cases on stdin (ward.c has their form): "ok", "no TEXT" or
// "none" (they don't do that kind) on a line for each.
package main

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	sevabi "github.com/google/go-sev-guest/abi"
	sevpb "github.com/google/go-sev-guest/proto/sevsnp"
	sev "github.com/google/go-sev-guest/verify"
	sevtrust "github.com/google/go-sev-guest/verify/trust"
	tdx "github.com/google/go-tdx-guest/verify"
	"github.com/google/go-tpm-tools/internal"
	tpmpb "github.com/google/go-tpm-tools/proto/tpm"
	"github.com/google/go-tpm/legacy/tpm2"
	"github.com/google/logger"
	"github.com/veraison/go-cose"
)

const same = 0xffffffff

type testCase struct {
	tee   string
	now   time.Time
	parts [][]byte
}

var first [][]byte

func readCase(in io.Reader) (*testCase, error) {
	var head [26]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	c := &testCase{tee: strings.TrimRight(string(head[:16]), "\x00"),
		now: time.Unix(int64(binary.LittleEndian.Uint64(head[16:])), 0).UTC()}
	for i := 0; i < int(binary.LittleEndian.Uint16(head[24:])); i++ {
		var n uint32
		if err := binary.Read(in, binary.LittleEndian, &n); err != nil {
			return nil, err
		}
		if n == same {
			c.parts = append(c.parts, first[i])
			continue
		}
		part := make([]byte, n)
		if _, err := io.ReadFull(in, part); err != nil {
			return nil, err
		}
		c.parts = append(c.parts, part)
	}
	return c, nil
}

// Roots and what stands between come from the first case: go-sev-guest takes both as trusted.
func snp(c *testCase) error {
	return snpWith(c, &sev.Options{DisableCertFetching: true, Now: c.now})
}

func snpWith(c *testCase, options *sev.Options) error {
	report, err := sevabi.ReportToProto(c.parts[0])
	if err != nil {
		return err
	}
	ask, err := x509.ParseCertificate(c.parts[2])
	if err != nil {
		return err
	}
	ark, err := x509.ParseCertificate(first[3])
	if err != nil {
		return err
	}
	line := strings.TrimPrefix(ark.Subject.CommonName, "ARK-")
	root := sevtrust.AMDRootCertsProduct(line)
	root.ProductCerts = &sevtrust.ProductCerts{Ask: ask, Asvk: ask, Ark: ark}
	options.TrustedRoots = map[string][]*sevtrust.AMDRootCerts{line: {root}}
	return sev.SnpAttestation(&sevpb.Attestation{Report: report,
		CertificateChain: &sevpb.CertificateChain{VcekCert: c.parts[1], VlekCert: c.parts[1],
			AskCert: c.parts[2], ArkCert: first[3], Extras: map[string][]byte{}}}, options)
}

func td(c *testCase, roots *x509.CertPool) error {
	return tdx.RawTdxQuote(c.parts[0], &tdx.Options{Now: c.now, TrustedRoots: roots})
}

// What go-tpm-tools is told of registers and nonce is what the quote says: it compares the
// digest and the signature.
func tpm(c *testCase) error {
	public, err := tpm2.DecodePublic(c.parts[0])
	if err != nil {
		return err
	}
	key, err := public.Key()
	if err != nil {
		return err
	}
	attest, err := tpm2.DecodeAttestationData(c.parts[1])
	if err != nil {
		return err
	}
	if attest.AttestedQuoteInfo == nil {
		return errors.New("no quote")
	}
	selected, size := attest.AttestedQuoteInfo.PCRSelection, int(c.parts[4][0])
	if len(c.parts[3]) != size*len(selected.PCRs) {
		return errors.New("another number of registers")
	}
	pcrs := map[uint32][]byte{}
	for i, n := range selected.PCRs {
		pcrs[uint32(n)] = c.parts[3][size*i : size*(i+1)]
	}
	return internal.VerifyQuote(&tpmpb.Quote{Quote: c.parts[1], RawSig: c.parts[2],
		Pcrs: &tpmpb.PCRs{Hash: tpmpb.HashAlgo(selected.Hash), Pcrs: pcrs}}, key,
		attest.ExtraData)
}

type nitroPayload struct {
	Certificate []byte   `cbor:"certificate"`
	Cabundle    [][]byte `cbor:"cabundle"`
}

func nitro(c *testCase, roots *x509.CertPool) error {
	var message cose.UntaggedSign1Message
	if err := message.UnmarshalCBOR(c.parts[0]); err != nil {
		return err
	}
	var payload nitroPayload
	if err := cbor.Unmarshal(message.Payload, &payload); err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(payload.Certificate)
	if err != nil {
		return err
	}
	between := x509.NewCertPool()
	for _, der := range payload.Cabundle {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		between.AddCert(cert)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between,
		CurrentTime: c.now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return err
	}
	return signed((*cose.Sign1Message)(&message), leaf.PublicKey)
}

func signed(m *cose.Sign1Message, key crypto.PublicKey) error {
	alg, err := m.Headers.Protected.Algorithm()
	if err != nil {
		return err
	}
	verifier, err := cose.NewVerifier(alg, key)
	if err != nil {
		return err
	}
	return m.Verify(nil, verifier)
}

// The key of a realm: a bare point, or a COSE_Key in a byte string.
func realmKey(raw []byte) (crypto.PublicKey, error) {
	point := raw
	if len(raw) > 0 && raw[0] != 4 {
		var key map[int]any
		if err := cbor.Unmarshal(raw, &key); err != nil {
			return nil, err
		}
		x, _ := key[-2].([]byte)
		y, _ := key[-3].([]byte)
		point = append(append([]byte{4}, x...), y...)
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		n := (curve.Params().BitSize + 7) / 8
		if len(point) != 1+2*n {
			continue
		}
		x, y := new(big.Int).SetBytes(point[1:1+n]), new(big.Int).SetBytes(point[1+n:])
		if !curve.IsOnCurve(x, y) {
			return nil, errors.New("no point of the curve")
		}
		return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, nil
	}
	return nil, errors.New("no key of a realm")
}

func cca(c *testCase) error {
	var token cbor.RawTag
	if err := cbor.Unmarshal(c.parts[0], &token); err != nil {
		return err
	}
	var both map[int][]byte
	if err := cbor.Unmarshal(token.Content, &both); err != nil {
		return err
	}
	var platform, realm cose.Sign1Message
	if err := platform.UnmarshalCBOR(both[44234]); err != nil {
		return err
	}
	if err := realm.UnmarshalCBOR(both[44241]); err != nil {
		return err
	}
	key, err := x509.ParsePKIXPublicKey(c.parts[1])
	if err != nil {
		return err
	}
	if err := signed(&platform, key); err != nil {
		return err
	}
	var claims struct {
		Key []byte `cbor:"44237,keyasint"`
	}
	if err := cbor.Unmarshal(realm.Payload, &claims); err != nil {
		return err
	}
	key, err = realmKey(claims.Key)
	if err != nil {
		return err
	}
	return signed(&realm, key)
}

func pool(path string) *x509.CertPool {
	data, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
	out := x509.NewCertPool()
	if !out.AppendCertsFromPEM(data) {
		if cert, err := x509.ParseCertificate(data); err == nil {
			out.AddCert(cert)
		}
	}
	return out
}

func judge(c *testCase, intel, aws *x509.CertPool) (word string) {
	var err error
	defer func() {
		if r := recover(); r != nil {
			word = fmt.Sprintf("no panic: %v", r)
		}
	}()
	switch c.tee {
	case "snp":
		err = snp(c)
	case "snp-policy":
		err = snpPolicy(c)
	case "snp-crl":
		err = snpWith(c, &sev.Options{DisableCertFetching: true, Now: c.now,
			CheckRevocations: true, Getter: given(c.parts[4])})
	case "tdx":
		err = td(c, intel)
	case "tdx-policy":
		err = tdPolicy(c)
	case "tpm":
		err = tpm(c)
	case "nitro":
		err = nitro(c, aws)
	case "cca":
		err = cca(c)
	default:
		return "none"
	}
	if err != nil {
		return "no " + err.Error()
	}
	return "ok"
}

func main() {
	logger.Init("peers", false, false, io.Discard)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	intel, aws := pool(os.Args[1]), pool(os.Args[2])
	for {
		c, err := readCase(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "peers:", err)
			os.Exit(1)
		}
		if first == nil {
			first = c.parts
		}
		line := bytes.ReplaceAll([]byte(judge(c, intel, aws)), []byte("\n"), []byte(" "))
		out.Write(append(line, '\n'))
	}
	out.Flush()
}
