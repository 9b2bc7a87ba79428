// SPDX-License-Identifier: MIT

// sev: what go-sev-guest takes for an SNP report, everything from its bytes.
//
//	sev REPORT VCEK CHAIN TIME N: microseconds of a verification, the median of N
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/kds"
	pb "github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sev:", err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	b, err := os.ReadFile(path)
	must(err)
	return b
}

func once(report, vcek, chain []byte, now time.Time) {
	r, err := abi.ReportToProto(report)
	must(err)
	line := kds.ProductLineFromFms(r.GetCpuid1EaxFms())
	root := trust.AMDRootCertsProduct(line)
	must(root.FromKDSCertBytes(chain))
	a := &pb.Attestation{Report: r, CertificateChain: &pb.CertificateChain{VcekCert: vcek}}
	must(verify.SnpAttestation(a, &verify.Options{
		DisableCertFetching: true, Now: now,
		TrustedRoots: map[string][]*trust.AMDRootCerts{line: {root}},
	}))
}

// Of all threads, the collector's too.
func processor() float64 {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

func main() {
	report, vcek, chain := read(os.Args[1]), read(os.Args[2]), read(os.Args[3])
	now, err := time.Parse(time.RFC3339, os.Args[4])
	must(err)
	n, err := strconv.Atoi(os.Args[5])
	must(err)
	took := make([]float64, n)
	once(report, vcek, chain, now)
	spent := processor()
	for i := range took {
		began := time.Now()
		once(report, vcek, chain, now)
		took[i] = float64(time.Since(began).Nanoseconds()) / 1e3
	}
	spent = processor() - spent
	sort.Float64s(took)
	fmt.Printf("%.1f %.1f\n", took[n/2], spent/float64(n))
}
