/// Web servers whose directories are index pages, as nginx's autoindex and Apache's mod_autoindex
/// write them.
///
/// Entry type: [io.gridset.server.store.http.HttpUnderStore]. Why sizes and times of a page are not
/// used: they are rounded; only HEAD tells a file's version.
@NullMarked
package io.gridset.server.store.http;

import org.jspecify.annotations.NullMarked;
