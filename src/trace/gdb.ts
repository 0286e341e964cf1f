import { AddressSpace, type FlatRange, MemTxAttrs, stop, type Tap, type TapAccess, TapStop, tap } from 'guestmem'
import { checkFunction, checkOneOf, checkOptions, show } from '../check.ts'

/** What of GDB's packets depends on the target's CPU. */
export interface GdbMemoryOptions {
  /**
   * Whether a watchpoint stops the CPU before the access or after it; `after` unless said, as on x86. GDB expects it before on
   * MIPS, Arm and RISC-V, steps over it itself, and shows what was changed.
   */
  readonly watch?: 'before' | 'after' | undefined
  /**
   * A breakpoint is set, or removed, at an address: false, and GDB is told that there are none. Where this is not given,
   * breakpoints are taps of fetches: a CPU that fetches with attributes of `fetch` meets them.
   */
  readonly breakpoint?: ((address: number, isSet: boolean, hardware: boolean) => boolean) | undefined
}

/** What `gdbMemory` gives. */
export interface GdbMemory {
  /**
   * Answers one packet of GDB's remote protocol, without its frame of `$`, `#` and checksum: `m`, `M`, `X`, `Z` and `z` of the
   * types 0 to 4, and `qXfer:memory-map:read`.
   *
   * @param packet A string has a letter for each byte.
   * @returns The answer, without its frame; undefined of any other packet, which is the stub's.
   * @throws TypeError where `packet` is neither.
   */
  answer(packet: string | Uint8Array): string | undefined
  /** What GDB is told of a stop: `T05watch:1000;`. Undefined where it is not of one of GDB's. */
  stopReply(reason: unknown): string | undefined
  /** Removes all watchpoints and breakpoints, as when GDB goes away. */
  close(): void
}

/** The most bytes that one packet reads: an answer may be shorter than what was asked for. */
const MOST = 0x10000
/** Errors, as numbers of errno: EFAULT, EINVAL. */
const FAULT = 'E0e'
const INVALID = 'E16'
const WATCHES = { 2: { writes: true }, 3: { reads: true }, 4: { reads: true, writes: true } } as const
const WORDS = ['swbreak', 'hwbreak', 'watch', 'rwatch', 'awatch'] as const

/**
 * The part of a GDB stub that is a memory core's: it answers packets about the memory of a space. Reads and writes are
 * MemTxAttrs.DEBUG, so that GDB changes ROM, too, and disturbs no device. A watchpoint is a tap that stops (`stop`): the access
 * throws a TapStop to who runs the CPU, which sends GDB what `stopReply` makes of it. Requests of any length, which devices
 * make, stop nothing.
 *
 * @throws TypeError naming the argument.
 */
export function gdbMemory(space: AddressSpace, options: GdbMemoryOptions = {}): GdbMemory {
  if (!(space instanceof AddressSpace)) throw new TypeError(`space must be an AddressSpace, got ${show(space)}`)
  const { watch = 'after', breakpoint } = checkOptions<GdbMemoryOptions>(options, ['watch', 'breakpoint'])
  checkOneOf(watch, ['before', 'after'] as const, 'options.watch')
  if (breakpoint !== undefined) checkFunction(breakpoint, 'options.breakpoint')
  /** By what their packets say behind `Z` and `z`. */
  const taps = new Map<string, Tap>()
  const reasons = new WeakMap<TapAccess, string>()

  function setPoint(isSet: boolean, text: string): string {
    const [, sort, digits = '', kind = ''] = /^([0-4]),([0-9a-f]{1,16}),([0-9a-f]{1,8})(?:;.*)?$/i.exec(text) ?? []
    const type = Number(sort)
    const address = numberOf(digits)
    if (sort === undefined || address === undefined) return INVALID
    if (type < 2 && breakpoint !== undefined) return breakpoint(address, isSet, type === 1) ? 'OK' : ''
    const length = type < 2 ? 1 : Math.max(1, Number.parseInt(kind, 16))
    if (address + length > Number.MAX_SAFE_INTEGER) return INVALID
    const key = `${type},${address},${length}`
    if (!isSet) {
      taps.get(key)?.remove()
      taps.delete(key)
      return 'OK'
    }
    // GDB says it again where it is not sure whether an answer has reached it.
    if (taps.has(key)) return 'OK'
    const sorts = type < 2 ? { fetches: true } : WATCHES[type as 2 | 3 | 4]
    const when = type < 2 ? 'before' : watch
    const set = tap(space, { start: address, length }, { ...sorts, when }, access => {
      // GDB is told the address that it watches, whatever part of it was accessed.
      reasons.set(access, type < 2 ? `T05${WORDS[type]}:;` : `T05${WORDS[type]}:${address.toString(16)};`)
      stop(access)
    })
    taps.set(key, set)
    return 'OK'
  }

  return {
    answer(packet) {
      const text = typeof packet === 'string' ? packet : lettersOf(packet)
      const [, letter = '', rest = ''] = /^([mMXZz])(.*)$/s.exec(text) ?? []
      if (letter === 'm') return readAnswer(space, rest)
      if (letter === 'M' || letter === 'X') return writeAnswer(space, rest, letter === 'X')
      if (letter !== '') return setPoint(letter === 'Z', rest)
      const part = /^qXfer:memory-map:read:(.*)$/.exec(text)?.[1]
      return part === undefined ? undefined : mapAnswer(space, part)
    },
    stopReply: reason => (reason instanceof TapStop ? reasons.get(reason.access) : undefined),
    close() {
      for (const each of taps.values()) each.remove()
      taps.clear()
    },
  }
}

