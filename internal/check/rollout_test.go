package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
)

// The parts of a rollout: a fixed template, and pods of the one before.
const (
	podOf = `
  template:
    metadata: {labels: {app: gateway%s}}
    spec:
      containers:
      - name: gateway
        image: example.com/ditto-gateway:%s
        env: [{name: ENABLE_PRE_AUTHENTICATION, value: "%s"}]
`
	balancer = `
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {type: LoadBalancer, selector: {app: gateway}, ports: [{port: 80, targetPort: 8080}]}
`
)

func owningDeployment(pre, spec, status string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ditto, uid: d, generation: 2, annotations: {deployment.kubernetes.io/revision: "2"}}
status: {` + status + `}
spec:
  replicas: 2
  selector: {matchLabels: {app: gateway}}` + spec + fmt.Sprintf(podOf, "", "2", pre)
}

func ownedReplicaSet(pre, metadata, spec string) string {
	return `
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: gateway-abc
  namespace: ditto
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: gateway, uid: d, controller: true}]
` + metadata + `
spec:
  selector: {matchLabels: {app: gateway}}` + spec + fmt.Sprintf(podOf, ", pod-template-hash: abc", "1", pre)
}

const earlier = `  labels: {pod-template-hash: abc}
  annotations: {deployment.kubernetes.io/revision: "1"}`

func ownedPod(kind, pre string) string {
	return `
apiVersion: v1
kind: Pod
metadata:
  name: gateway-1
  namespace: ditto
  labels: {app: gateway, controller-revision-hash: old}
  ownerReferences: [{apiVersion: apps/v1, kind: ` + kind + `, name: gateway, uid: d, controller: true}]
spec:
  containers:
  - {name: gateway, image: "example.com/ditto-gateway:1", env: [{name: ENABLE_PRE_AUTHENTICATION, value: "` + pre + `"}]}
