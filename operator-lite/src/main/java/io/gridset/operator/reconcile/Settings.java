package io.gridset.operator.reconcile;

import io.gridset.core.manifest.DatasetGrants.WithoutGrants;

/// What whoever installs the operator decides.
///
/// @param image that workers and FUSE pods run
/// @param secrets makes the tokens of each runtime
/// @param withoutGrants who may refer to a Dataset that has no `spec.grants`
public record Settings(String image, RuntimeTokens secrets, WithoutGrants withoutGrants) {}
