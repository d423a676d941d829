package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// reportAPI is one of the two APIs that keep reports.
type reportAPI struct {
	name    string
	version schema.GroupVersion
	// report and inCluster are the kinds for objects in a namespace and for others, each with its resource.
	report, reports, inCluster, inClusters string
	// names says that a report has a source as a whole.
	names bool
}

// The APIs, the preferred one first.
var reportAPIs = []reportAPI{
	{"openreports", schema.GroupVersion{Group: "openreports.io", Version: "v1alpha1"}, "Report", "reports",
		"ClusterReport", "clusterreports", true},
	{
		"policyreport", schema.GroupVersion{Group: "wgpolicyk8s.io", Version: "v1alpha2"},
		"PolicyReport", "policyreports", "ClusterPolicyReport", "clusterpolicyreports", false,
	},
}

// What ReportsIn may be besides the name of an API.
const (
	// ReportsAuto is whichever API is installed, of both the first.
	ReportsAuto = "auto"
	// ReportsNone writes none.
	ReportsNone = "none"
)

// ReportKinds are the words for where reports are written.
func ReportKinds() []string {
	list := []string{ReportsAuto}
	for _, a := range reportAPIs {
		list = append(list, a.name)
	}
	return append(list, ReportsNone)
}

// store writes reports.
type store struct {
	in        string
	client    dynamic.Interface
	discovery Discovery

	// api is where reports are written, nil where none is installed.
	api *reportAPI
	// kept are the reports that are there, by namespace and name.
	kept map[place]kept
}

type place struct{ namespace, name string }

// kept is what there is to know of a report that is there.
type kept struct {
	version, digest string
	since           map[string]int64
	scope           *corev1.ObjectReference
	verdicts        map[string]verdict
}

// look finds out where reports can be written. It says whether that is another API than before, of which nothing is
// read yet. What is in the one before is deleted, if it can be.
func (s *store) look(ctx context.Context) (changed bool, err error) {
	var found *reportAPI
	for i := range reportAPIs {
		a := &reportAPIs[i]
		if s.in != ReportsAuto && s.in != a.name {
			continue
		}
		served, err := s.discovery.ServerResourcesForGroupVersion(a.version.String())
		if err != nil && !apierrors.IsNotFound(err) {
			return false, fmt.Errorf("asking for %s: %w", a.version, err)
		}
		if err == nil && slices.ContainsFunc(served.APIResources,
			func(r metav1.APIResource) bool { return r.Name == a.reports }) {
			found = a
			break
		}
	}
	if found == s.api {
		return false, nil
	}
	for at := range s.kept {
		if _, failed := s.remove(ctx, at); failed != nil {
			break // most likely it is that API which is gone
		}
	}
	s.api, s.kept = found, map[place]kept{}
	return true, nil //nolint:nilerr // what is left there is nobody's loss
}

// load reads what reports of dittoguard's there are.
func (s *store) load(ctx context.Context) error {
	if s.api == nil {
		return nil
	}
	there := map[place]kept{}
	for _, resource := range []string{s.api.reports, s.api.inClusters} {
		options := metav1.ListOptions{LabelSelector: managedBy + "=" + source, Limit: 500}
		for {
			list, err := s.client.Resource(s.api.version.WithResource(resource)).List(ctx, options)
			if apierrors.IsNotFound(err) && resource == s.api.inClusters {
				break // somebody installed only the other one
			}
			if err != nil {
				return fmt.Errorf("listing %s: %w", resource, err)
			}
			for i := range list.Items {
				at, state, err := read(&list.Items[i])
				if err != nil {
					return err
				}
				there[at] = state
			}
			if options.Continue = list.GetContinue(); options.Continue == "" {
				break
			}
		}
	}
	s.kept = there
	return nil
}

func read(u *unstructured.Unstructured) (place, kept, error) {
	var r report
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &r); err != nil {
		return place{}, kept{}, fmt.Errorf("reading %s %s/%s: %w", u.GetKind(), u.GetNamespace(), u.GetName(), err)
	}
	return place{u.GetNamespace(), u.GetName()}, stateOf(&r, u.GetResourceVersion()), nil
}

func stateOf(r *report, version string) kept {
	return kept{version: version, digest: r.digest(), since: r.since(), scope: r.Scope, verdicts: r.verdicts()}
}

// write has the API server keep a report, unless it does already.
func (s *store) write(ctx context.Context, r *report) (written bool, err error) {
	r.APIVersion, r.Kind = s.api.version.String(), s.api.report
	if r.Metadata.Namespace == "" {
		r.Kind = s.api.inCluster
	}
	if r.Source = ""; s.api.names {
		r.Source = source
	}
	at := place{r.Metadata.Namespace, r.Metadata.Name}
	for range 4 {
		was, there := s.kept[at]
		if there && was.digest == r.digest() {
			return false, nil
		}
		r.Metadata.ResourceVersion = was.version
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(r)
		if err != nil {
			return false, fmt.Errorf("encoding a report: %w", err)
		}
		client, u := s.resource(at), &unstructured.Unstructured{Object: content}
		if there {
			u, err = client.Update(ctx, u, metav1.UpdateOptions{})
		} else {
			u, err = client.Create(ctx, u, metav1.CreateOptions{})
		}
		if err == nil {
			s.kept[at] = stateOf(r, u.GetResourceVersion())
			return true, nil
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			return false, fmt.Errorf("writing report %s/%s: %w", at.namespace, at.name, err)
		}
		if err := s.again(ctx, at); err != nil {
			return false, err
		}
	}
	return false, fmt.Errorf("writing report %s/%s: it changes all the time", at.namespace, at.name)
}

// again reads what is there of a report that somebody else has changed.
func (s *store) again(ctx context.Context, at place) error {
	delete(s.kept, at)
	u, err := s.resource(at).Get(ctx, at.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		var state kept
		if _, state, err = read(u); err == nil {
			s.kept[at] = state
			return nil
		}
	}
	return fmt.Errorf("reading report %s/%s: %w", at.namespace, at.name, err)
}

// remove deletes a report; one that is not there is no error.
func (s *store) remove(ctx context.Context, at place) (removed bool, err error) {
	if _, there := s.kept[at]; !there {
		return false, nil
	}
	if err := s.resource(at).Delete(ctx, at.name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("deleting report %s/%s: %w", at.namespace, at.name, err)
	}
	delete(s.kept, at)
	return true, nil
}

func (s *store) resource(at place) dynamic.ResourceInterface {
	if at.namespace == "" {
		return s.client.Resource(s.api.version.WithResource(s.api.inClusters))
	}
	return s.client.Resource(s.api.version.WithResource(s.api.reports)).Namespace(at.namespace)
}

// missing says that reports are wanted and cannot be written.
func (s *store) missing() error {
	if s.in == ReportsNone || s.api != nil {
		return nil
	}
	var wanted []string
	for _, a := range reportAPIs {
		if s.in == ReportsAuto || s.in == a.name {
			wanted = append(wanted, a.version.String())
		}
	}
	return errors.New("no reports, since " + strings.Join(wanted, " and ") +
		" are not installed; Events and metrics are there")
}