/** A number that GDB sends; undefined where it is none below 2^53. */
function numberOf(digits: string): number | undefined {
  if (!/^[0-9a-f]{1,16}$/i.test(digits)) return undefined
  const value = Number(`0x${digits}`)
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined
}

function lettersOf(packet: unknown): string {
  if (!(packet instanceof Uint8Array))
    throw new TypeError(`packet must be a string or a Uint8Array, got ${show(packet)}`)
  let text = ''
  for (const byte of packet) text += String.fromCharCode(byte)
  return text
}

/** The two numbers at the beginning of a packet; undefined where they are none. */
function placeOf(text: string): [address: number, length: number] | undefined {
  const [first = '', second = ''] = text.split(',')
  const address = numberOf(first)
  const length = numberOf(second)
  return address === undefined || length === undefined ? undefined : [address, length]
}

function readAnswer(space: AddressSpace, text: string): string {
  const place = placeOf(text)
  if (place === undefined) return /^[0-9a-f]+,[0-9a-f]+$/i.test(text) ? FAULT : INVALID
  const [address, length] = place
  const bytes = new Uint8Array(Math.min(length, MOST))
  if (space.read(address, bytes, MemTxAttrs.DEBUG) === 0) return hexOf(bytes)
  // As much as can be read: GDB asks for whole pieces of a map that may end anywhere.
  let readable = 0
  const byte = new Uint8Array(1)
  while (readable < bytes.length && space.read(address + readable, byte, MemTxAttrs.DEBUG) === 0) {
    bytes[readable] = byte[0] as number
    readable++
  }
  return readable === 0 ? FAULT : hexOf(bytes.subarray(0, readable))
}

function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

function writeAnswer(space: AddressSpace, text: string, isBinary: boolean): string {
  const colon = text.indexOf(':')
  const place = placeOf(text.slice(0, colon))
  const data = text.slice(colon + 1)
  if (colon < 0) return INVALID
  if (place === undefined) return FAULT
  const bytes = isBinary ? bytesOf(data) : bytesOfHex(data)
  if (bytes?.length !== place[1]) return INVALID
  return space.write(place[0], bytes, MemTxAttrs.DEBUG) === 0 ? 'OK' : FAULT
}

function bytesOfHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

/** Bytes as they are; behind a `}`, with bit 5 inverted. */
function bytesOf(text: string): Uint8Array | undefined {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== 0x7d) bytes.push(code)
    else if (++i < text.length) bytes.push(text.charCodeAt(i) ^ 0x20)
    else return undefined
  }
  return bytes.every(byte => byte < 256) ? Uint8Array.from(bytes) : undefined
}

const HEAD =
  '<?xml version="1.0"?>\n<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN"' +
  ' "http://sourceware.org/gdb/gdb-memory-map.dtd">\n<memory-map>\n'

/** A part of the map, `m` before it where it goes on, `l` where it ends. */
function mapAnswer(space: AddressSpace, text: string): string {
  const [, annex, offset = '', length = ''] = /^([^:]*):([0-9a-f]+),([0-9a-f]+)$/i.exec(text) ?? []
  const from = numberOf(offset)
  const most = numberOf(length)
  if (annex === undefined || from === undefined || most === undefined) return INVALID
  if (annex !== '') return 'E00'
  const map = mapOf(space)
  return `${from + most < map.length ? 'm' : 'l'}${map.slice(from, from + most)}`
}

/** What is mapped. GDB takes what is not in it for inaccessible: devices are in it, as RAM. */
function mapOf(space: AddressSpace): string {
  const lines: string[] = []
  let last: { type: string; start: number; end: number } | undefined
  const finish = () => {
    if (last === undefined) return
    const { type, start, end } = last
    lines.push(`<memory type="${type}" start="0x${start.toString(16)}" length="0x${(end - start).toString(16)}"/>\n`)
  }
  for (const range of space.view.ranges) {
    const type = typeOf(range)
    if (type === undefined) continue
    if (last?.type === type && last.end === range.start) last.end = range.end
    else {
      finish()
      last = { type, start: range.start, end: range.end }
    }
  }
  finish()
  return `${HEAD}${lines.join('')}</memory-map>\n`
}

function typeOf({ region, rom, romd }: FlatRange): 'ram' | 'rom' | undefined {
  if (region.kind === 'reservation') return undefined
  return rom || romd || region.kind === 'rom' ? 'rom' : 'ram'
}
