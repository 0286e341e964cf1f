import { show } from '../check.ts'
import type { TraceEvent } from './trace-event.ts'

/** @throws TypeError naming what is no event. */
export function checkEvent(event: TraceEvent, argument: string): TraceEvent {
  const { kind, region, address, size } = (
    typeof event === 'object' && event !== null ? event : {}
  ) as Partial<TraceEvent>
  const isPlace = typeof address === 'number' || typeof address === 'bigint'
  if (typeof kind === 'string' && typeof region === 'string' && isPlace && typeof size === 'number') return event
  throw new TypeError(`${argument} must be an event of a trace, got ${show(event)}`)
}

/** @throws TypeError where there are no events, or something else among them. */
export function checkEvents(events: Iterable<TraceEvent>, argument = 'events'): TraceEvent[] {
  let list: readonly TraceEvent[]
  try {
    // Letters of a text are no events, and many.
    list = typeof events === 'string' ? [] : [...events]
  } catch (cause) {
    throw refusal(events, argument, cause)
  }
  if (typeof events === 'string') throw refusal(events, argument)
  return list.map(event => checkEvent(event, argument))
}

function refusal(events: unknown, argument: string, cause?: unknown): TypeError {
  return new TypeError(`${argument} must be events of a trace that can be iterated, got ${show(events)}`, { cause })
}
