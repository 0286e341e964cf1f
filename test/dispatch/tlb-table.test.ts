import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { expect, test } from 'vitest'
import { TlbTable } from '../../src/dispatch/tlb-table.ts'

const PAGE = 4096
const WINDOW = 2 ** 32

/** A space of one RAM page for each of the addresses, and the table filled with what it has there. */
function tableOf(addresses: readonly number[]) {
  const ram = GuestRam.allocate(addresses.length * PAGE)
  const root = MemoryRegion.container('root', 2 ** 53)
  for (const [i, address] of addresses.entries())
    root.addSubregion(address, MemoryRegion.ram(`${i}`, ram.block(`${i}`, PAGE)))
  const { sections } = new AddressSpace('space', root)
  const table = new TlbTable()
  const find = (address: number): number => {
    const word = address >>> 0
    if (word === address) return table.low[word >>> 12] as number
    return table.base + word === address ? (table.high[word >>> 12] as number) : 0
  }
  const fill = (address: number): number => {
    table.fill(address, sections.select(address), ram)
    return find(address)
  }
  // So many are looked up before there is a table.
  for (let i = 0; i < 64; i++) expect(fill(addresses[0] as number)).toBe(0)
  return { table, fill, find }
}

test('of addresses that are alike in their low 32 bits each has an entry of its own', () => {
  const windows = [0, 1, 2, 3, 1000, 2 ** 20, 2 ** 21 - 1]
  const addresses = windows.map(window => window * WINDOW + 7 * PAGE)
  const { fill, find } = tableOf(addresses)
  const entries = addresses.map(fill)
  expect(new Set(entries).size).toBe(addresses.length)
  expect(entries).not.toContain(0)
  for (const [i, address] of addresses.entries()) {
    fill(address)
    expect([find(address + PAGE - 1), find(address + PAGE)]).toEqual([entries[i], 0])
    // Of windows above there is the latest.
    const latest = i === 0 ? addresses.at(-1) : address
    for (const other of addresses.slice(1)) expect(find(other) !== 0).toBe(other === latest)
  }
})

test('of very many windows some are forgotten, and none is taken for another', () => {
  const addresses = Array.from({ length: 20 }, (_, i) => (i + 1) * WINDOW + 3 * i * PAGE)
  const { fill } = tableOf(addresses)
  const entries = [...addresses, ...addresses].map(address => {
    for (let i = 0; i < 70; i++) fill(address)
    return fill(address)
  })
  expect(entries).not.toContain(0)
  expect(entries.slice(20)).toEqual(entries.slice(0, 20))
  expect(new Set(entries).size).toBe(20)
})

test('what is no integer, or no number, has no entry', () => {
  const { fill, find } = tableOf([0, WINDOW])
  expect([fill(0), fill(WINDOW)]).not.toContain(0)
  for (const value of [0.5, WINDOW + 0.5, -1, -WINDOW, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 64, '0', `${WINDOW}`])
    expect(find(value as number)).toBe(0)
})

test('clearing forgets all', () => {
  const addresses = [0, 2 ** 31, WINDOW - PAGE, 2 ** 45]
  const { fill, find, table } = tableOf(addresses)
  expect(addresses.map(fill)).not.toContain(0)
  table.clear()
  expect(addresses.map(find)).toEqual([0, 0, 0, 0])
})
