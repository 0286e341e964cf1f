import { checkAddress, checkBytes, checkInteger, show } from '../check.ts'
import { MemTxAttrs, UNSPECIFIED } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import { type Transfer, transfer } from '../transfer/transfer.ts'
import { writeRom } from '../transfer/write-rom.ts'
import { SpaceView } from './space-view.ts'

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0)

/** Requests of any length, cut where what is seen changes (RULES E). */
export abstract class SpaceRequests extends SpaceView {
  protected latestResult: MemTxResult = MemTxResult.OK

  // What lies in one piece of ordered memory, as a descriptor does, goes to its lane at once: `transfer` would do the same
  // with it, after as much work again. The result, MemTxResult.OK, is written as the number that it is (space-access.ts).

  /** The result of this space's latest access. */
  get result(): MemTxResult {
    return this.latestResult
  }

  /**
   * Reads `bytes.length` bytes into `bytes`. Every one of them is written: where nothing is, with zero.
   *
   * @returns The results of the pieces, OR-ed.
   */
  read(address: number, bytes: Uint8Array, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    checkAddress(address, 'address')
    const { length } = checkBytes(bytes, 'bytes')
    const section = this.sections.select(address)
    const at = address - section.start
    if (attrs !== UNSPECIFIED || section.reads === undefined || at + length > section.length || length === 0)
      return this.#transfer({ kind: 'read', bytes, byte: 0 }, address, length, attrs)
    section.reads.copyOut(bytes, 0, section.base + at, length)
    this.latestResult = 0
    return 0
  }

  /**
   * Writes `bytes`. In order, the last byte last, unless `attrs` are relaxed (S2, S4). As a device's write it goes to RAM
   * also through a readonly alias; to a ROM it does not (RULES E2).
   */
  write(address: number, bytes: Uint8Array, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    checkAddress(address, 'address')
    const { length } = checkBytes(bytes, 'bytes')
    const section = this.sections.select(address)
    const at = address - section.start
    if (attrs !== UNSPECIFIED || section.writes === undefined || at + length > section.length || length === 0)
      return this.#transfer({ kind: 'write', bytes, byte: 0 }, address, length, attrs)
    section.writes.copyIn(section.base + at, bytes, 0, length)
    this.latestResult = 0
    return 0
  }

  /**
   * Writes `length` bytes of one value, as `write` would.
   *
   * @param value 0 to 255.
   * @param length Bytes, 0 to 2^53 - 1.
   */
  fill(address: number, value: number, length: number, attrs: MemTxAttrs = UNSPECIFIED): MemTxResult {
    checkAddress(address, 'address')
    const byte = checkInteger(value, 'value', 0, 255)
    checkAddress(length, 'length')
    return this.#transfer({ kind: 'fill', bytes: NO_BYTES, byte }, address, length, attrs)
  }

  /**
   * Writes `bytes` to what a guest can only read, too: firmware, before the guest runs. ROM devices in romd mode take
   * them as well; what is no memory is passed over, and no handler is called (RULES E12).
   */
  writeRom(address: number, bytes: Uint8Array): void {
    checkAddress(address, 'address')
    writeRom(this.sections, address, checkBytes(bytes, 'bytes'))
  }

  #transfer(request: Transfer, address: number, length: number, attrs: MemTxAttrs): MemTxResult {
    this.latestResult = transfer(this.sections, request, address, length, checkAttrs(attrs))
    return this.latestResult
  }
}

export function checkAttrs(attrs: MemTxAttrs): MemTxAttrs {
  if (!(attrs instanceof MemTxAttrs)) throw new TypeError(`attrs must be MemTxAttrs, got ${show(attrs)}`)
  return attrs
}
