import fc from 'fast-check'
import { DIRECT_ACCESS, DirtyClient, isDirty, stopGlobalDirtyLog } from 'guestmem'
import { type PageTable, type PageTableOptions, pageTable } from 'guestmem/page-table'
import { expect, test } from 'vitest'
import { LONG, pursue } from '../support/campaign.ts'
import { anyChange, type Change, change, transactionIf } from './support/changes.ts'
import { cpuOf, entryInMemory, type Size } from './support/cpu.ts'
import { expectedEntry } from './support/expected-entry.ts'
import { MACHINE_BYTES, Machine, type MachineShape } from './support/machine.ts'

interface Access {
  readonly kind: 'access'
  readonly at: number
  readonly size: Size
  /** What is stored; undefined of a load. */
  readonly value: bigint | undefined
}

interface Step {
  readonly transaction: boolean
  readonly acts: readonly (Change | Access)[]
}

const access: fc.Arbitrary<Access> = fc.record({
  kind: fc.constant('access' as const),
  at: fc.oneof(
    fc.nat({ max: MACHINE_BYTES / 4 - 1 }).map(word => 4 * word),
    fc.nat({ max: MACHINE_BYTES - 1 }),
    // Where pages begin and end.
    fc
      .tuple(fc.nat({ max: MACHINE_BYTES / 64 - 1 }), fc.integer({ min: -8, max: 8 }))
      .map(([line, more]) => Math.max(0, 64 * line + more)),
  ),
  size: fc.constantFrom<Size[]>(1, 2, 4, 8),
  value: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined }),
})

const shape: fc.Arbitrary<Omit<MachineShape, 'base'>> = fc.record({
  shared: fc.boolean(),
  order: fc.constantFrom('host', 'host', 'language'),
  endian: fc.constantFrom('little', 'big'),
  directAccess: fc.constantFrom('by-mapping', ...DIRECT_ACCESS),
  seams: fc.constantFrom('reject', 'split'),
  ramOffset: fc.constantFrom(0, 0, 128, 3968, 4096, 64),
})

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    transaction: fc.boolean(),
    acts: fc.array(
      fc.oneof({ weight: 2, arbitrary: anyChange as fc.Arbitrary<Change | Access> }, { weight: 3, arbitrary: access }),
      { minLength: 1, maxLength: 8 },
    ),
  }),
  { minLength: 1, maxLength: 12, ...LONG },
)

const order = fc.constantFrom('host', 'host', 'language', 'weak') as fc.Arbitrary<'host' | 'language' | 'weak'>
const pageSize = fc.constantFrom(128, 256, 1024, 4096)
const flat = fc.record({
  base: fc.constantFrom(0, 0xfc_0000),
  options: fc.record({ addressBits: fc.constantFrom(24), pageSize: fc.constantFrom(1024, 4096), order }),
})
const small = fc.record({
  base: fc.constant(0),
  options: fc.record({ addressBits: fc.constantFrom(13, 14, 17), pageSize, order }),
})
const hashed = fc.record({
  base: fc.constantFrom(0, 2 ** 32 - 2 ** 13, 2 ** 40 + 2 ** 30, 2 ** 53 - MACHINE_BYTES),
  options: fc.record({ addressBits: fc.constant(53), pageSize, slots: fc.constantFrom(16, 64, 1024), order }),
})

type Case = [Omit<MachineShape, 'base'>, { base: number; options: Partial<PageTableOptions> }, Step[]]

/** Two machines that are alike: a CPU runs in the memory of one, and the other's space does what the CPU does. */
function run([given, { base, options }, acts]: Case): void {
  const shapeOf = { ...given, base }
  const [machine, twin] = [new Machine(shapeOf), new Machine(shapeOf)]
  const told: [number, number][] = []
  const onPagesChanged = (first: number, last: number) => told.push([first, last])
  const table = pageTable(machine.space, { memory: machine.memory, offset: 0x1000, onPagesChanged, ...options })
  const cpu = cpuOf(table)
  const limit = Math.min(base + MACHINE_BYTES, 2 ** table.addressBits)
  const check = () => checkEntries(table, machine, shapeOf, options.order ?? 'host', base, limit)
  let known = check()
  try {
    for (const { transaction, acts: list } of acts) {
      told.length = 0
      const doAll = () => {
        for (const act of list) {
          if (act.kind === 'access') makeAccess(act)
          else expect(change(machine, act)).toEqual(change(twin, act))
        }
      }
      transactionIf(transaction, doAll)
      const now = check()
      for (const [index, entry] of now.entries()) {
        const page = base / table.pageSize + index
        if (entry !== known[index] && !told.some(([first, last]) => first <= page && page <= last))
          expect({ told }).toBe(`also page ${page}`)
      }
      known = now
    }
    expect(machine.log).toEqual(twin.log)
    for (const [index, block] of machine.blocks.entries()) {
      const other = twin.blocks[index] as typeof block
      expect(Buffer.compare(block.view(), other.view())).toBe(0)
      for (const client of Object.values(DirtyClient))
        for (let at = 0; at < block.size; at += 4096)
          expect(isDirty(block, at, 1, client)).toBe(isDirty(other, at, 1, client))
    }
    table.destroy()
    const { buffer } = machine.memory
    expect(new Uint8Array(buffer, table.offset, table.bytes).every(byte => byte === 0)).toBe(true)
  } finally {
    stopGlobalDirtyLog()
  }

  function makeAccess({ at, size, value }: Access): void {
    const address = base + at
    if (address + size > limit) return
    if (value === undefined) expect(cpu.load(address, size)).toBe(loadOf(twin, address, size))
    else {
      cpu.store(address, size, value)
      storeOf(twin, address, size, value)
    }
  }
}

function loadOf({ space }: Machine, address: number, size: Size): bigint {
  return BigInt(
    { 1: () => space.load8(address), 2: () => space.load16(address), 4: () => space.load32(address) }[
      size as 1 | 2 | 4
    ]?.() ?? space.load64(address),
  )
}

function storeOf({ space }: Machine, address: number, size: Size, value: bigint): void {
  const low = Number(value & 0xffff_ffffn)
  if (size === 1) space.store8(address, low)
  else if (size === 2) space.store16(address, low)
  else if (size === 4) space.store32(address, low)
  else space.store64(address, value)
}

function checkEntries(
  table: PageTable,
  machine: Machine,
  shapeOf: MachineShape,
  orderOf: 'host' | 'language' | 'weak',
  base: number,
  limit: number,
): number[] {
  const { pageSize: size } = table
  const entries: number[] = []
  for (let address = base - (base % size); address < limit; address += size) {
    const expected = expectedEntry(machine, shapeOf, orderOf, address / size, size, 2 ** table.addressBits)
    entries.push(expected)
    const said = table.entryOf(address)
    // What a hashed table does not have is slow; what it has is as the map is.
    const seen = entryInMemory(table, address)
    const isRight = said === expected && (seen === expected || (table.slots > 0 && seen === 0))
    // An assertion for each page would take longer than all the rest.
    if (!isRight) expect({ address, said, seen }).toEqual({ address, said: expected, seen: expected })
  }
  return entries
}

const campaign = (name: string, tables: fc.Arbitrary<Case[1]>, count: number) => ({
  name,
  count,
  property: fc.property(fc.tuple(shape, tables, steps), run),
})

test.each([
  campaign('a flat table', flat, 100),
  campaign('a small flat table', small, 100),
  campaign('a hashed table', hashed, 100),
])('a CPU over $name does what the space does, and every entry says what the view says', async one => {
  await pursue(one)
})
