import { ramCopy, readl } from 'guestmem'
import { type CopyModel, Bus as ModelBus } from '../hazards/bus.ts'
import { type BusRules, HOST_BUS } from '../hazards/bus-rules.ts'
import { arm } from '../hazards/models/arm.ts'
import { glibc } from '../hazards/models/glibc.ts'
import { memmove } from '../hazards/models/memmove.ts'
import type { Board } from './board.ts'
import type { Setting } from './expected.ts'

export const AARCH64_NONCACHED: Setting = {
  host: 'aarch64',
  cacheMode: 'noncached',
  lane: 'wasm',
  order: 'language',
  unaligned: 'split',
}
const OWN = new Uint8Array(128)

/** A way to the device's bytes that is known to be bad. */
export interface Bad {
  /** Where in the device's memory, and how many bytes. */
  readonly loads?: readonly [at: number, length: number]
  readonly stores?: readonly [at: number, length: number]
  /** Of the bus, where it isn't that of the setting. */
  readonly rules?: BusRules
  readonly run?: (board: Board) => void
  readonly model?: CopyModel
}

function byteThrice({ bar }: Board): void {
  const device = new ModelBus(new Uint8Array(bar.ram.buffer))
  for (let i = 0; i < 3; i++) device.store(bar.offset, Uint8Array.of(7))
}

/** The library's own lanes and the models of bad copies, let loose on the device's bytes. */
export const BAD: readonly [name: string, setting: Partial<Setting>, request: Bad, caught: RegExp][] = [
  [
    'H6: a kernel, forced on noncached memory of aarch64: it loads as its destination is aligned',
    { order: 'host' },
    { loads: [1, 20], run: ({ bar }) => bar.ram.lane.copyOut(new Uint8Array(64), 0, bar.offset + 1, 20) },
    /^an unaligned load of \d bytes faults$/,
  ],
  [
    'H4: a kernel with vectors, forced there',
    { host: 'x86-64', order: 'host' },
    {
      stores: [0, 64],
      rules: HOST_BUS.aarch64.device,
      run: ({ bar }) => bar.ram.lane.fill(bar.offset, 1, 64),
    },
    /^a vector store of 16 bytes faults$/,
  ],
  [
    'H9: a BAR that is taken for RAM',
    { cacheMode: 'normal' },
    {
      loads: [3, 40],
      rules: HOST_BUS.aarch64.device,
      run: ({ spaces }) => spaces['by-mapping'].read(3, new Uint8Array(40)),
    },
    /^an unaligned load of \d bytes faults$/,
  ],
  [
    'H6: ramCopy, which takes memory for normal',
    {},
    { loads: [5, 24], run: ({ bar }) => ramCopy(new Uint8Array(24), 0, bar, 5, 24) },
    /^an unaligned load of \d bytes faults$/,
  ],
  [
    'D: readl, not told how the block is mapped',
    { order: 'host' },
    { loads: [5, 4], run: ({ bar }) => readl(bar, 5) },
    /^an unaligned load of 4 bytes faults$/,
  ],
  [
    "S4: the engine's own copy, of a relaxed request that is not of normal memory",
    {},
    { stores: [0, 64], run: ({ bar }) => bar.ram.lane.bulkIn(bar.offset, OWN, 0, 64) },
    /^the engine's own stores, 64 bytes at/,
  ],
  [
    "the same in script: a typed array's set",
    { lane: 'script' },
    { stores: [0, 64], run: ({ bar }) => bar.ram.lane.bulkIn(bar.offset, OWN, 0, 64) },
    /^the engine's own stores, 64 bytes at/,
  ],
  [
    'H10: a memcpy with overlapping stores',
    { host: 'x86-64' },
    { loads: [64, 15], stores: [0, 15], model: glibc },
    /^the byte at \d+ is loaded again$|where \d+ is the next byte$/,
  ],
  [
    'H11: a byte stored three times',
    { host: 'x86-64' },
    { stores: [0, 1], run: byteThrice },
    /^a store of 1 bytes at 65536, where 65537 is the next byte$/,
  ],
  [
    'H12: the last byte first',
    { host: 'x86-64' },
    { loads: [0, 20], stores: [3, 20], model: memmove },
    /^a store of 1 bytes at \d+, where 65539 is the next byte$/,
  ],
  [
    'H6: a memcpy of 15 bytes on Device memory',
    {},
    { loads: [64, 15], stores: [0, 15], model: arm },
    /^an unaligned load of 8 bytes faults$/,
  ],
  [
    'a double fetch',
    {},
    { loads: [0, 4], run: ({ spaces }) => void (spaces['by-mapping'].load8(2) + spaces['by-mapping'].load32(0)) },
    /^the byte at 65538 is loaded again$/,
  ],
  [
    'a byte that is left out',
    {},
    { stores: [0, 5], run: ({ spaces }) => spaces['by-mapping'].store32(0, 1) },
    /^4 bytes by stores, not 5$/,
  ],
  [
    'a byte more',
    {},
    { stores: [0, 3], run: ({ spaces }) => spaces['by-mapping'].store32(0, 1) },
    /^nobody asked for a store of 4 bytes at 65536$/,
  ],
  [
    'a load that a store makes',
    {},
    { stores: [0, 1], run: ({ spaces }) => spaces['by-mapping'].store8(0, spaces['by-mapping'].load8(0)) },
    /^nobody asked for a load of 1 bytes at 65536$/,
  ],
]
