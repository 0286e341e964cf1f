import { checkFunction, checkInteger, checkOneOf, checkOptions, show } from '../check.ts'
import { type Geometry, geometryOf } from './layout.ts'

/** How large a table is. */
export interface PageTableGeometry {
  /**
   * The table is for addresses below 2 to this power, 8 to 53; 32 unless said. Up to 32 it is flat: an entry for every page.
   * Above it is hashed: a slot for as many pages as there are `slots`.
   */
  readonly addressBits?: number | undefined
  /** Bytes, a power of two from 128 to 65,536; 4096 unless said. What shares a page with something else is slow. */
  readonly pageSize?: number | undefined
  /** Of a hashed table: a power of two from 16 to 2^24; 16,384 unless said, which is 256 KiB for 64 MiB of pages. */
  readonly slots?: number | undefined
}

export interface PageTableOptions extends PageTableGeometry {
  /** The linear memory that the CPU runs in: the very object that the guest RAM was wrapped from, or has in its handle. */
  readonly memory: WebAssembly.Memory
  /**
   * Where the table begins in it, bytes: a multiple of 4096. From there on `pageTableBytes` bytes must be in no RAM block, and
   * no block is cut there until the table is destroyed.
   */
  readonly offset: number
  /**
   * Which order the CPU's own accesses keep. `host`, unless said: they are plain ones, which are ordered where the host keeps
   * stores in order; RAM whose `order` is `language` is slow. `language`: they are atomic ones. `weak`: they are plain ones,
   * and the guest's memory model asks no order of them.
   */
  readonly order?: 'host' | 'language' | 'weak' | undefined
  /**
   * Called where entries have changed, once for each run of pages, ascending, after all of them were stored: a CPU forgets
   * what it keeps of these pages. It is called ahead of the return of whatever changed them. What it throws stops no other
   * call, and reaches whoever made the change.
   *
   * @param first The number of the first page: its address divided by the size of a page.
   * @param last Of the last one, inclusive.
   */
  readonly onPagesChanged?: ((first: number, last: number) => void) | undefined
}

export interface CheckedOptions {
  readonly memory: WebAssembly.Memory
  readonly offset: number
  readonly geometry: Geometry
  readonly order: 'host' | 'language' | 'weak'
  readonly onPagesChanged: (first: number, last: number) => void
}

const GEOMETRY = ['addressBits', 'pageSize', 'slots'] as const
const OPTIONS = ['memory', 'offset', 'order', 'onPagesChanged', ...GEOMETRY] as const
const ORDERS = ['host', 'language', 'weak'] as const
/** What guest RAM cuts its blocks at, and a table lies on: its pages are taken as a block's are. */
export const PLACE_BYTES = 4096

/**
 * How many bytes of linear memory a table takes, header included.
 *
 * @throws TypeError or RangeError naming the option.
 */
export function pageTableBytes(options: PageTableGeometry = {}): number {
  return checkGeometry(checkOptions<PageTableGeometry>(options, GEOMETRY)).bytes
}

/** @throws TypeError or RangeError naming the option. */
export function checkPageTableOptions(value: PageTableOptions): CheckedOptions {
  const options = checkOptions<PageTableOptions>(value, OPTIONS)
  const { order = 'host', onPagesChanged = () => {} } = options
  const geometry = checkGeometry(options)
  const { memory } = options
  const buffer = bufferOf(memory)
  const offset = checkInteger(options.offset, 'options.offset', 0, 2 ** 32 - PLACE_BYTES)
  if (offset % PLACE_BYTES !== 0)
    throw new RangeError(`options.offset must be a multiple of ${PLACE_BYTES}, got ${offset}`)
  checkFunction(onPagesChanged, 'options.onPagesChanged')
  const end = Math.min(buffer.byteLength, 2 ** 32)
  if (offset + geometry.bytes > end)
    throw new RangeError(
      `options.memory must have ${geometry.bytes} bytes from options.offset on (grow it, or give another offset), got ${Math.max(0, end - offset)}`,
    )
  return {
    memory: memory as WebAssembly.Memory,
    offset,
    geometry,
    order: checkOneOf(order, ORDERS, 'options.order'),
    onPagesChanged,
  }
}

function checkGeometry({ addressBits = 32, pageSize = 4096, slots }: PageTableGeometry): Geometry {
  const bits = checkInteger(addressBits, 'options.addressBits', 8, 53)
  const size = checkPowerOfTwo(pageSize, 'options.pageSize', 128, 65_536)
  if (slots !== undefined && bits <= 32)
    throw new TypeError(`options.slots are of a hashed table (options.addressBits over 32), got ${show(slots)}`)
  return geometryOf(bits, size, slots === undefined ? 16_384 : checkPowerOfTwo(slots, 'options.slots', 16, 2 ** 24))
}

/** The getter checks which object it is, of whatever realm. */
function bufferOf(memory: unknown): ArrayBufferLike {
  try {
    return Reflect.get(WebAssembly.Memory.prototype, 'buffer', memory)
  } catch {
    throw new TypeError(`options.memory must be a WebAssembly.Memory, got ${show(memory)}`)
  }
}

function checkPowerOfTwo(value: unknown, argument: string, min: number, max: number): number {
  const number = checkInteger(value, argument, min, max)
  if (!Number.isInteger(Math.log2(number))) throw new RangeError(`${argument} must be a power of two, got ${number}`)
  return number
}
