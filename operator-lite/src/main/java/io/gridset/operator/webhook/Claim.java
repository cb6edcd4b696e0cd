package io.gridset.operator.webhook;

/// What a volume claim that a pod names is.
public sealed interface Claim {
  /// The claim of a dataset, be it bound or not; the claim itself need not exist yet.
  record OfDataset(DatasetMount dataset) implements Claim {}

  /// A claim of somebody else's storage.
  record Ordinary() implements Claim {}

  /// Neither such a claim nor a Dataset of that name exists.
  record Unknown() implements Claim {}
}
