package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// fatal is the error that ends a snapshot, nil if the rest can be read: nobody answers, or nobody knows who asks.
func (s *snapshooter) fatal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("reading the cluster at %s: %w", s.host, context.Cause(ctx))
	}
	if connection, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("cannot reach the cluster at %s: %w", s.host, connection.Err)
	}
	if apierrors.IsUnauthorized(err) {
		return fmt.Errorf("the cluster at %s does not accept these credentials: %w", s.host, err)
	}
	return nil
}

// nothing is the error of a snapshot that read no kind.
func (s *snapshooter) nothing() error {
	where, hint := "of the cluster at "+s.host, "; with rights in one namespace, name it with --namespace"
	if s.namespace != "" {
		where, hint = fmt.Sprintf("in namespace %s of the cluster at %s", s.namespace, s.host), ""
	}
	if i := slices.IndexFunc(s.unread, func(u Unread) bool { return u.Err != nil }); i >= 0 {
		return fmt.Errorf("nothing %s can be read%s: %w", where, hint, s.unread[i].Err)
	}
	return fmt.Errorf("nothing %s can be read%s", where, hint)
}
