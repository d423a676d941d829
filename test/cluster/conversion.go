package cluster

import "fmt"

// The conversions of a custom resource: one that works, and a webhook that nobody answers for, at a port that nothing can
// listen on.
const (
	WellConversion   = `{strategy: None, webhook: null}`
	BrokenConversion = `{strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: "https://127.0.0.1:1/convert"}}}`
)

// RoutesConverted is the definition of OpenShift's Routes, kept as v0 and read as v1. WellConversion converts nothing:
// the two are alike.
func RoutesConverted(conversion string) string {
	return fmt.Sprintf(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: routes.route.openshift.io}
spec:
  group: route.openshift.io
  scope: Namespaced
  names: {kind: Route, listKind: RouteList, plural: routes, singular: route}
  conversion: %s
  versions:
  - {name: v0, served: true, storage: true, schema: &any {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v1, served: true, storage: false, schema: *any}
`, conversion)
}
