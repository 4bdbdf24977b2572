package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/containerd/ttrpc/integration/streaming"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func call(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	client := ttrpc.NewClient(conn)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	checks := []struct {
		name string
		run  func(context.Context, *ttrpc.Client) error
	}{
		{"unary", checkUnary},
		{"concurrent", checkConcurrent},
		{"bidi", checkBidi},
		{"client stream", checkClientStream},
		{"server stream", checkServerStream},
		{"empty messages", checkEmpty},
		{"metadata", checkMetadata},
		{"status details", checkDetails},
		{"deadline", checkDeadline},
		{"unimplemented", checkUnimplemented},
		{"large", checkLarge},
	}
	for _, check := range checks {
		if err := check.run(ctx, client); err != nil {
			return fmt.Errorf("%s: %w", check.name, err)
		}
		fmt.Println(check.name)
	}
	if err := checkOversize(socket); err != nil {
		return fmt.Errorf("oversize: %w", err)
	}
	fmt.Println("oversize")
	return nil
}

func extra(ctx context.Context, client *ttrpc.Client, method, request string) (string, error) {
	var answer wrapperspb.StringValue
	err := client.Call(ctx, "interop.Extra", method, wrapperspb.String(request), &answer)
	return answer.Value, err
}

func checkUnary(ctx context.Context, client *ttrpc.Client) error {
	answer, err := streaming.NewTTRPCStreamingClient(client).Echo(ctx, &streaming.EchoPayload{Seq: 41, Msg: "x"})
	if err != nil {
		return err
	}
	if answer.Seq != 42 || answer.Msg != "x" {
		return fmt.Errorf("answer %v", answer)
	}
	return nil
}

func checkConcurrent(ctx context.Context, client *ttrpc.Client) error {
	service := streaming.NewTTRPCStreamingClient(client)
	var group sync.WaitGroup
	failures := make(chan error, 500)
	for i := uint32(0); i < 500; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			answer, err := service.Echo(ctx, &streaming.EchoPayload{Seq: i})
			if err != nil {
				failures <- err
			} else if answer.Seq != i+1 {
				failures <- fmt.Errorf("answer %d to %d", answer.Seq, i)
			}
		}()
	}
	group.Wait()
	close(failures)
	return <-failures
}

