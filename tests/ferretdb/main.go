// Program ferretdb answers: is there a server that speaks MongoDB's protocol for the tests of the store?
//
// It is for tests only: no authentication, loopback only, data in SQLite files under --data.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "loopback address; port 0 takes a free one")
	data := flag.String("data", "", "folder for the data (must exist)")
	verbose := flag.Bool("verbose", false, "write the server's own log to stderr")
	flag.Parse()

	if err := run(*listen, *data, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

func run(listen, data string, verbose bool) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %q: %w", listen, err)
	}
	// The server has no authentication, so it must never be reachable from another machine.
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("--listen %q: only a loopback address such as 127.0.0.1:0 is allowed", listen)
	}
	if data == "" {
		return fmt.Errorf("--data is required: a folder that exists")
	}
	folder, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("--data %q: no such folder", data)
	}

	sink := io.Discard
	if verbose {
		sink = os.Stderr
	}
	// The embedded package never reports telemetry: it makes no reporter and locks telemetry off.
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.NewTextHandler(sink, nil)),
		Handler:   "sqlite",
		SQLiteURL: "file:" + folder + "/",
	})
	if err != nil {
		return err
	}
	public, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	defer public.Close()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- server.Run(ctx) }()

	// MongoDBURI waits until the server listens, so the line below means: ready for connections.
	inner, err := url.Parse(server.MongoDBURI())
	if err != nil {
		return err
	}
	go func() { ended <- (&serializer{backend: inner.Host}).serve(public) }()
	fmt.Printf("ready mongodb://%s/\n", public.Addr())
	return <-ended
}
