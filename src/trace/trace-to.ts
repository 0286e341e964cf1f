import { type AddressSpace, type MemoryRegion, type Tap, type TapOptions, type TapRange, tap } from 'guestmem'
import { checkFunction, checkObject } from '../check.ts'
import type { TraceSink } from './trace-event.ts'

/**
 * Has a sink told of all accesses, as they end: a tap of everything, or of less.
 *
 * @param target A space, or a region in whatever spaces show it.
 * @param sink A TraceRing, or whatever has a method `record`.
 * @param options Which accesses; all unless said.
 * @returns The tap: `remove` ends it.
 * @throws TypeError or RangeError naming the argument.
 */
export function traceTo(
  target: AddressSpace | MemoryRegion,
  sink: TraceSink,
  range?: TapRange,
  options?: Omit<TapOptions, 'when'>,
): Tap {
  const { record } = checkObject(sink, 'sink')
  checkFunction(record, 'sink.record')
  return tap(target, range, { ...checkObject(options ?? {}, 'options'), when: 'after' }, access => {
    sink.record(access)
  })
}
