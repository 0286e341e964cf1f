export type { AccessTraceFile } from './access-trace.ts'
export { accessTraceOf } from './access-trace.ts'
export type { TraceComparison } from './compare.ts'
export { compareTraces } from './compare.ts'
export type {
  AccessCounter,
  AccessCounts,
  AccessStatistics,
  BounceCounts,
  CountOptions,
  RegionCounts,
  RouteCounts,
} from './count-accesses.ts'
export { countAccesses, formatStatistics } from './count-accesses.ts'
export type { AccessRoute } from './counting-completer.ts'
export type { GdbMemory, GdbMemoryOptions } from './gdb.ts'
export { gdbMemory } from './gdb.ts'
export { mapToJson } from './map-json.ts'
export type { MapChangeDetail, MapChangeMeasuring, MeasuredRange } from './measure-map-changes.ts'
export { measureMapChanges } from './measure-map-changes.ts'
export type { TraceLineOptions } from './qemu-lines.ts'
export { formatTrace, formatTraceLine, parseTraceLines } from './qemu-lines.ts'
export type { TraceCounts, TraceStatistics } from './statistics.ts'
export { formatTraceStatistics, traceStatistics } from './statistics.ts'
export type { TraceTarget } from './stream-target.ts'
export type { StreamTraceOptions, TraceStream } from './stream-trace.ts'
export { streamTrace } from './stream-trace.ts'
export { traceToSvg } from './timeline-svg.ts'
export type { TracedAccess, TraceEvent, TraceKind, TraceSink } from './trace-event.ts'
export type { FollowOptions, TraceRingOptions } from './trace-ring.ts'
export { TraceRing } from './trace-ring.ts'
export { traceTo } from './trace-to.ts'
