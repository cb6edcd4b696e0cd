package io.gridset.operator.reconcile;

/// What whoever installs the operator decides.
///
/// @param image that workers and FUSE pods run
/// @param secrets makes the tokens of each runtime
public record Settings(String image, RuntimeTokens secrets) {}
