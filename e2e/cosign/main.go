// One program of two: `registry` serves an empty in-memory registry on a free loopback port until its standard input
// ends, and prints the address; any other arguments go to cosign.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/sigstore/cosign/v3/cmd/cosign/cli"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "registry" {
		serveRegistry(os.Args[2:])
		return
	}
	if err := cli.New().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveRegistry(flags []string) {
	quiet := registry.Logger(log.New(io.Discard, "", 0))
	referrers := !strings.Contains(strings.Join(flags, " "), "--no-referrers")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		// The parent holds the other end: when it dies, so does the registry.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, registry.New(quiet, registry.WithReferrersSupport(referrers))))
}
