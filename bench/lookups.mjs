// One access through an AddressSpace of very many ranges, half of them RAM and half devices' registers.
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { Register } from './accesses.mjs'

const PAGE = 4096
const STRIDE = 2 * PAGE
const COUNT = 2 ** 16
const FIRST = 0x1000_0000

export function lookups(_sizes, smoke) {
  const count = smoke ? 1000 : 10_000
  const ram = GuestRam.allocate((count / 2) * PAGE)
  const system = MemoryRegion.container('system', 2 ** 40)
  MemoryRegion.transaction(() => {
    for (let i = 0; i < count; i++) {
      const name = `range ${i}`
      const block = i % 2 === 0 ? ram.block(name, PAGE) : undefined
      const region = block ? MemoryRegion.ram(name, block) : MemoryRegion.io(name, new Register(), PAGE)
      system.addSubregion(FIRST + i * STRIDE, region)
    }
  })
  const view = new AddressSpace('memory', system).view
  const addresses = of => Uint32Array.from({ length: COUNT }, () => FIRST + of() * STRIDE + 4 * any(PAGE / 4))
  const any = most => Math.floor(Math.random() * most)
  const row = (name, limit, bytes, ours) => {
    const align = bytes > 0 ? 'aligned' : ''
    return { case: `${name}, ${count} ranges`, bytes, align, rival: `${limit} ns`, ours, theirs: limit }
  }
  const load = (name, where, limit) => {
    const memory = new AddressSpace('memory', system)
    // A section is made when its range is accessed first: not what is measured.
    for (let i = 0; i < count; i++) memory.load32(FIRST + i * STRIDE)
    return row(`load32 ${name}`, limit, 4, reps => {
      let sum = 0
      for (let i = 0; i < reps; i++) sum ^= memory.load32(where[i & (COUNT - 1)])
      return sum
    })
  }
  const find = (name, where, limit) =>
    row(`find ${name}`, limit, 0, reps => {
      let sum = 0
      for (let i = 0; i < reps; i++) sum ^= view.find(where[i & (COUNT - 1)]).end
      return sum
    })
  const half = count / 2
  return [
    find(
      'random',
      addresses(() => any(count)),
      40,
    ),
    find(
      'repeated',
      addresses(() => half),
      5,
    ),
    load(
      'random RAM',
      addresses(() => 2 * any(half)),
      40,
    ),
    load(
      'random MMIO',
      addresses(() => 2 * any(half) + 1),
      40,
    ),
    load(
      'random',
      addresses(() => any(count)),
      40,
    ),
    load(
      'repeated RAM',
      addresses(() => half),
      5,
    ),
  ]
}
