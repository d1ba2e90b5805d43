"""The measures by name. Each takes a manager and whether to hurry, and returns its figures."""

from measures import cold, idle, listing, log, many, memory, respawn

MEASURES = {
    "cold": cold.measure,
    "memory": memory.measure,
    "respawn": respawn.measure,
    "many": many.measure,
    "listing": listing.measure,
    "idle": idle.measure,
    "log": log.measure,
}
