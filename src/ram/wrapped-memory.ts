import { checkInteger, checkOptions, show } from '../check.ts'
import { isShared } from './access/views.ts'
import { GUEST_RAM_OPTIONS, type GuestRamOptions, type RamSettings, resolveOptions } from './guest-ram-options.ts'
import { identityOf, mayBeOne } from './memory-identity.ts'
import { MAX_BYTES, makeTables, type Tables } from './memory-tables.ts'
import { PageMap } from './page-map.ts'

/** What `GuestRam.wrap` takes. */
export type WrappedSource = WebAssembly.Memory | ArrayBufferLike | ArrayBufferView

export interface WrapOptions extends GuestRamOptions {
  /** Where in the memory, or the array, the guest RAM begins, bytes; at its beginning unless said. */
  readonly offset?: number | undefined
  /** As many bytes as there are from there on unless said. */
  readonly bytes?: number | undefined
  /** Of a buffer: the WebAssembly.Memory that it is the buffer of, for kernels to reach it, and to find it when it grows. */
  readonly memory?: WebAssembly.Memory | undefined
}

/** Where the bytes of a guest RAM are. */
export interface PlacedBytes extends Tables {
  readonly memory: WebAssembly.Memory | undefined
  readonly buffer: ArrayBufferLike
  /** Where the guest RAM begins in the buffer, and how long it is, bytes. */
  readonly offset: number
  readonly bytes: number
}

/** By a WebAssembly.Memory, or a buffer that is none's: who wraps the same memory has the same tables. */
const known = /* @__PURE__ */ new WeakMap<object, Tables>()

/** The tables of memory that was allocated here, for who wraps it again. */
export function noteTables({ memory, buffer }: Pick<PlacedBytes, 'memory' | 'buffer'>, tables: Tables): void {
  known.set(memory ?? buffer, tables)
  known.set(buffer, tables)
}

/** @throws TypeError or RangeError naming the argument. */
export function placeWrapped(source: WrappedSource, options: WrapOptions = {}): [PlacedBytes, RamSettings] {
  const { offset: at = 0, bytes, memory: given, ...rest } = checkOptions<WrapOptions>(options, WRAP_OPTIONS)
  const memory = (bufferOfMemory(source) === undefined ? given : source) as WebAssembly.Memory | undefined
  const own = memory === undefined ? undefined : bufferOfMemory(memory)
  if (memory !== undefined && own === undefined)
    throw new TypeError(`options.memory must be a WebAssembly.Memory, got ${show(memory)}`)
  const view = ArrayBuffer.isView(source) ? source : undefined
  const buffer = view === undefined ? (source === memory ? own : source) : view.buffer
  if (!isBuffer(buffer))
    throw new TypeError(
      `buffer must be an ArrayBuffer, a SharedArrayBuffer, a WebAssembly.Memory or an array, got ${show(source)}`,
    )
  const shared = isShared(buffer)
  if (own !== undefined && own !== buffer && !(shared && isShared(own) && mayBeOne(own, buffer)))
    throw new TypeError('options.memory must be the one that the buffer is of, got another')
  const settings = resolveOptions(rest, shared)
  const start = view === undefined ? 0 : view.byteOffset
  const length = view === undefined ? buffer.byteLength : view.byteLength
  const offset = start + checkInteger(at, 'options.offset', 0, Math.max(0, length - 1))
  const most = Math.min(start + length, MAX_BYTES) - offset
  const size = checkInteger(bytes ?? most, bytes === undefined ? 'buffer.byteLength' : 'options.bytes', 1, most)
  const tables = tablesOf(memory, buffer, shared)
  if (tables.cut.byteLength < PageMap.size(offset + size))
    throw new TypeError('memory grew after it was wrapped as a buffer: give options.memory then')
  // More than one guest RAM may be in it from now on.
  new PageMap(tables.cut).bytes = 0
  return [{ memory, buffer: own ?? buffer, offset, bytes: size, ...tables }, settings]
}

const WRAP_OPTIONS = [...GUEST_RAM_OPTIONS, 'offset', 'bytes', 'memory'] as const

function tablesOf(memory: WebAssembly.Memory | undefined, buffer: ArrayBufferLike, shared: boolean): Tables {
  let tables = (memory && known.get(memory)) ?? known.get(buffer)
  if (tables === undefined) {
    const { maxByteLength = buffer.byteLength } = buffer as { maxByteLength?: number }
    // A WebAssembly.Memory does not say how far it may grow. The host commits what is touched of the tables.
    tables = makeTables(memory === undefined ? maxByteLength : MAX_BYTES, identityOf(buffer), shared)
    noteTables({ memory, buffer }, tables)
  }
  return tables
}

function isBuffer(value: unknown): value is ArrayBufferLike {
  try {
    return new Uint8Array(value as ArrayBuffer, 0, 0).buffer === value
  } catch {
    return false
  }
}

/** The buffer of a WebAssembly.Memory of any realm; undefined for everything else. The getter checks which it is. */
export function bufferOfMemory(memory: unknown): ArrayBufferLike | undefined {
  try {
    return Reflect.get(WebAssembly.Memory.prototype, 'buffer', memory)
  } catch {
    return undefined
  }
}
