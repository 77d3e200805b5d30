package runtime

import (
	"fmt"

	"pgbench-provider/provider"
)

func application(kind, message string) *provider.ErrorDetails {
	return &provider.ErrorDetails{Application: &provider.ApplicationError{Kind: kind, Message: message}}
}

func configuration(kind, resource, message string) *provider.ErrorDetails {
	return &provider.ErrorDetails{Configuration: &provider.ConfigurationError{Kind: kind, Resource: resource, Message: provider.Optional(message)}}
}

func infrastructure(operation string, err error) *provider.ErrorDetails {
	return &provider.ErrorDetails{Infrastructure: &provider.InfrastructureError{Operation: operation, Message: err.Error(), Retryable: provider.IsRetryable(err)}}
}

func poison(attempts, limit int, messageType, message string) *provider.ErrorDetails {
	return &provider.ErrorDetails{Poison: &provider.PoisonError{AttemptCount: attempts, MaxAttempts: limit, MessageType: messageType, Message: message}}
}

// failure turns what user code returned into details. An error that the runtime gave it and that it passed on as it was
// keeps its kind, unless it is an application's, whose kind says who failed.
func failure(kind string, err error) *provider.ErrorDetails {
	if d, ok := err.(provider.ErrorDetails); ok && d.Application == nil { //nolint:errorlint // a wrapped one is the application's
		return &d
	}
	return application(kind, err.Error())
}

func panicked(kind string, value any) *provider.ErrorDetails {
	return application(kind, fmt.Sprintf("panic: %v", value))
}
