package world

import (
	"math"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// RevisionAnnotation numbers the revisions of a Deployment, on itself and on its ReplicaSets
// (deploymentutil.RevisionAnnotation of k8s.io/kubernetes).
const RevisionAnnotation = "deployment.kubernetes.io/revision"

// This file tells what runs beside what a workload describes: the pods that a rollout has yet to replace, and those
// that none is going to.

// Idle says whether an object runs nothing, and is not going to by itself: a Job or Pod of some owner that has ended,
// or an earlier ReplicaSet of a Deployment, which the Deployment keeps at no replicas. Of a Deployment that is paused,
// or of any other owner, nobody keeps it there.
func (v *View) Idle(o *inventory.Object) bool {
	owner := OwnerOf(v, o)
	return owner != nil && runsNothing(o, owner)
}

func runsNothing(o, owner *inventory.Object) bool {
	switch t := o.Typed.(type) {
	case *appsv1.ReplicaSet:
		deployment, ok := inventory.As[appsv1.Deployment](owner)
		return ok && t.Spec.Replicas != nil && *t.Spec.Replicas == 0 && t.Status.Replicas == 0 &&
			!deployment.Spec.Paused && isEarlier(owner, o)
	case *batchv1.Job:
		return slices.ContainsFunc(t.Status.Conditions, func(c batchv1.JobCondition) bool {
			return (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue
		})
	case *corev1.Pod:
		return t.Status.Phase == corev1.PodSucceeded || t.Status.Phase == corev1.PodFailed
	}
	return false
}

// Outgoing says whether an object is of an earlier revision of its owner, and a rollout that goes on is about to
// replace it: then what the owner describes decides. Where the rollout is paused, stuck or over, it is not.
func (v *View) Outgoing(o *inventory.Object) bool {
	for range 4 {
		owner := OwnerOf(v, o)
		if owner == nil {
			return false
		}
		if !v.sameRun(o, owner) && replaces(owner, o) {
			return true
		}
		o = owner
	}
	return false
}

// replaces says whether the rollout of a workload goes on, and is about to replace what it made earlier.
func replaces(owner, made *inventory.Object) bool {
	switch t := owner.Typed.(type) {
	case *appsv1.Deployment:
		// A rollout without a deadline is never said to be stuck.
		forever := t.Spec.ProgressDeadlineSeconds != nil && *t.Spec.ProgressDeadlineSeconds == math.MaxInt32
		if t.Spec.Paused || forever || !isEarlier(owner, made) {
			return false
		}
		if !observed(t.Generation, t.Status.ObservedGeneration) {
			return true
		}
		stuck := slices.ContainsFunc(t.Status.Conditions, func(c appsv1.DeploymentCondition) bool {
			return c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse
		})
		return !stuck && (t.Status.UpdatedReplicas < wanted(t.Spec.Replicas) ||
			t.Status.Replicas > t.Status.UpdatedReplicas)
	case *appsv1.StatefulSet:
		if t.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType || !isRevision(owner, made) {
			return false
		}
		if rolling := t.Spec.UpdateStrategy.RollingUpdate; rolling != nil && rolling.Partition != nil &&
			ordinal(made) < *rolling.Partition {
			return false
		}
		if !observed(t.Generation, t.Status.ObservedGeneration) {
			return t.Status.ObservedGeneration != 0
		}
		return t.Status.UpdateRevision != t.Status.CurrentRevision &&
			made.Meta.Labels[appsv1.ControllerRevisionHashLabelKey] != t.Status.UpdateRevision
	case *appsv1.DaemonSet:
		if t.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType || !isRevision(owner, made) ||
			t.Status.ObservedGeneration == 0 {
			return false
		}
		return !observed(t.Generation, t.Status.ObservedGeneration) ||
			t.Status.UpdatedNumberScheduled < t.Status.DesiredNumberScheduled
	}
	return false
}

// AppendProgress appends what the generation of a workload, and how many pods it is to have, tell of a rollout: it goes
// on for the same workloads if this is the same, and all else of them is.
func AppendProgress(b []byte, o *inventory.Object) []byte {
	var seen, more bool
	switch t := o.Typed.(type) {
	case *appsv1.Deployment:
		seen = observed(t.Generation, t.Status.ObservedGeneration)
		more = t.Status.UpdatedReplicas < wanted(t.Spec.Replicas)
	case *appsv1.StatefulSet:
		seen = observed(t.Generation, t.Status.ObservedGeneration)
	case *appsv1.DaemonSet:
		seen = observed(t.Generation, t.Status.ObservedGeneration)
	}
	return strconv.AppendBool(strconv.AppendBool(b, seen), more)
}

// observed says whether the controller has seen the generation that is described; without any status it has not.
func observed(generation, seen int64) bool { return seen != 0 && seen >= generation }

func wanted(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}

// isEarlier says whether a ReplicaSet is an earlier revision of a Deployment: the controller has given both a revision,
// and the ReplicaSet the hash of its template. One that somebody wrote by hand has neither as a rule.
func isEarlier(deployment, made *inventory.Object) bool {
	of, err := strconv.Atoi(made.Meta.Annotations[RevisionAnnotation])
	latest, noLatest := strconv.Atoi(deployment.Meta.Annotations[RevisionAnnotation])
	hash := made.Meta.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
	return err == nil && noLatest == nil && of <= latest && hash != "" &&
		made.PodTemplate().Labels[appsv1.DefaultDeploymentUniqueLabelKey] == hash &&
		strings.HasSuffix(made.Ref.Name, "-"+hash)
}

// isRevision says whether an object is a pod that a StatefulSet or DaemonSet made: it has the hash of a revision, and
// is called after its owner. Neither makes ReplicaSets.
func isRevision(owner, made *inventory.Object) bool {
	pod, ok := inventory.As[corev1.Pod](made)
	return ok && pod.Labels[appsv1.ControllerRevisionHashLabelKey] != "" &&
		strings.HasPrefix(pod.Name, owner.Ref.Name+"-")
}

// ordinal is the number of a pod of a StatefulSet.
func ordinal(pod *inventory.Object) int32 {
	_, number, _ := podspec.CutLast(pod.Ref.Name, "-")
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}
