package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// A pod that is to be created.
///
/// @param uid of the request
/// @param namespace of the request: the pod itself often names none
record PodRequest(String uid, String namespace, ObjectNode pod) {}
