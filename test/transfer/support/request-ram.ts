import { GuestRam, HOST_PROFILES, type RamBlock } from 'guestmem'
import { BLOCKS, MEMORY_BYTES, noise, type RamSpec } from './request-spec.ts'

const PAGE = 4096
/** What is looked at of a guest RAM: its blocks, and a page behind them that nothing may touch. */
const BYTES = (BLOCKS + 1) * PAGE

const CONTENT: Uint8Array = Uint8Array.from({ length: BYTES }, (_, i) => noise(i))

/** A guest RAM that one case after the other uses, as making one is slow. */
export interface RamUnderTest {
  readonly blocks: readonly RamBlock[]
  readonly bytes: Buffer
}

const made = new Map<string, RamUnderTest>()

/** The guest RAM of a case, with its first content. @param slot RAMs of different slots are never the same. */
export function guestRam(spec: RamSpec, slot: number): RamUnderTest {
  const key = JSON.stringify([slot, spec])
  let ram = made.get(key)
  if (ram === undefined) {
    ram = make(spec)
    made.set(key, ram)
  }
  ram.bytes.set(CONTENT)
  return ram
}

function make({ lane, order, unaligned, host }: RamSpec): RamUnderTest {
  const options = { order, unaligned, host: HOST_PROFILES[host] }
  const ram =
    lane === 'wrap'
      ? GuestRam.wrap(new SharedArrayBuffer(BYTES), options)
      : GuestRam.allocate(BYTES, { ...options, lane })
  const blocks = Array.from({ length: BLOCKS }, (_, i) => ram.block(`block ${i}`, MEMORY_BYTES))
  return { blocks, bytes: Buffer.from(ram.buffer, 0, BYTES) }
}

/** The reference's: plain bytes. */
export function plainRam(): Uint8Array {
  return CONTENT.slice()
}

/** Where a block begins in its guest RAM. */
export function blockStart(block: number): number {
  return (block % BLOCKS) * PAGE
}
