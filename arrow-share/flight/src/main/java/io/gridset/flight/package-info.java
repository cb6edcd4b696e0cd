/// Arrow Flight for objects: any Flight client lists, gets and puts them by name.
///
/// Entry type: [io.gridset.flight.FlightServer], over the port
/// [io.gridset.core.object.ObjectStore]; knows neither the server nor the API. What is sent are the
/// messages of an object's file, from its mapping; what comes in is written where the object will
/// be. Why no vectors of Arrow's: `docs/decisions/0017`.
@NullMarked
package io.gridset.flight;

import org.jspecify.annotations.NullMarked;
