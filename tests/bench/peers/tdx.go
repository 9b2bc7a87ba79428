// SPDX-License-Identifier: MIT

// tdx: what go-tdx-guest takes for a quote without collateral, everything from its bytes.
//
//	tdx QUOTE ROOT TIME N: microseconds of a verification, the median of N
package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"sort"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-tdx-guest/verify"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "tdx:", err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	b, err := os.ReadFile(path)
	must(err)
	return b
}

func once(quote, root []byte, now time.Time) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		must(fmt.Errorf("no root"))
	}
	must(verify.RawTdxQuote(quote, &verify.Options{Now: now, TrustedRoots: roots}))
}

// Of all threads, the collector's too.
func processor() float64 {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

func main() {
	quote, root := read(os.Args[1]), read(os.Args[2])
	now, err := time.Parse(time.RFC3339, os.Args[3])
	must(err)
	n, err := strconv.Atoi(os.Args[4])
	must(err)
	took := make([]float64, n)
	once(quote, root, now)
	spent := processor()
	for i := range took {
		began := time.Now()
		once(quote, root, now)
		took[i] = float64(time.Since(began).Nanoseconds()) / 1e3
	}
	spent = processor() - spent
	sort.Float64s(took)
	fmt.Printf("%.1f %.1f\n", took[n/2], spent/float64(n))
}