func checkBidi(ctx context.Context, client *ttrpc.Client) error {
	stream, err := streaming.NewTTRPCStreamingClient(client).EchoStream(ctx)
	if err != nil {
		return err
	}
	for i := uint32(0); i < 100; i++ {
		if err := stream.Send(&streaming.EchoPayload{Seq: i, Msg: "m"}); err != nil {
			return err
		}
		answer, err := stream.Recv()
		if err != nil {
			return err
		}
		if answer.Seq != i+1 {
			return fmt.Errorf("answer %d to %d", answer.Seq, i)
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the end of the stream: %v", err)
	}
	return nil
}

func checkClientStream(ctx context.Context, client *ttrpc.Client) error {
	stream, err := streaming.NewTTRPCStreamingClient(client).SumStream(ctx)
	if err != nil {
		return err
	}
	for i := int32(-10); i <= 20; i++ {
		if err := stream.Send(&streaming.Part{Add: i}); err != nil {
			return err
		}
	}
	sum, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if sum.Num != 31 || sum.Sum != 155 {
		return fmt.Errorf("sum %v", sum)
	}
	return nil
}

func checkServerStream(ctx context.Context, client *ttrpc.Client) error {
	service := streaming.NewTTRPCStreamingClient(client)
	stream, err := service.DivideStream(ctx, &streaming.Sum{Sum: 300, Num: 30})
	if err != nil {
		return err
	}
	for i := 0; i < 30; i++ {
		part, err := stream.Recv()
		if err != nil {
			return err
		}
		if part.Add != 10 {
			return fmt.Errorf("part %v", part)
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the end of the stream: %v", err)
	}
	// An error after a message.
	stream, err = service.DivideStream(ctx, &streaming.Sum{Sum: -7, Num: 1})
	if err != nil {
		return err
	}
	if part, err := stream.Recv(); err != nil || part.Add != -7 {
		return fmt.Errorf("before the error: %v, %v", part, err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Aborted {
		return fmt.Errorf("the error: %v", err)
	}
	return nil
}

func checkEmpty(ctx context.Context, client *ttrpc.Client) error {
	service := streaming.NewTTRPCStreamingClient(client)
	null, err := service.EchoNullStream(ctx)
	if err != nil {
		return err
	}
	for i := 0; i < 3; i++ {
		if err := null.Send(&streaming.EchoPayload{}); err != nil {
			return err
		}
		if _, err := null.Recv(); err != nil {
			return err
		}
	}
	if err := null.CloseSend(); err != nil {
		return err
	}
	if _, err := null.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the end of the stream: %v", err)
	}
	stream, err := service.EmptyPayloadStream(ctx, &emptypb.Empty{})
	if err != nil {
		return err
	}
	for i := uint32(0); i < 3; i++ {
		payload, err := stream.Recv()
		if err != nil {
			return err
		}
		if payload.Seq != i {
			return fmt.Errorf("payload %v", payload)
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the end of the stream: %v", err)
	}
	return nil
}

func checkMetadata(ctx context.Context, client *ttrpc.Client) error {
	ctx = ttrpc.WithMetadata(ctx, ttrpc.MD{"containerd-namespace-ttrpc": {"k8s.io"}, "many": {"1", "2"}})
	for key, want := range map[string]string{"containerd-namespace-ttrpc": "k8s.io", "many": "1|2", "none": ""} {
		got, err := extra(ctx, client, "Metadata", key)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %q instead of %q", key, got, want)
		}
	}
	return nil
}

func checkDetails(ctx context.Context, client *ttrpc.Client) error {
	_, err := extra(ctx, client, "Fail", "not yet")
	failure, ok := status.FromError(err)
	if !ok || failure.Code() != codes.FailedPrecondition || failure.Message() != "not yet" {
		return fmt.Errorf("error %v", err)
	}
	if details := fmt.Sprint(failure.Details()); !strings.Contains(details, "seconds:90") {
		return fmt.Errorf("details %s", details)
	}
	return nil
}

func checkDeadline(ctx context.Context, client *ttrpc.Client) error {
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := extra(short, client, "Hang", ""); status.Code(err) != codes.DeadlineExceeded && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("error %v", err)
	}
	<-short.Done()
	// Over before it is sent.
	if _, err := extra(short, client, "Hang", ""); err == nil {
		return errors.New("no error")
	}
	_, err := extra(ctx, client, "Metadata", "")
	return err
}

func checkUnimplemented(ctx context.Context, client *ttrpc.Client) error {
	if _, err := extra(ctx, client, "NoSuch", ""); status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("method: %v", err)
	}
	err := client.Call(ctx, "no.Such", "Method", &emptypb.Empty{}, &emptypb.Empty{})
	if status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("service: %v", err)
	}
	return nil
}

func checkLarge(ctx context.Context, client *ttrpc.Client) error {
	service := streaming.NewTTRPCStreamingClient(client)
	message := strings.Repeat("x", 4<<20-100)
	answer, err := service.Echo(ctx, &streaming.EchoPayload{Msg: message})
	if err != nil {
		return err
	}
	if answer.Msg != message {
		return fmt.Errorf("%d bytes came back", len(answer.Msg))
	}
	return nil
}

// The Go client refuses to send such a message, so this writes the frames itself.
func checkOversize(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	const length = 5 << 20
	header := []byte{0, length >> 16, 0, 0, 0, 0, 0, 1, 1, 0}
	if _, err := conn.Write(append(header, bytes.Repeat([]byte{0xff}, length)...)); err != nil {
		return err
	}
	answer := make([]byte, 10)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if answer[7] != 1 || answer[8] != 2 {
		return fmt.Errorf("answer %v", answer)
	}
	body := make([]byte, int(answer[2])<<8|int(answer[3]))
	if _, err := io.ReadFull(conn, body); err != nil {
		return err
	}
	// Response{status: {code: 8 ...}}
	if len(body) < 5 || !bytes.Contains(body[:6], []byte{0x08, 0x08}) {
		return fmt.Errorf("body %q", body)
	}
	// The connection goes on.
	client := ttrpc.NewClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := checkSecond(ctx, client); err != nil {
		return err
	}
	return client.Close()
}

// checkSecond makes calls: the first one has stream id 1, which the oversize frame used up.
func checkSecond(ctx context.Context, client *ttrpc.Client) error {
	if _, err := extra(ctx, client, "Metadata", ""); status.Code(err) != codes.InvalidArgument {
		return fmt.Errorf("a stream id used twice: %v", err)
	}
	_, err := extra(ctx, client, "Metadata", "")
	return err
}
