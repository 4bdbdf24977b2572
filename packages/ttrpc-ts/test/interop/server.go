package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/containerd/ttrpc/integration/streaming"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type streamingService struct{}

func (streamingService) Echo(_ context.Context, payload *streaming.EchoPayload) (*streaming.EchoPayload, error) {
	payload.Seq++
	return payload, nil
}

func (streamingService) EchoStream(_ context.Context, stream streaming.TTRPCStreaming_EchoStreamServer) error {
	for {
		payload, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		payload.Seq++
		if err := stream.Send(payload); err != nil {
			return err
		}
	}
}

func (streamingService) SumStream(_ context.Context, stream streaming.TTRPCStreaming_SumStreamServer) (*streaming.Sum, error) {
	var sum streaming.Sum
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return &sum, nil
		}
		if err != nil {
			return nil, err
		}
		sum.Sum += part.Add
		sum.Num++
	}
}

func (streamingService) DivideStream(_ context.Context, sum *streaming.Sum, stream streaming.TTRPCStreaming_DivideStreamServer) error {
	if sum.Num < 0 {
		return status.Error(codes.OutOfRange, "a negative number of parts")
	}
	for i := int32(0); i < sum.Num; i++ {
		if err := stream.Send(&streaming.Part{Add: sum.Sum / sum.Num}); err != nil {
			return err
		}
	}
	if sum.Sum < 0 {
		return status.Error(codes.Aborted, "a negative sum, found late")
	}
	return nil
}

func (streamingService) EchoNull(_ context.Context, stream streaming.TTRPCStreaming_EchoNullServer) (*emptypb.Empty, error) {
	for {
		_, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return &emptypb.Empty{}, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (streamingService) EchoNullStream(_ context.Context, stream streaming.TTRPCStreaming_EchoNullStreamServer) error {
	for {
		_, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&emptypb.Empty{}); err != nil {
			return err
		}
	}
}

func (streamingService) EmptyPayloadStream(_ context.Context, _ *emptypb.Empty, stream streaming.TTRPCStreaming_EmptyPayloadStreamServer) error {
	for i := uint32(0); i < 3; i++ {
		if err := stream.Send(&streaming.EchoPayload{Seq: i}); err != nil {
			return err
		}
	}
	return nil
}

// registerExtra serves what the module's own test service has no method for.
func registerExtra(server *ttrpc.Server) {
	text := func(handle func(context.Context, string) (string, error)) ttrpc.Method {
		return func(ctx context.Context, unmarshal func(any) error) (any, error) {
			var request wrapperspb.StringValue
			if err := unmarshal(&request); err != nil {
				return nil, err
			}
			answer, err := handle(ctx, request.Value)
			if err != nil {
				return nil, err
			}
			return wrapperspb.String(answer), nil
		}
	}
	server.RegisterService("interop.Extra", &ttrpc.ServiceDesc{Methods: map[string]ttrpc.Method{
		"Metadata": text(func(ctx context.Context, key string) (string, error) {
			metadata, _ := ttrpc.GetMetadata(ctx)
			values, _ := metadata.Get(key)
			return strings.Join(values, "|"), nil
		}),
		"Remaining": text(func(ctx context.Context, _ string) (string, error) {
			deadline, ok := ctx.Deadline()
			if !ok {
				return "none", nil
			}
			return fmt.Sprint(time.Until(deadline).Milliseconds()), nil
		}),
		"Fail": text(func(_ context.Context, message string) (string, error) {
			detailed, err := status.New(codes.FailedPrecondition, message).WithDetails(durationpb.New(90 * time.Second))
			if err != nil {
				return "", err
			}
			return "", detailed.Err()
		}),
		"Hang": text(func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}),
	}})
}
