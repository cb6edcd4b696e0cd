/// The REST API of a node: routes, authentication, problems, metrics, on a Unix socket and TCP.
///
/// Entry type: [io.gridset.api.ApiServer]. Knows ports of core, the wire records and Javalin; not
/// which implementations stand behind the ports. Why the OpenAPI document is written by hand and
/// checked against the routes: no generator exists for this Javalin, and a document is a promise,
/// not a by-product.
@NullMarked
package io.gridset.api;

import org.jspecify.annotations.NullMarked;
