package io.gridset.operator.kube;

import io.gridset.core.manifest.DatasetGrants.WithoutGrants;
import java.nio.file.Path;
import java.util.Optional;

/// How an operator runs.
///
/// @param image of workers and FUSE pods
/// @param namespace of its Lease and its key
/// @param identity tells it from other replicas
/// @param withoutGrants who may refer to a Dataset that has no `spec.grants`
/// @param kubeconfig a file; empty for the pod's own account, or the user's usual file
public record OperatorSettings(
    String image,
    String namespace,
    String identity,
    WithoutGrants withoutGrants,
    Optional<Path> kubeconfig) {}