`
}

func owningSet(kind, spec, status string) string {
	return "\napiVersion: apps/v1\nkind: " + kind + "\nmetadata: {name: gateway, namespace: ditto, uid: d, generation: 2}\nstatus: {" + status +
		"}\nspec:\n  selector: {matchLabels: {app: gateway}}" + spec + fmt.Sprintf(podOf, "", "2", "false")
}

// TestRollout: pods of an earlier revision count unless a rollout is about to replace them, and then they are warned of.
func TestRollout(t *testing.T) {
	const (
		done  = "observedGeneration: 2, replicas: 2, updatedReplicas: 2"
		going = "observedGeneration: 2, replicas: 3, updatedReplicas: 1"
		stuck = going + ", conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]"
	)
	bad := ownedReplicaSet("true", earlier, "")
	job := "\napiVersion: batch/v1\nkind: Job\nmetadata:\n  {name: gateway-1, namespace: ditto, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: gateway, uid: c, controller: true}]}" +
		"\nspec:" + fmt.Sprintf(podOf, "", "1", "true") + "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: gateway, namespace: ditto, uid: c}\nspec:\n  schedule: '@daily'\n  jobTemplate:\n    spec:" +
		strings.ReplaceAll(fmt.Sprintf(podOf, "", "1", "false"), "\n", "\n    ") + "\n"
	unsecured := strings.Replace(ownedReplicaSet("false", earlier, ""), "ENABLE_PRE_AUTHENTICATION", "DEVOPS_SECURED", 1)
	for _, test := range []struct{ name, objects, want string }{
		{"a rollout that goes on", owningDeployment("false", "", going) + "---" + bad, "warn ReplicaSet"},
		{"what no way in leads to", owningDeployment("false", "", going) + "---" + unsecured, "warn ReplicaSet\nwarn ReplicaSet"},
		{"the same, where nothing replaces it", owningDeployment("false", "", done) + "---" + unsecured, "deny ReplicaSet\ndeny ReplicaSet"},
		{"one that its controller has yet to see", owningDeployment("false", "", "observedGeneration: 1, replicas: 2, updatedReplicas: 2") + "---" + bad, "warn ReplicaSet"},
		{"one that is paused", owningDeployment("false", "\n  paused: true", going) + "---" + bad, "deny ReplicaSet"},
		{"one past its deadline", owningDeployment("false", "", stuck) + "---" + bad, "deny ReplicaSet"},
		{"none at all", owningDeployment("false", "", done) + "---" + bad, "deny ReplicaSet"},
		{"one written by hand", owningDeployment("false", "", going) + "---" + ownedReplicaSet("true", "", ""), "deny ReplicaSet"},
		{"one that is scaled down", owningDeployment("false", "", done) + "---" + ownedReplicaSet("true", earlier, "\n  replicas: 0"), ""},
		{"one that is scaled down and still has pods", owningDeployment("false", "", done) + "---" + ownedReplicaSet("true", earlier+"\nstatus: {replicas: 1}", "\n  replicas: 0"), "deny ReplicaSet"},
		{"a Pod that has ended", owningSet("StatefulSet", "", "observedGeneration: 2, currentRevision: new, updateRevision: new") + "---" +
			strings.Replace(ownedPod("StatefulSet", "true"), "\nspec:", "\nstatus: {phase: Succeeded}\nspec:", 1), ""},
		{"a Job that goes on", job, "deny Job"},
		{"a Job that has ended", strings.Replace(job, "\nspec:", "\nstatus: {conditions: [{type: Complete, status: 'True'}]}\nspec:", 1), ""},
		{"one that is scaled down, and paused", owningDeployment("false", "\n  paused: true", done) + "---" + ownedReplicaSet("true", earlier, "\n  replicas: 0"), "deny ReplicaSet"},
		{"one that is scaled down, of what makes none", owningSet("DaemonSet", "", "observedGeneration: 2") + "---" +
			strings.Replace(ownedReplicaSet("true", earlier, "\n  replicas: 0"), "kind: Deployment", "kind: DaemonSet", 1), "deny ReplicaSet"},
		{"one that may take for ever", owningDeployment("false", "\n  progressDeadlineSeconds: 2147483647", going) + "---" + bad, "deny ReplicaSet"},
		{"a ReplicaSet of a StatefulSet", owningSet("StatefulSet", "", "observedGeneration: 2, currentRevision: old, updateRevision: new") + "---" +
			strings.Replace(bad, "kind: Deployment", "kind: StatefulSet", 1), "deny ReplicaSet"},
		{"the same but for the image's tag", owningDeployment("true", "", done) + "---" + bad, "deny Deployment"},
		{"a fix that is undone", owningDeployment("true", "", going) + "---" + ownedReplicaSet("false", earlier, ""), "deny Deployment"},
		{"pods of a StatefulSet", owningSet("StatefulSet", "", "observedGeneration: 2, currentRevision: old, updateRevision: new") + "---" +
			ownedPod("StatefulSet", "true"), "warn Pod"},
		{"a pod of a StatefulSet that is called otherwise", owningSet("StatefulSet", "", "observedGeneration: 2, currentRevision: old, updateRevision: new") + "---" +
			strings.Replace(ownedPod("StatefulSet", "true"), "name: gateway-1", "name: other-1", 1), "deny Pod"},
		{"a pod of the revision that comes", owningSet("StatefulSet", "", "observedGeneration: 2, currentRevision: old, updateRevision: new") + "---" +
			strings.Replace(ownedPod("StatefulSet", "true"), "hash: old", "hash: new", 1), "deny Pod"},
		{"pods of a StatefulSet that is not seen yet", owningSet("StatefulSet", "", "observedGeneration: 1, currentRevision: old, updateRevision: old") + "---" +
			ownedPod("StatefulSet", "true"), "warn Pod"},
		{"pods of a StatefulSet without a status", owningSet("StatefulSet", "", "") + "---" + ownedPod("StatefulSet", "true"), "deny Pod"},
		{"pods of a DaemonSet without a status", owningSet("DaemonSet", "", "") + "---" + ownedPod("DaemonSet", "true"), "deny Pod"},
		{"a pod of a DaemonSet that is called otherwise", owningSet("DaemonSet", "", "observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 1") + "---" +
			strings.Replace(ownedPod("DaemonSet", "true"), "name: gateway-1", "name: other-1", 1), "deny Pod"},
		{"pods that are replaced when they are deleted", owningSet("StatefulSet", "\n  updateStrategy: {type: OnDelete}", "observedGeneration: 2, currentRevision: old, updateRevision: new") +
			"---" + ownedPod("StatefulSet", "true"), "deny Pod"},
		{"pods below the partition", owningSet("StatefulSet", "\n  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}",
			"observedGeneration: 2, currentRevision: old, updateRevision: new") + "---" + ownedPod("StatefulSet", "true"), "deny Pod"},
		{"pods that should not be there", owningSet("StatefulSet", "", "observedGeneration: 2, currentRevision: new, updateRevision: new") + "---" +
			ownedPod("StatefulSet", "true"), "deny Pod"},
		{"pods of a DaemonSet", owningSet("DaemonSet", "", "observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 1") + "---" +
			ownedPod("DaemonSet", "true"), "warn Pod"},
		{"pods of a DaemonSet on deletion", owningSet("DaemonSet", "\n  updateStrategy: {type: OnDelete}", "observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 1") +
			"---" + ownedPod("DaemonSet", "true"), "deny Pod"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventoryOf(t, test.objects+"---"+balancer)
			result, err := everything().All(t.Context(), inv, inv.All())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range result.Findings {
				if f.Rule == "preauth-exposed" || f.Rule == "devops-unsecured" {
					got = append(got, string(f.Action)+" "+f.Subject.Kind)
					if said := strings.HasSuffix(f.Message, "; these are pods of an earlier revision, which a rollout is about to replace"); said != (f.Action == check.ActionWarn) {
						t.Errorf("%s: %s", f.Action, f.Message)
					}
				}
			}
			if text := strings.Join(got, "\n"); text != test.want {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

// TestRolloutOnTheWay: what is wrong with an entry is so only as long as the pods that it leads to.
func TestRolloutOnTheWay(t *testing.T) {
	public := strings.Replace(balancer, "selector: {app: gateway}", "selector: {track: old}", 1)
	old := strings.Replace(ownedReplicaSet("true", earlier, ""), "labels: {app: gateway,", "labels: {app: gateway, track: old,", 1)
	for status, want := range map[string]check.Action{
		"observedGeneration: 2, replicas: 3, updatedReplicas: 1": check.ActionWarn,
		"observedGeneration: 2, replicas: 2, updatedReplicas: 2": check.ActionDeny,
	} {
		inv := inventoryOf(t, owningDeployment("false", "", status), old, public)
		found := false
		for _, f := range judged(t, everything(), inv).Findings {
			if f.Rule != "devops-exposed" {
				continue
			}
			found = true
			if f.Subject.Kind != "Service" || f.Action != want {
				t.Errorf("%s: %s of %s, want %s", status, f.Action, f.Subject, want)
			}
		}
		if !found {
			t.Errorf("%s: found nothing", status)
		}
	}
}

// TestFixDuringRollout: a fix gets in whatever runs beside it, and so does what comes with it; a way in to pods that stay
// does not.
func TestFixDuringRollout(t *testing.T) {
	const going, done = "observedGeneration: 1, replicas: 2, updatedReplicas: 2", "observedGeneration: 2, replicas: 4, updatedReplicas: 2"
	bad := ownedReplicaSet("true", earlier, "")
	for _, test := range []struct{ name, before, old, object, want string }{
		{"the fix", bad + "---" + balancer, owningDeployment("true", "", done), owningDeployment("false", "", going), ""},
		{"the fix, paused", bad + "---" + balancer, owningDeployment("true", "", done), owningDeployment("false", "\n  paused: true", going), ""},
		{"the way in that comes with it", bad + "---" + owningDeployment("false", "", going), "", balancer, ""},
		{"a way in to pods that stay", bad + "---" + owningDeployment("false", "\n  paused: true", going), "", balancer, "ReplicaSet"},
		{"a way in, and then a rollout that stays", bad + "---" + balancer, owningDeployment("false", "", going), owningDeployment("false", "\n  paused: true", going), "ReplicaSet"},
		{"an earlier revision that runs again", owningDeployment("false", "", "observedGeneration: 2, replicas: 2, updatedReplicas: 2") + "---" + balancer,
			ownedReplicaSet("true", earlier, "\n  replicas: 0"), ownedReplicaSet("true", earlier, "\n  replicas: 1"), "ReplicaSet"},
		{"a label of one that runs nothing", owningDeployment("false", "", "observedGeneration: 2, replicas: 2, updatedReplicas: 2") + "---" + balancer,
			ownedReplicaSet("true", earlier, "\n  replicas: 0"), strings.Replace(ownedReplicaSet("true", earlier, "\n  replicas: 0"), "revision: \"1\"", "revision: \"1\", a: b", 1), ""},
		{"a ReplicaSet that is made to look old", owningDeployment("false", "", going) + "---" + balancer, "", bad, "ReplicaSet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventoryOf(t, test.before)
			change := check.Change{Object: decodeAll(t, test.object)[0]}
			if test.old != "" {
				change.OldObject = decodeAll(t, test.old)[0]
				inv.Put(change.OldObject)
			}
			verdict, err := everything().Change(t.Context(), inv, change)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range verdict.Denied {
				if f.Rule == "preauth-exposed" {
					got = append(got, f.Subject.Kind)
				}
			}
			if text := strings.Join(got, "\n"); text != test.want {
				t.Errorf("denied %q, want %q", text, test.want)
			}
		})
	}
}
