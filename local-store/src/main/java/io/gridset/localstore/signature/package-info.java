/// Checks who signed a request: OSS V1 and V4, AWS SigV4, each in headers and in presigned URLs.
///
/// Knows the request's parts and the credentials, nothing of sockets or objects. Entry type:
/// [SignatureVerifier]. Why not the vendors' SDKs: they sign, they do not verify, and a verifier
/// that shares the client's code cannot find the client's errors.
@NullMarked
package io.gridset.localstore.signature;

import org.jspecify.annotations.NullMarked;
