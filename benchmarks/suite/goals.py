"""The figures to reach, in one place; each benchmark names the one that it judges."""

WARM_CPU = "<= 1.05"  # CPU per byte of a sealed file through the mount, against the tmpfs file
WARM_THROUGHPUT = ">= 0.95"
COLD_THROUGHPUT = ">= 0.95"  # first read through the mount, against the fastest download
ORIGIN_ONCE = "<= 1.00"  # origin bytes / object bytes; below one would mean that it was not cold
CAPPED_THROUGHPUT = ">= 4"  # with a cap per connection, against one connection
MODEL_TIME = "<= 1.2"  # tensor by tensor against sequential, both cold
SCENARIO_SPEEDUP = ">= 12.7"
SCENARIO_SECONDS_PER_GIB = 0.6
STARTUP_SECONDS = 1.5
WITHIN_BOUND = "<= 1.00"  # for a figure that has an absolute bound: value / bound
NONE = "<= 0.00"  # for what must not happen at all
PLACEMENT_LOAD = "<= 1.10"  # the largest load against the mean, chance of the sample included
PLACEMENT_MOVED = "<= 1.05"  # bytes moved against the ideal part
PLACEMENT_HOME = "<= 0.5"  # home() at 1,000 members against a logarithm for each
BURST_TIME = "<= 1.10"  # the last reader's time against dataset / origin rate
PEER_THROUGHPUT = ">= 0.9"  # a peer's blocks against raw TCP on the same link
SCALE_OUT = ">= 0.9"  # aggregate rate against one member's, times members
STALL_SECONDS = 2.0
ARROW_GET_PEERS = "<= 1.00"  # time of a get against the best of the peers
ARROW_GET_SIZE = "<= 2"  # the largest object against 1 MiB: mapping costs the same
ARROW_COPIED = "<= 0.01"  # private memory that a get and a sum take, against the object
ARROW_PUT_MEMCPY = ">= 0.9"  # against memcpy into a recycled segment mapped with MAP_POPULATE
ARROW_PUT_PEERS = ">= 1.00"
ARROW_PUT_SMALL_SECONDS = 0.00074
ARROW_PUT_GRID_SECONDS = 0.002
ARROW_FLIGHT = ">= 1.00"  # a Flight client's gets against those from Arrow Java's own server
ARROW_FETCH_SMALL_SECONDS = 0.005
ARROW_FETCH_RAW = ">= 0.9"  # an object of another node against raw TCP; where the cores are the limit, against checked TCP
ARROW_PIPELINE_WRITE = ">= 68"
ARROW_PIPELINE_READ = ">= 100"
