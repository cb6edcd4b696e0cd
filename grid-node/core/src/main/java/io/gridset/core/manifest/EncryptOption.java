package io.gridset.core.manifest;

/// An option whose value stands in a Secret.
///
/// @param name of the option
/// @param secret name of the Secret, in the dataset's own namespace
public record EncryptOption(String name, String secret, String key) {}
