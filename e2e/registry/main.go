// Command registry is the peers of the registry tests in one program: `registry ggcr` and `registry distribution` serve
// a registry on a free port of the loopback and print its address; `registry crane …` is that command; `registry oras
// push|pull|attach` does with the oras library what its command does.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	crane "github.com/google/go-containerregistry/cmd/crane/cmd"
	"github.com/google/go-containerregistry/pkg/registry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/bcrypt"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("expected ggcr, distribution, crane, oras or htpasswd")
	}
	program, args := os.Args[1], os.Args[2:]
	var err error
	switch program {
	case "ggcr":
		go leash()
		quiet := log.New(io.Discard, "", 0)
		err = serve(registry.New(registry.WithReferrersSupport(true), registry.Logger(quiet)), args)
	case "distribution":
		go leash()
		err = serveDistribution(args)
	case "crane":
		command := crane.New("crane", "", nil)
		command.SetArgs(args)
		err = command.Execute()
	case "oras":
		err = runOras(context.Background(), args)
	case "htpasswd":
		err = printPassword(args)
	default:
		err = fmt.Errorf("unknown peer %q", program)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// printPassword prints a line of an htpasswd file for a user and password.
func printPassword(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("expected a user and a password")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(args[1]), bcrypt.MinCost)
	fmt.Printf("%s:%s\n", args[0], hash)
	return err
}

// leash ends this process as soon as its standard input closes, which it does when the test process dies.
func leash() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

// serveDistribution takes a file with its configuration, in distribution's own format, and then flags.
func serveDistribution(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("expected a configuration file")
	}
	text, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer text.Close()
	config, err := configuration.Parse(text)
	if err != nil {
		return err
	}
	logrus.SetOutput(io.Discard)
	return serve(handlers.NewApp(context.Background(), config), args[1:])
}

// runOras works on a plain HTTP registry: `push REF FILE` as a policy artifact, `attach REF FILE` to a manifest,
// `pull REF DIRECTORY`. It prints the digest of the manifest.
func runOras(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("expected push, attach or pull, a reference and a path")
	}
	repository, err := remote.NewRepository(args[1])
	if err != nil {
		return err
	}
	repository.PlainHTTP = true
	tag := repository.Reference.Reference
	if args[0] == "pull" {
		directory, err := file.New(args[2])
		if err != nil {
			return err
		}
		defer directory.Close()
		found, err := oras.Copy(ctx, repository, tag, directory, tag, oras.DefaultCopyOptions)
		fmt.Println(found.Digest)
		return err
	}
	files, err := file.New("")
	if err != nil {
		return err
	}
	defer files.Close()
	layer, err := files.Add(ctx, "policy.wasm", "application/vnd.wasm.content.layer.v1+wasm", args[2])
	if err != nil {
		return err
	}
	options := oras.PackManifestOptions{Layers: []ocispec.Descriptor{layer}}
	if args[0] == "attach" {
		subject, err := repository.Resolve(ctx, tag)
		if err != nil {
			return err
		}
		options.Subject = &subject
		tag = ""
	}
	manifest, err := oras.PackManifest(ctx, files, oras.PackManifestVersion1_1, "application/vnd.example.policy", options)
	if err != nil {
		return err
	}
	if tag != "" {
		if err := files.Tag(ctx, manifest, tag); err != nil {
			return err
		}
		manifest, err = oras.Copy(ctx, files, tag, repository, tag, oras.DefaultCopyOptions)
	} else {
		err = oras.CopyGraph(ctx, files, repository, manifest, oras.DefaultCopyGraphOptions)
	}
	fmt.Println(manifest.Digest)
	return err
}

// serve listens with TLS if it is given a certificate and key, and prints the address as soon as it does.
func serve(handler http.Handler, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	certificate := flags.String("cert", "", "PEM file")
	key := flags.String("key", "", "PEM file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	if *certificate == "" {
		return http.Serve(listener, handler)
	}
	return http.ServeTLS(listener, handler, *certificate, *key)
}
