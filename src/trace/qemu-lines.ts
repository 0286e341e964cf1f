import type { RegionKind } from 'guestmem'
import { checkBoolean, checkOptions, show } from '../check.ts'
import { checkEvent, checkEvents } from './check-events.ts'
import type { TraceEvent } from './trace-event.ts'

/** Which events are printed. */
export interface TraceLineOptions {
  /** Also of RAM, and of what is not mapped, which QEMU prints no lines of. False unless said. */
  readonly all?: boolean | undefined
}

/** Kinds of regions whose accesses QEMU prints: what has handlers, and of a ROM device what is written. */
const PRINTED: readonly (RegionKind | undefined)[] = ['io', 'iommu']

/**
 * An access as QEMU's log backend prints it (`-trace 'memory_region_ops_*'`):
 *
 *     memory_region_ops_write cpu 0 mr 0x1000 addr 0x3f8 value 0x41 size 1 name 'serial'
 *
 * The CPU is 0, and -1 of a bus master's request, as QEMU has it where no CPU runs. For the address of QEMU's own object stands
 * a number made of the region's. A registers' memory (`ramDevice`) is a line of `memory_region_ram_device_*`, without a name.
 *
 * @returns Undefined of what QEMU prints no line of: RAM, what is not mapped, what was refused before a handler was called.
 * @throws TypeError naming what is no event.
 */
export function formatTraceLine(event: TraceEvent, options: TraceLineOptions = {}): string | undefined {
  const all = printsAll(options)
  checkEvent(event, 'event')
  const { kind, regionKind, dma, address, value = 0n, size, region, regionId = -1 } = event
  const isPrinted =
    PRINTED.includes(regionKind) || regionKind === 'ramDevice' || (regionKind === 'romDevice' && kind === 'write')
  if (!all && (!isPrinted || event.result !== 0 || event.value === undefined)) return undefined
  const isRegister = regionKind === 'ramDevice'
  const word = `${isRegister ? 'memory_region_ram_device' : 'memory_region_ops'}_${kind === 'write' ? 'write' : 'read'}`
  const place = `cpu ${dma ? -1 : 0} mr 0x${((regionId + 1) * 0x1000).toString(16)}`
  const what = `addr 0x${address.toString(16)} value 0x${value.toString(16)} size ${size}`
  return `${word} ${place} ${what}${isRegister ? '' : ` name '${region}'`}`
}

/** All lines of some events, a line feed behind each. */
export function formatTrace(events: Iterable<TraceEvent>, options: TraceLineOptions = {}): string {
  // Also where there are no events.
  printsAll(options)
  const lines: string[] = []
  for (const event of checkEvents(events)) {
    const line = formatTraceLine(event, options)
    if (line !== undefined) lines.push(`${line}\n`)
  }
  return lines.join('')
}

function printsAll(options: TraceLineOptions): boolean {
  const { all = false } = checkOptions<TraceLineOptions>(options, ['all'])
  return checkBoolean(all, 'options.all')
}

const LINE =
  /^(?:.*?[\s:])??memory_region_(ops|ram_device)_(read|write) cpu (-?\d+) mr (0x[0-9a-f]+|\(nil\)) addr 0x([0-9a-f]{1,16}) value 0x([0-9a-f]{1,16}) size (\d{1,10})(?: name '(.*)')?\r?$/
/** What stands before a line with time stamps: `PID@SECONDS.MICROSECONDS:`. */
const STAMP = /^(\d+)@(\d+)\.(\d{6}):/

/**
 * The events that the lines of a trace of QEMU's are about; other lines, such as those of a guest's own output between them,
 * are passed over. What is not in a line is as of a strict request without a requester. The time, in ms, is the time stamp's,
 * 0 where there is none.
 *
 * @throws TypeError where `text` is no string.
 */
export function parseTraceLines(text: string): TraceEvent[] {
  if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${show(text)}`)
  const events: TraceEvent[] = []
  const ids = new Map<string, number>()
  for (const line of text.split('\n')) {
    const found = LINE.exec(line)
    if (found === null) continue
    const [, sort, direction, cpu, object = '', address = '', value = '', size, name] = found
    const [, , seconds, micros] = STAMP.exec(line) ?? []
    const region = name ?? ''
    const key = `${object} ${region}`
    const regionId = ids.get(key) ?? ids.size
    ids.set(key, regionId)
    const place = BigInt(`0x${address}`)
    events.push({
      sequence: events.length,
      time: seconds === undefined ? 0 : Number(seconds) * 1000 + Number(micros) / 1000,
      kind: direction === 'write' ? 'write' : 'read',
      dma: cpu === '-1',
      address: place < 2n ** 53n ? Number(place) : place,
      offset: undefined,
      size: Number(size),
      value: BigInt(`0x${value}`),
      big: false,
      result: 0,
      secure: false,
      user: false,
      strict: true,
      memory: false,
      requesterId: 0,
      space: '',
      regionId,
      region,
      regionKind: sort === 'ops' ? 'io' : 'ramDevice',
    })
  }
  return events
}
