// Command interop is the Go peer of ttrpc-ts's interoperability tests.
//
//	interop server SOCKET   serves until standard input ends; prints "ready"
//	interop client SOCKET   calls a ttrpc-ts server; prints a line per check that passed
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/containerd/ttrpc"
	"github.com/containerd/ttrpc/integration/streaming"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: interop server|client SOCKET"))
	}
	var err error
	switch os.Args[1] {
	case "server":
		err = serve(os.Args[2])
	case "client":
		err = call(os.Args[2])
	default:
		err = fmt.Errorf("unknown mode %q: server or client", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func serve(socket string) error {
	server, err := ttrpc.NewServer()
	if err != nil {
		return err
	}
	streaming.RegisterTTRPCStreamingService(server, streamingService{})
	registerExtra(server)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	go func() {
		// The parent's end of the pipe: this process must not outlive the test.
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Println("ready")
	if err := server.Serve(context.Background(), listener); err != ttrpc.ErrServerClosed {
		return err
	}
	return nil
}
